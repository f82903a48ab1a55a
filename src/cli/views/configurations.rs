//! The configuration of rented numbers as JSON.

use serde::Serialize;

use crate::operations::rentals::configure::Configured;
use crate::rental::configuration::{Configuration, Field};

/// A rented number and how it is configured.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Configured")]
pub struct ConfiguredView {
    /// The number.
    pub number: String,
    /// The key of the account that rents it, to whose rental the configuration belongs.
    pub account: String,
    /// How it is configured now.
    #[serde(flatten)]
    pub configuration: ConfigurationView,
    /// The fields whose webhooks were asked just now, and answered.
    pub checked: Vec<&'static str>,
    /// The fields whose webhooks were saved just now without being asked.
    pub unchecked: Vec<&'static str>,
}

impl From<&Configured> for ConfiguredView {
    fn from(it: &Configured) -> Self {
        let names = |fields: &[Field]| fields.iter().map(|field| field.as_str()).collect();
        Self {
            number: it.rental.subscription.msisdn.to_string(),
            account: it.rental.account.to_string(),
            configuration: (&it.configuration).into(),
            checked: names(&it.checked),
            unchecked: names(&it.unchecked),
        }
    }
}

/// How a rented number is configured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct ConfigurationView {
    /// The webhook that messages to the number go to.
    pub inbound_sms_url: Option<String>,
    /// Where calls to the number go.
    pub voice_callback: Option<VoiceCallbackView>,
    /// The webhook that is told the state of calls.
    pub voice_status_url: Option<String>,
    /// The application that the number belongs to.
    pub application: Option<String>,
    /// The `system_type` that the number has over SMPP.
    pub smpp_system_type: Option<String>,
}

/// Where calls to a number go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct VoiceCallbackView {
    /// `sip`, `tel` or `url`.
    pub r#type: &'static str,
    /// A SIP address with its scheme, a number in E.164 without `+`, or a webhook.
    pub value: String,
}

impl From<&Configuration> for ConfigurationView {
    fn from(it: &Configuration) -> Self {
        let callback = it.voice_callback.as_ref();
        Self {
            inbound_sms_url: it.inbound_sms_url.as_ref().map(|url| url.as_str().to_owned()),
            voice_callback: callback.map(|callback| VoiceCallbackView {
                r#type: callback.kind(),
                value: callback.value().to_owned(),
            }),
            voice_status_url: it.voice_status_url.as_ref().map(|url| url.as_str().to_owned()),
            application: it.application.as_ref().map(|name| name.as_str().to_owned()),
            smpp_system_type: it.smpp_system_type.as_ref().map(|word| word.as_str().to_owned()),
        }
    }
}
