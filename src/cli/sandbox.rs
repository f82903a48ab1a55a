use std::process::ExitCode;

use crate::operations::{App, databases::advance};
use anyhow::Result;
use chrono::NaiveDate;
use clap::Subcommand;

use crate::cli::notice::{delivered_in_words, note_trouble, note_waiting};
use crate::cli::output::{self, Screen};
use crate::cli::run::{note_held_back, runs_table};
use crate::cli::views::databases::AdvancedView;
use crate::cli::views::runs::RunView;

#[derive(Debug, Subcommand)]
pub enum Sandbox {
    /// Move the clock to a date, and do the run of each day on the way.
    #[command(after_help = r#"Examples:
  linerent sandbox advance --to 2026-03-31"#)]
    Advance {
        /// The date to move to.
        #[arg(long, value_name = "DATE", value_parser = output::date_of)]
        to: NaiveDate,
        /// Skip the runs, as if the daemon had been down.
        #[arg(long)]
        without_runs: bool,
    },
}

impl Sandbox {
    pub async fn run(self, mut app: App, screen: Screen) -> Result<ExitCode> {
        let Self::Advance { to, without_runs } = self;
        let (watch, bar) = output::watch("advancing");
        let advanced = advance::advance(&mut app, to, without_runs, &watch).await;
        bar.finish_and_clear();
        let advanced = advanced?;
        let view = AdvancedView::from(&advanced);
        screen.show(&view, |it| {
            let is_eventful = |run: &&RunView| {
                let reloads = run.reloads.requested + run.reloads.captured;
                run.accounts + run.returned + reloads + run.failed_accounts > 0
            };
            let eventful: Vec<_> = it.runs.iter().filter(is_eventful).collect();
            let summary = format!(
                "the sandbox's date is {}; {} done; mail: {}",
                it.on,
                output::counted(it.runs.len() as u64, "run"),
                delivered_in_words(&it.mail)
            );
            if eventful.is_empty() {
                return summary;
            }
            format!("{}\n\n{summary}", runs_table(eventful.into_iter()))
        })?;
        if let Some(last) = view.runs.last() {
            note_held_back(last);
        }
        note_trouble(&advanced.mail);
        note_waiting(&app, &watch).await?;
        let failed: Vec<_> = view.runs.iter().filter(|run| run.failed_accounts > 0).collect();
        for run in &failed {
            output::note(&format!(
                "on {} {} not billed: `linerent run show {}` says why",
                run.billing_date,
                output::counted(run.failed_accounts, "account"),
                run.billing_date
            ));
        }
        if !failed.is_empty() {
            return Ok(ExitCode::from(2));
        }
        Ok(ExitCode::SUCCESS)
    }
}
