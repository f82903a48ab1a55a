//! Reads the values of arguments. A malformed one is refused with exit code 1.

use std::error::Error;
use std::str::FromStr;

use anyhow::Result;

use super::refusals::CommandRefusal;
use crate::money::{Currency, currency_of};
use crate::remedies;
use crate::rental::configuration::{Configuration, Field, Unusable, VoiceCallback};
use crate::rental::{Match, NumberSearch, country_of, features_of};
use crate::text::quoted;

pub fn parsed<T: FromStr<Err: Error + 'static>>(text: &str) -> Result<T> {
    text.parse().map_err(|error| CommandRefusal::invalid(error).into())
}

/// As [`parsed`], for a value that may be missing.
pub fn parsed_option<T: FromStr<Err: Error + 'static>>(text: Option<&str>) -> Result<Option<T>> {
    text.map(parsed).transpose()
}

/// A country by its two letters.
pub fn country(text: &str) -> Result<String> {
    country_of(text).map_err(|error| CommandRefusal::invalid(error).into())
}

pub fn currency(text: &str) -> Result<Currency> {
    currency_of(text).map_err(|error| CommandRefusal::invalid(error).into())
}

/// The status of `things` that `text` names; `words` are all that there are.
pub fn status<T>(
    text: &str,
    things: &str,
    words: &[&str],
    find: impl Fn(&str) -> Option<T>,
) -> Result<T> {
    find(text).ok_or_else(|| {
        let message = format!("{} is not a status of {things}", quoted(text));
        let hints = vec![format!("use one of {}", words.join(", "))];
        CommandRefusal::InvalidInput { message, hints }.into()
    })
}

/// The options of a search for numbers.
#[derive(Debug, Clone)]
pub struct SearchOptions {
    pub country: String,
    pub kind: Option<String>,
    /// A list such as `SMS,VOICE`.
    pub features: Option<String>,
    pub pattern: Option<String>,
    pub matching: Match,
}

impl SearchOptions {
    /// A search in any currency.
    pub fn to_search(&self) -> Result<NumberSearch> {
        let digits = self.pattern.as_deref().map(digits_of).transpose()?;
        Ok(NumberSearch {
            country: country(&self.country)?,
            kind: parsed_option(self.kind.as_deref())?,
            features: features_of(self.features.as_deref().unwrap_or_default())
                .map_err(CommandRefusal::invalid)?,
            pattern: digits.map(|digits| (digits, self.matching)),
            currency: None,
            offset: 0,
            limit: 0,
        })
    }
}

fn digits_of(pattern: &str) -> Result<String> {
    let digits = pattern.strip_prefix('+').unwrap_or(pattern).replace(' ', "");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let message =
            format!("the pattern {} contains characters other than digits", quoted(pattern));
        return Err(CommandRefusal::malformed(&message).into());
    }
    Ok(digits)
}

/// The options of `configure` that set a field.
#[derive(Debug, Clone, Default)]
pub struct ConfigurationOptions {
    pub inbound_sms_url: Option<String>,
    /// `sip`, `tel` or `url`, and where calls go.
    pub voice_callback: Option<(String, String)>,
    pub voice_status_url: Option<String>,
    pub application: Option<String>,
    pub smpp_system_type: Option<String>,
}

impl ConfigurationOptions {
    pub fn to_configuration(&self) -> Result<Configuration> {
        let callback = self.voice_callback.as_ref();
        let callback = callback.map(|(kind, value)| VoiceCallback::read(kind, value));
        Ok(Configuration {
            inbound_sms_url: field(Field::InboundSmsUrl, self.inbound_sms_url.as_ref())?,
            voice_callback: callback
                .transpose()
                .map_err(|error| unusable(Field::VoiceCallback, error))?,
            voice_status_url: field(Field::VoiceStatusUrl, self.voice_status_url.as_ref())?,
            application: field(Field::Application, self.application.as_ref())?,
            smpp_system_type: field(Field::SmppSystemType, self.smpp_system_type.as_ref())?,
        })
    }
}

fn field<T: FromStr<Err = Unusable>>(field: Field, text: Option<&String>) -> Result<Option<T>> {
    text.map(|text| text.parse()).transpose().map_err(|error| unusable(field, error))
}

/// The value is not repeated, since it may hold a token.
fn unusable(field: Field, error: Unusable) -> anyhow::Error {
    let message = format!("`--{}` {error}", option_of(field));
    let hints = remedies::of(&error).into_iter().collect();
    CommandRefusal::InvalidInput { message, hints }.into()
}

/// The option that sets a field, without the dashes before it.
pub const fn option_of(field: Field) -> &'static str {
    match field {
        Field::InboundSmsUrl => "inbound-sms-url",
        Field::VoiceCallback => "voice-callback",
        Field::VoiceStatusUrl => "voice-status-url",
        Field::Application => "application",
        Field::SmppSystemType => "smpp-system-type",
    }
}

/// The field that the option of this name sets.
pub fn field_of(option: &str) -> Option<Field> {
    Field::ALL.into_iter().find(|field| option_of(*field) == option)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_has_an_option_of_its_name() {
        for field in Field::ALL {
            assert_eq!(field_of(option_of(field)), Some(field));
            assert_eq!(option_of(field).replace('-', "_"), field.as_str());
        }
        assert_eq!(field_of("inbound_sms_url"), None);
    }
}
