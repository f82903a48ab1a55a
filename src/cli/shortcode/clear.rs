use std::process::ExitCode;

use crate::ids::AccountId;
use crate::operations::App;
use crate::operations::short_code::clear;
use crate::rental::Msisdn;
use anyhow::Result;
use clap::Args;
use linerent_short_codes::ProgramKind;

use super::set_ups::show;
use crate::cli::output::{self, Screen};
use crate::cli::parse::parsed;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  linerent shortcode clear a0000001 98975 2fa
  linerent shortcode clear a0000001 98975 alert --yes")]
pub struct Clear {
    /// The key of the account that rents the short code.
    key: String,
    /// The short code.
    code: String,
    /// The kind of configuration to remove.
    #[arg(value_name = "SET-UP", value_parser = output::one_of(ProgramKind::ALL.map(ProgramKind::as_str)))]
    kind: String,
}

impl Clear {
    pub async fn run(self, app: &App, screen: Screen) -> Result<ExitCode> {
        let Self { key, code, kind } = self;
        let (account, code): (AccountId, Msisdn) = (parsed(&key)?, parsed(&code)?);
        let kind: ProgramKind = parsed(&kind)?;
        screen.confirm(&format!("Take back what {account} has set {code} up for: {kind}?"))?;
        show(&clear::clear(app, account, &code, kind).await?, screen)
    }
}
