use std::process::ExitCode;

use crate::ids::AccountId;
use crate::operations::App;
use crate::operations::rentals::configure::{self, ConfigurationChange};
use crate::rental::Msisdn;
use crate::rental::configuration::Field;
use anyhow::Result;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};

use crate::cli::output::{self, Screen, fields, or_blank};
use crate::cli::parse::{ConfigurationOptions, field_of, option_of, parsed, parsed_option};
use crate::cli::views::configurations::{ConfigurationView, ConfiguredView};

/// Without any option it shows how the number is configured. The configuration ends with the rental: the next
/// renter of the number begins with none.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  linerent configure 447700900001
  linerent configure 447700900001 --inbound-sms-url https://hooks.example.com/sms
  linerent configure 447700900001 --voice-callback sip alice@example.com --application crm
  linerent configure 447700900001 --voice-callback tel \"+44 7700 900002\"
  linerent configure 447700900001 --clear voice-callback --clear application
  linerent configure 98975 --account a0000001 --smpp-system-type inbound")]
pub struct Configure {
    /// The number, which must be rented.
    msisdn: String,
    /// The account, if several rent the number.
    #[arg(long, value_name = "KEY")]
    account: Option<String>,
    /// The webhook that messages to the number go to; it must answer a GET with 2xx.
    #[arg(long, value_name = "URL")]
    inbound_sms_url: Option<String>,
    /// Where calls go: `sip` and an address, `tel` and a number, or `url` and a webhook.
    #[arg(long, num_args = 2, value_names = ["TYPE", "VALUE"])]
    voice_callback: Option<Vec<String>>,
    /// The webhook that receives call status events; it must answer a GET with 2xx.
    #[arg(long, value_name = "URL")]
    voice_status_url: Option<String>,
    /// The application that the number belongs to: letters, digits and - _ . :, 64 at most.
    #[arg(long, value_name = "ID")]
    application: Option<String>,
    /// The SMPP `system_type` of the number, at most 12 characters.
    #[arg(long, value_name = "TYPE")]
    smpp_system_type: Option<String>,
    /// A setting to clear; may be given several times.
    #[arg(long, value_name = "FIELD", value_parser = field_parser())]
    clear: Vec<Field>,
    /// Save webhooks without checking that they answer.
    #[arg(long)]
    skip_check: bool,
}

fn field_parser() -> impl clap::builder::TypedValueParser<Value = Field> {
    PossibleValuesParser::new(Field::ALL.map(option_of))
        .try_map(|name| field_of(&name).ok_or("it is not a field"))
}

impl Configure {
    pub async fn run(self, app: &App, screen: Screen) -> Result<ExitCode> {
        let msisdn: Msisdn = parsed(&self.msisdn)?;
        let account: Option<AccountId> = parsed_option(self.account.as_deref())?;
        let is_question = self.inbound_sms_url.is_none()
            && self.voice_callback.is_none()
            && self.voice_status_url.is_none()
            && self.application.is_none()
            && self.smpp_system_type.is_none()
            && self.clear.is_empty();
        if is_question {
            let configured = configure::show(app, &msisdn, account).await?;
            screen.show(&ConfiguredView::from(&configured), one)?;
            return Ok(ExitCode::SUCCESS);
        }
        let options = ConfigurationOptions {
            inbound_sms_url: self.inbound_sms_url,
            voice_callback: self.voice_callback.and_then(pair),
            voice_status_url: self.voice_status_url,
            application: self.application,
            smpp_system_type: self.smpp_system_type,
        };
        let set = options.to_configuration()?;
        let change = ConfigurationChange { set, clear: self.clear, skip_check: self.skip_check };
        let configured = configure::configure(app, &msisdn, account, &change).await?;
        screen.show(&ConfiguredView::from(&configured), one)?;
        for field in &configured.unchecked {
            output::note(&format!("`--{}` was saved unchecked", option_of(*field)));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The two values of an option that takes two.
fn pair(values: Vec<String>) -> Option<(String, String)> {
    let [kind, value] = <[String; 2]>::try_from(values).ok()?;
    Some((kind, value))
}

fn one(it: &ConfiguredView) -> String {
    let mut rows = vec![("number", it.number.clone()), ("account", it.account.clone())];
    rows.extend(settings(&it.configuration));
    let is_empty = rows.iter().skip(2).all(|(_, value)| value.is_empty());
    if is_empty {
        rows.push(("configured", "nothing".to_owned()));
    }
    fields(&rows)
}

/// What is configured, a name and a value each; blank where it is not.
pub fn settings(it: &ConfigurationView) -> [(&'static str, String); 5] {
    let callback = it.voice_callback.as_ref().map(|to| format!("{} {}", to.r#type, to.value));
    [
        ("inbound sms url", or_blank(it.inbound_sms_url.as_ref())),
        ("voice callback", or_blank(callback)),
        ("voice status url", or_blank(it.voice_status_url.as_ref())),
        ("application", or_blank(it.application.as_ref())),
        ("smpp system type", or_blank(it.smpp_system_type.as_ref())),
    ]
}
