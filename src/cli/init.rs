use std::process::ExitCode;

use crate::clock::SystemClock;
use crate::operations::Settings;
use crate::operations::databases::init::{self, Wanted};
use anyhow::Result;
use chrono::NaiveDate;
use clap::Args;

use crate::cli::output::{self, Screen};
use crate::cli::views::databases::InitialisedView;

#[derive(Debug, Args)]
#[command(after_help = r#"Examples:
  linerent init
  linerent init --sandbox --on 2026-01-31"#)]
pub struct Init {
    /// Create a sandbox: a database with a clock of its own, for trying things out.
    #[arg(long)]
    sandbox: bool,
    /// The first date of the sandbox. Default: today.
    #[arg(long, value_name = "DATE", value_parser = output::date_of, requires = "sandbox")]
    on: Option<NaiveDate>,
}

impl Init {
    pub async fn run(self, settings: &Settings, screen: Screen) -> Result<ExitCode> {
        let wanted = if self.sandbox { Wanted::Sandbox(self.on) } else { Wanted::AsItIs };
        let initialised = init::init(settings, wanted, &SystemClock::default()).await?;
        screen.show(&InitialisedView::from(initialised), |it| {
            let verb = if it.changed { "is ready" } else { "is up to date" };
            match it.on {
                Some(on) => format!("the sandbox {verb}; its date is {on}"),
                None => format!("the {} database {verb}", it.kind),
            }
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
