use std::process::ExitCode;

use crate::operations::App;
use crate::operations::accounts::history::{self, EventView, HistoryView, Part};
use anyhow::Result;
use chrono::NaiveDate;
use clap::Args;

use crate::cli::output::{self, Screen, or_blank, table};
use crate::cli::parse::parsed;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  linerent account history a0000001
  linerent account history a0000001 --from 2026-03-01 --to 2026-03-31 --all
  linerent --json account history a0000001 --limit 1000")]
pub struct History {
    /// The account's key.
    key: String,
    /// The first date.
    #[arg(long, value_name = "DATE", value_parser = output::date_of)]
    from: Option<NaiveDate>,
    /// The last date.
    #[arg(long, value_name = "DATE", value_parser = output::date_of)]
    to: Option<NaiveDate>,
    /// The number of events; the newest are shown.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Show each renewal on its own line, as `--json` always does.
    #[arg(long)]
    all: bool,
}

impl History {
    pub async fn run(self, app: &App, screen: Screen) -> Result<ExitCode> {
        let Self { key, from, to, limit, all } = self;
        let part = Part { from, to, limit, each_renewal: all || screen.json };
        let history = history::history(app, parsed(&key)?, part).await?;
        screen.show(&history, in_words)?;
        if history.older_left_out {
            let shown = output::counted(u64::from(limit), "event");
            let (first, last) = (history.events.first(), history.events.last());
            let earlier = match (first, last) {
                (Some(first), Some(last)) if first.on < last.on => {
                    format!("; `--to {}` shows earlier ones", first.on)
                }
                _ => String::new(),
            };
            output::note(&format!(
                "only the newest {shown} are shown\nhint: `--limit` shows more{earlier}"
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn in_words(history: &HistoryView) -> String {
    // What may be long comes last.
    let heading = ["on", "amount", "balance", "", "what happened"];
    table("events", &heading, &[1, 2], history.events.iter().map(row))
}

fn row(it: &EventView) -> Vec<String> {
    // What the server said is of use where it did not take a mail.
    let because = it.because.as_ref().filter(|_| it.event != "mail_sent");
    let because = because.map(|why| format!(": {why}")).unwrap_or_default();
    // What the balance did not move by stands in the words.
    let moved = it.amount.filter(|_| it.balance_after.is_some());
    vec![
        it.on.to_string(),
        or_blank(moved),
        or_blank(it.balance_after),
        or_blank(it.currency.as_ref().filter(|_| moved.is_some())),
        format!("{}{because}", it.text),
    ]
}
