use std::process::ExitCode;

use crate::operations::App;
use crate::operations::short_code::set_up;
use anyhow::Result;
use clap::Args;
use linerent_short_codes::Alert;

use super::set_ups::show;
use crate::cli::output::Screen;
use crate::cli::parse::parsed;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  linerent shortcode setup-alert a0000001 98975 --program 'Acme Alerts' \\
      --template 'Acme Alerts: ${item} ships on ${date}' \\
      --template 'Acme Alerts: ${item} is delayed' \\
      --help-message 'Acme Alerts: help at help@example.com. Reply STOP to cancel.' \\
      --stop-message 'Acme Alerts: you will receive no more messages.' \\
      --frequency '2 msgs/day' --support help@example.com \\
      --terms https://example.com/terms --privacy https://example.com/privacy

Write templates in single quotes: between double quotes a shell fills in `${…}` itself.
The set-up replaces an earlier one for alerts, all of it.")]
pub struct SetupAlert {
    /// The key of the account that rents the short code.
    key: String,
    /// The short code.
    code: String,
    /// The name of the program that people opt in to.
    #[arg(long, value_name = "NAME")]
    program: String,
    /// The message, with up to six variables such as `${item}`.
    #[arg(long = "template", value_name = "TEXT", required = true, num_args = 1..)]
    templates: Vec<String>,
    /// The answer to HELP: the program, the support contact, and how to stop.
    #[arg(long, value_name = "TEXT")]
    help_message: String,
    /// The answer to STOP: the program, and that no more messages come.
    #[arg(long, value_name = "TEXT")]
    stop_message: String,
    /// How often messages come, for example '2 msgs/day'.
    #[arg(long, value_name = "TEXT")]
    frequency: String,
    /// The support contact: an address or a telephone number.
    #[arg(long, value_name = "CONTACT")]
    support: String,
    /// The URL of the terms of service.
    #[arg(long, value_name = "URL")]
    terms: String,
    /// The URL of the privacy policy.
    #[arg(long, value_name = "URL")]
    privacy: String,
}

impl SetupAlert {
    pub async fn run(self, app: &App, screen: Screen) -> Result<ExitCode> {
        let asked = Alert {
            program: self.program,
            templates: self.templates,
            help_message: self.help_message,
            stop_message: self.stop_message,
            frequency: self.frequency,
            support: self.support,
            terms: self.terms,
            privacy: self.privacy,
        };
        show(&set_up::alert(app, parsed(&self.key)?, &parsed(&self.code)?, asked).await?, screen)
    }
}
