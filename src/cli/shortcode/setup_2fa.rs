use std::process::ExitCode;

use crate::operations::App;
use crate::operations::short_code::set_up;
use anyhow::Result;
use clap::Args;
use linerent_short_codes::TwoFactor;

use super::set_ups::show;
use crate::cli::output::Screen;
use crate::cli::parse::parsed;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  linerent shortcode setup-2fa a0000001 98975 --company Acme \\
      --message 'Your ${company} code is ${pin}'
  linerent shortcode setup-2fa a0000001 98975 --company Acme --message '${company}: ${pin}' \\
      --support help@example.com --terms https://example.com/terms \\
      --privacy https://example.com/privacy

Write the message in single quotes: between double quotes a shell fills in `${…}` itself.
The set-up replaces an earlier one for signing in, all of it.")]
pub struct SetupTwoFactor {
    /// The key of the account that rents the short code.
    key: String,
    /// The short code.
    code: String,
    /// The company that people sign in to: the value of `${company}`.
    #[arg(long, value_name = "NAME")]
    company: String,
    /// The message, with `${pin}` exactly once and `${company}` if you like; it must fit one SMS with a PIN of 8 digits.
    #[arg(long, value_name = "TEXT")]
    message: String,
    /// The support contact for the opt-in page: an address or a telephone number.
    #[arg(long, value_name = "CONTACT")]
    support: Option<String>,
    /// The URL of the terms of service, for the opt-in page.
    #[arg(long, value_name = "URL")]
    terms: Option<String>,
    /// The URL of the privacy policy, for the opt-in page.
    #[arg(long, value_name = "URL")]
    privacy: Option<String>,
}

impl SetupTwoFactor {
    pub async fn run(self, app: &App, screen: Screen) -> Result<ExitCode> {
        let Self { key, code, company, message, support, terms, privacy } = self;
        let asked = TwoFactor { company, message, terms, privacy, support };
        show(&set_up::two_factor(app, parsed(&key)?, &parsed(&code)?, asked).await?, screen)
    }
}
