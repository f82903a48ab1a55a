//! Set-ups of short codes as JSON.

use linerent_short_codes::sms::{Ucs2Cause, measure};
use linerent_short_codes::template::Template;
use linerent_short_codes::{Alert, ShortCodeProgram, TwoFactor};
use serde::Serialize;

use crate::operations::short_code::disclosure::Disclosure;
use crate::operations::short_code::show::RenterSetUps;

/// What an account has set its short code up for.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct SetUpsView {
    /// The short code.
    pub number: String,
    /// The key of who rents it.
    pub account: String,
    /// The set-up for signing in, if there is one.
    pub two_factor: Option<TwoFactorView>,
    /// The set-up for alerts, if there is one.
    pub alert: Option<AlertView>,
}

/// A set-up for signing in.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct TwoFactorView {
    /// Who people sign in to.
    pub company: String,
    /// What they are sent. It is measured with the company's name and a pin of eight digits.
    pub message: TextView,
    /// A URL.
    pub terms: Option<String>,
    /// A URL.
    pub privacy: Option<String>,
    /// Where people get help.
    pub support: Option<String>,
    /// What carriers may object to, in words.
    pub warnings: Vec<String>,
}

/// A set-up for alerts.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct AlertView {
    /// What people opt in to.
    pub program: String,
    /// What they are sent. Each is measured without values for its variables.
    pub templates: Vec<TextView>,
    /// The answer to HELP.
    pub help_message: TextView,
    /// The answer to STOP.
    pub stop_message: TextView,
    /// How often messages come, in words.
    pub frequency: String,
    /// Where people get help.
    pub support: String,
    /// A URL.
    pub terms: String,
    /// A URL.
    pub privacy: String,
    /// What carriers may object to, and what costs more than it has to, in words.
    pub warnings: Vec<String>,
}

/// A text and what it comes to as SMS.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct TextView {
    /// The text, with its variables.
    pub text: String,
    /// The names of its variables, each once, in order.
    pub variables: Vec<String>,
    /// What was measured: the text with sample values, or with none, in place of its variables.
    pub measured: String,
    /// `GSM-7` or `UCS-2`.
    pub encoding: &'static str,
    /// Septets of GSM-7, or UTF-16 code units.
    pub length: usize,
    /// SMS that it takes.
    pub segments: usize,
    /// How much longer it may be and take no further SMS.
    pub room: usize,
    /// The first character that is not in GSM-7.
    pub ucs2_cause: Option<CauseView>,
}

/// Why a text is UCS-2.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct CauseView {
    /// The character.
    pub character: char,
    /// `U+2019`.
    pub code_point: String,
    /// Its position in what was measured, in characters, 1-based.
    pub position: usize,
    /// What would do in its place, if that is known.
    pub instead: Option<&'static str>,
}

impl From<&RenterSetUps> for SetUpsView {
    fn from(it: &RenterSetUps) -> Self {
        let mut view = Self {
            number: it.code.to_string(),
            account: it.account.to_string(),
            two_factor: None,
            alert: None,
        };
        for set_up in &it.set_ups {
            match set_up {
                ShortCodeProgram::TwoFactor(it) => view.two_factor = Some(it.into()),
                ShortCodeProgram::Alert(it) => view.alert = Some(it.into()),
            }
        }
        view
    }
}

impl SetUpsView {
    /// The warnings of all set-ups.
    pub fn warnings(&self) -> impl Iterator<Item = &String> {
        let two_factor = self.two_factor.iter().flat_map(|it| &it.warnings);
        two_factor.chain(self.alert.iter().flat_map(|it| &it.warnings))
    }
}

impl From<&TwoFactor> for TwoFactorView {
    fn from(it: &TwoFactor) -> Self {
        Self {
            company: it.company.clone(),
            message: TextView::of(&it.message, it.sample()),
            terms: it.terms.clone(),
            privacy: it.privacy.clone(),
            support: it.support.clone(),
            warnings: it.warnings(),
        }
    }
}

impl From<&Alert> for AlertView {
    fn from(it: &Alert) -> Self {
        Self {
            program: it.program.clone(),
            templates: it.templates.iter().map(|text| TextView::without_values(text)).collect(),
            help_message: TextView::without_values(&it.help_message),
            stop_message: TextView::without_values(&it.stop_message),
            frequency: it.frequency.clone(),
            support: it.support.clone(),
            terms: it.terms.clone(),
            privacy: it.privacy.clone(),
            warnings: it.warnings(),
        }
    }
}

impl TextView {
    fn without_values(text: &str) -> Self {
        let bare = Template::parse(text).map_or_else(|_| text.to_owned(), |it| it.filled(|_| ""));
        Self::of(text, bare)
    }

    fn of(text: &str, measured: String) -> Self {
        let measure = measure(&measured);
        let mut variables: Vec<String> = Vec::new();
        for name in Template::parse(text).iter().flat_map(Template::variables) {
            if !variables.iter().any(|it| it == name) {
                variables.push(name.to_owned());
            }
        }
        Self {
            text: text.to_owned(),
            variables,
            measured,
            encoding: measure.encoding.as_str(),
            length: measure.length,
            segments: measure.segments,
            room: measure.remaining,
            ucs2_cause: measure.cause.map(CauseView::from),
        }
    }
}

impl From<Ucs2Cause> for CauseView {
    fn from(cause: Ucs2Cause) -> Self {
        Self {
            character: cause.character,
            code_point: cause.code_point(),
            position: cause.position,
            instead: cause.replacement(),
        }
    }
}

/// The texts for opt-in pages.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct DisclosuresView {
    /// The short code.
    pub number: String,
    /// The key of who rents it.
    pub account: String,
    /// One for each set-up that was asked for.
    pub disclosures: Vec<DisclosureView>,
}

/// The text for one opt-in page.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct DisclosureView {
    /// `2fa` or `alert`.
    pub kind: &'static str,
    /// The text, of several lines.
    pub text: String,
}

impl From<Disclosure> for DisclosureView {
    fn from(it: Disclosure) -> Self {
        Self { kind: it.kind.as_str(), text: it.text }
    }
}
