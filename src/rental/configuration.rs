//! How a rented number is configured: where its messages and calls go.
//!
//! Every value is checked as it is read, here and out of the database. It belongs to one subscription, and ends
//! with it. To add a field: a [`Field`], a value of it in [`Configuration`], a column, an option.

mod sip;
mod webhook_url;
mod words;

use std::fmt;

use thiserror::Error;

use super::Msisdn;

pub use sip::SipAddress;
pub use webhook_url::{Place, WebhookUrl};
pub use words::{Application, SmppSystemType};

/// Why a field cannot have a value. It does not repeat the value, which may contain a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unusable {
    #[error("has an unknown type")]
    UnknownCallbackType,
    #[error("is not a phone number")]
    NotAPhoneNumber,
    #[error("is not a SIP address")]
    NotASipAddress,
    #[error("is not a URL")]
    NotAUrl,
    #[error("is longer than {max} characters")]
    TooLong { max: usize },
    #[error("contains a space, a backslash or a control character")]
    ForbiddenCharacter,
    #[error("is neither https:// nor http://")]
    OtherScheme,
    #[error("contains a user or password")]
    HasCredentials,
    #[error("contains a #, and the part after it is never sent to a server")]
    HasFragment,
    #[error("is not the name of an application")]
    NotAnApplication,
    #[error("is not a system type of SMPP")]
    NotASystemType,
}

/// What can be configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Where messages to the number go.
    InboundSmsUrl,
    /// Where calls to the number go.
    VoiceCallback,
    /// Where the state of calls is told.
    VoiceStatusUrl,
    /// The application that the number belongs to.
    Application,
    /// What the number is called over SMPP.
    SmppSystemType,
}

impl Field {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 5] = [
        Self::InboundSmsUrl,
        Self::VoiceCallback,
        Self::VoiceStatusUrl,
        Self::Application,
        Self::SmppSystemType,
    ];

    /// The name in JSON and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InboundSmsUrl => "inbound_sms_url",
            Self::VoiceCallback => "voice_callback",
            Self::VoiceStatusUrl => "voice_status_url",
            Self::Application => "application",
            Self::SmppSystemType => "smpp_system_type",
        }
    }
}

/// Where calls to a number go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VoiceCallback {
    /// A SIP address.
    Sip(SipAddress),
    /// Another phone number, in E.164 without `+`.
    Tel(Msisdn),
    /// A webhook that is asked what to do with the call.
    Url(WebhookUrl),
}

impl VoiceCallback {
    /// The callback of type `kind` (`sip`, `tel`, `url`).
    ///
    /// # Errors
    /// [`Unusable`] if there is no such type, or `value` is not of it.
    pub fn read(kind: &str, value: &str) -> Result<Self, Unusable> {
        match kind {
            "sip" => value.parse().map(Self::Sip),
            "tel" => telephone_number(value).map(Self::Tel),
            "url" => value.parse().map(Self::Url),
            _ => Err(Unusable::UnknownCallbackType),
        }
    }

    /// `sip`, `tel` or `url`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Sip(_) => "sip",
            Self::Tel(_) => "tel",
            Self::Url(_) => "url",
        }
    }

    /// The address, number or URL.
    pub fn value(&self) -> &str {
        match self {
            Self::Sip(address) => address.as_str(),
            Self::Tel(number) => number.as_str(),
            Self::Url(url) => url.as_str(),
        }
    }

    /// The webhook, if it is one.
    pub const fn url(&self) -> Option<&WebhookUrl> {
        match self {
            Self::Url(url) => Some(url),
            Self::Sip(_) | Self::Tel(_) => None,
        }
    }
}

/// E.164 as people write it, `+` and spaces included.
fn telephone_number(text: &str) -> Result<Msisdn, Unusable> {
    let number = text.parse::<Msisdn>().ok();
    number.filter(Msisdn::is_e164).ok_or(Unusable::NotAPhoneNumber)
}

/// How one rented number is configured; nothing at first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configuration {
    /// Where messages to the number go.
    pub inbound_sms_url: Option<WebhookUrl>,
    /// Where calls to the number go.
    pub voice_callback: Option<VoiceCallback>,
    /// Where the state of calls is told.
    pub voice_status_url: Option<WebhookUrl>,
    /// The application that the number belongs to.
    pub application: Option<Application>,
    /// What the number is called over SMPP.
    pub smpp_system_type: Option<SmppSystemType>,
}

impl Configuration {
    /// Whether nothing is configured.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether `field` is set.
    pub const fn has(&self, field: Field) -> bool {
        match field {
            Field::InboundSmsUrl => self.inbound_sms_url.is_some(),
            Field::VoiceCallback => self.voice_callback.is_some(),
            Field::VoiceStatusUrl => self.voice_status_url.is_some(),
            Field::Application => self.application.is_some(),
            Field::SmppSystemType => self.smpp_system_type.is_some(),
        }
    }

    /// Takes `field` away.
    pub fn clear(&mut self, field: Field) {
        match field {
            Field::InboundSmsUrl => self.inbound_sms_url = None,
            Field::VoiceCallback => self.voice_callback = None,
            Field::VoiceStatusUrl => self.voice_status_url = None,
            Field::Application => self.application = None,
            Field::SmppSystemType => self.smpp_system_type = None,
        }
    }

    /// Takes over what `wanted` has; the rest stays.
    pub fn set(&mut self, wanted: &Self) {
        fn take<T: Clone>(old: &mut Option<T>, new: &Option<T>) {
            if new.is_some() {
                old.clone_from(new);
            }
        }
        take(&mut self.inbound_sms_url, &wanted.inbound_sms_url);
        take(&mut self.voice_callback, &wanted.voice_callback);
        take(&mut self.voice_status_url, &wanted.voice_status_url);
        take(&mut self.application, &wanted.application);
        take(&mut self.smpp_system_type, &wanted.smpp_system_type);
    }

    /// The webhooks in it, each with its field.
    pub fn webhooks(&self) -> Vec<(Field, &WebhookUrl)> {
        let callback = self.voice_callback.as_ref().and_then(VoiceCallback::url);
        let all = [
            (Field::InboundSmsUrl, self.inbound_sms_url.as_ref()),
            (Field::VoiceCallback, callback),
            (Field::VoiceStatusUrl, self.voice_status_url.as_ref()),
        ];
        all.into_iter().filter_map(|(field, url)| Some((field, url?))).collect()
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_go_to_a_sip_address_a_number_or_a_webhook() {
        let read = |kind, value| {
            VoiceCallback::read(kind, value).map(|it| (it.kind(), it.value().to_owned()))
        };
        assert_eq!(read("tel", "+44 7700 900001"), Ok(("tel", "447700900001".to_owned())));
        assert_eq!(
            read("sip", "alice@example.com"),
            Ok(("sip", "sip:alice@example.com".to_owned()))
        );
        assert_eq!(read("url", "http://a.example"), Ok(("url", "http://a.example/".to_owned())));
        for (kind, value) in [
            ("tel", "98975"),
            ("tel", "07700900001"),
            ("tel", "sip:alice@example.com"),
            ("tel", ""),
            ("TEL", "447700900001"),
            ("", ""),
        ] {
            assert!(read(kind, value).is_err(), "{kind} {value}");
        }
    }

    #[test]
    fn what_is_set_stays_until_it_is_cleared() {
        let mut configuration = Configuration::default();
        let application = Some("crm".parse().expect("an application"));
        configuration.set(&Configuration { application, ..Default::default() });
        configuration.set(&Configuration {
            voice_callback: VoiceCallback::read("tel", "447700900001").ok(),
            ..Default::default()
        });
        assert_eq!(Field::ALL.map(|it| configuration.has(it)), [false, true, false, true, false]);
        Field::ALL.into_iter().for_each(|field| configuration.clear(field));
        assert!(configuration.is_empty());
    }
}
