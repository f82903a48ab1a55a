use std::process::ExitCode;

use crate::operations::App;
use crate::operations::short_code::show;
use anyhow::Result;
use clap::Args;

use super::set_ups;
use crate::cli::output::Screen;
use crate::cli::parse::parsed;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  linerent shortcode show a0000001 98975
  linerent --json shortcode show a0000001 98975")]
pub struct Show {
    /// The key of the account that rents the short code.
    key: String,
    /// The short code.
    code: String,
}

impl Show {
    pub async fn run(self, app: &App, screen: Screen) -> Result<ExitCode> {
        set_ups::show(&show::show(app, parsed(&self.key)?, &parsed(&self.code)?).await?, screen)
    }
}
