use std::process::ExitCode;
use std::sync::Arc;

use crate::clock::SystemClock;
use crate::operations::Settings;
use crate::operations::demo;
use crate::rng::SystemRng;
use anyhow::Result;
use clap::Args;

use crate::cli::output::{self, Screen, counted, table};
use crate::cli::views::demo::{DemoView, MonthView};

#[derive(Debug, Args)]
#[command(after_help = r#"Examples:
  linerent demo"#)]
pub struct Demo {}

impl Demo {
    pub async fn run(self, settings: &Settings, screen: Screen) -> Result<ExitCode> {
        let (watch, bar) = output::watch("playing");
        let demo =
            demo::demo(settings, Arc::new(SystemClock::default()), Arc::new(SystemRng), &watch);
        let demo = demo.await;
        bar.finish_and_clear();
        screen.show(&DemoView::from(&demo?), people)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn people(demo: &DemoView) -> String {
    let agreement = match demo.audit.disagreements.len() {
        0 => "no disagreements".to_owned(),
        some => counted(some as u64, "disagreement"),
    };
    let stories: Vec<_> = demo.stories.iter().map(|story| format!("  {story}")).collect();
    let accounts = demo.accounts.iter().map(|account| {
        let balance = format!("{} {}", account.balance, account.currency);
        vec![account.key.clone(), account.name.clone(), balance]
    });
    format!(
        "A sandbox with {} and {}, {} from {} to {}:\n\n{}\n\nSome of what happened\n\n{}\n\n\
         The accounts afterwards\n\n{}\n\nAudit of {}: {agreement}\n\n\
         {} written into {}\n\n\
         Look further\n\n{}",
        counted(demo.audit.numbers, "number"),
        counted(demo.audit.accounts, "account"),
        counted(demo.runs as u64, "daily run"),
        demo.from,
        demo.to,
        months(&demo.months),
        stories.join("\n"),
        table("accounts", &["key", "name", "balance"], &[2], accounts),
        counted(demo.audit.transfers, "transfer"),
        counted(demo.mails, "mail"),
        demo.mail.display(),
        commands(&demo.database),
    )
}

fn months(months: &[MonthView]) -> String {
    let heading =
        ["month", "renewals", "amount", "reloads", "past due", "released", "back on sale"];
    let rows = months.iter().map(|month| {
        vec![
            month.month.clone(),
            month.renewals.to_string(),
            format!("{} {}", month.amount, month.currency),
            month.reloads.to_string(),
            month.past_due.to_string(),
            month.released.to_string(),
            month.returned.to_string(),
        ]
    });
    table("runs", &heading, &[1, 2, 3, 4, 5, 6], rows)
}

/// Commands that work as they are printed, from the folder in which the demo was started.
fn commands(database: &str) -> String {
    let program = std::env::args().next().unwrap_or_else(|| "linerent".to_owned());
    let lines = [
        "account statement a0000006",
        "subscription list --account a0000002",
        "number show 447700900042",
        "number search --country FR --features VOICE --size 5",
        "reload list",
        "notice list --account a0000002",
        "notice preview past_due",
        "run --dry-run",
        "audit",
    ];
    let mut lines: Vec<_> =
        lines.iter().map(|line| format!("  {program} --database {database} {line}")).collect();
    // With the settings of the demo, which are not the defaults.
    let policy = "LINERENT__RELEASE__GRACE_DAYS=5 LINERENT__RELEASE__HOLD_DAYS=30";
    lines.push(format!(
        "  {policy} {program} --database {database} sandbox advance --to 2026-06-30"
    ));
    let folder = database.trim_start_matches("sqlite:").trim_end_matches("/linerent.db");
    lines.push(format!("  rm -r {folder}   # removes the sandbox"));
    lines.join("\n")
}
