use std::process::ExitCode;

use crate::ids::AccountId;
use crate::operations::App;
use crate::operations::short_code::disclosure;
use crate::rental::Msisdn;
use anyhow::Result;
use clap::Args;
use linerent_short_codes::ProgramKind;

use crate::cli::output::{self, Screen};
use crate::cli::parse::{parsed, parsed_option};
use crate::cli::views::short_codes::{DisclosureView, DisclosuresView};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  linerent shortcode disclosure a0000001 98975
  linerent shortcode disclosure a0000001 98975 alert")]
pub struct Disclosure {
    /// The key of the account that rents the short code.
    key: String,
    /// The short code.
    code: String,
    /// Only this kind. Default: all that are configured.
    #[arg(value_name = "SET-UP", value_parser = output::one_of(ProgramKind::ALL.map(ProgramKind::as_str)))]
    kind: Option<String>,
}

impl Disclosure {
    pub async fn run(self, app: &App, screen: Screen) -> Result<ExitCode> {
        let Self { key, code, kind } = self;
        let (account, code): (AccountId, Msisdn) = (parsed(&key)?, parsed(&code)?);
        let kind: Option<ProgramKind> = parsed_option(kind.as_deref())?;
        let found = disclosure::disclosures(app, account, &code, kind).await?;
        let (number, account) = (code.to_string(), account.to_string());
        let disclosures = found.into_iter().map(DisclosureView::from).collect();
        screen.show(&DisclosuresView { number, account, disclosures }, |it| {
            let texts: Vec<_> = it.disclosures.iter().map(|it| it.text.as_str()).collect();
            texts.join("\n\n")
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
