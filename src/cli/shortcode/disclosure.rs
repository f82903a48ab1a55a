use std::process::ExitCode;

use crate::operations::App;
use crate::operations::short_code::disclosure;
use anyhow::Result;
use clap::Args;
use linerent_short_codes::ProgramKind;

use crate::cli::output::{self, Screen};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  linerent shortcode disclosure a0000001 98975
  linerent shortcode disclosure a0000001 98975 alert")]
pub struct Disclosure {
    /// The key of the account that rents the short code.
    key: String,
    /// The short code.
    code: String,
    /// Of this set-up; all that is set up where it is left out.
    #[arg(value_name = "SET-UP", value_parser = output::one_of(ProgramKind::ALL.map(ProgramKind::as_str)))]
    kind: Option<String>,
}

impl Disclosure {
    pub async fn run(self, app: &App, screen: Screen) -> Result<ExitCode> {
        let Self { key, code, kind } = self;
        let found = disclosure::disclosure(app, &key, &code, kind.as_deref()).await?;
        screen.show(&found, |it| {
            let texts: Vec<_> = it.disclosures.iter().map(|it| it.text.as_str()).collect();
            texts.join("\n\n")
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
