use std::process::ExitCode;

use anyhow::Result;
use chrono::NaiveDate;
use clap::Args;

use crate::cli::output::{self, Screen, counted, fields};
use crate::cli::views::undo::UndoView;
use crate::operations::{App, run_undo};

#[derive(Debug, Args)]
pub struct Undo {
    /// The billing date of the run, which must be the latest.
    #[arg(value_parser = output::date_of)]
    date: NaiveDate,
    /// Show what would be taken back, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// The reason, which the accounts' histories and statements show.
    #[arg(long)]
    reason: Option<String>,
}

impl Undo {
    pub async fn run(self, app: &App, screen: Screen) -> Result<ExitCode> {
        let (watch, bar) = output::watch("looking back");
        let preview = run_undo::dry_run(app, self.date, &watch).await;
        bar.finish_and_clear();
        let preview = UndoView::of(self.date, &preview?);
        if self.dry_run {
            screen.show(&preview, one)?;
            note_rest(&preview);
            output::note("dry run: nothing was changed");
            return Ok(code(&preview));
        }
        output::note(&format!(
            "undoing the run of {} would now:\n{}",
            self.date,
            in_short(&preview)
        ));
        screen.confirm(&format!("Undo the run of {}?", self.date))?;
        let (watch, bar) = output::watch("undoing");
        let undone = run_undo::undo(app, self.date, self.reason.as_deref(), &watch).await;
        bar.finish_and_clear();
        let undone = UndoView::of(self.date, &undone?);
        screen.show(&undone, one)?;
        note_rest(&undone);
        output::note(&format!(
            "{} can be run again; a daemon whose clock shows that date, or a later one, does so within two minutes",
            self.date
        ));
        Ok(code(&undone))
    }
}

fn code(it: &UndoView) -> ExitCode {
    if it.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) }
}

fn in_short(it: &UndoView) -> String {
    format!(
        "  reverse {} ({})\n  restore {}\n  leave {} lost\n  notify {}",
        counted(it.reversed, "charge"),
        amounts(it),
        counted(it.restored.len() as u64, "released number"),
        counted(it.lost.len() as u64, "number"),
        counted(it.notices, "account"),
    )
}

fn one(it: &UndoView) -> String {
    fields(&[
        ("billing date", it.billing_date.to_string()),
        ("accounts", it.accounts.to_string()),
        ("charges reversed", it.reversed.to_string()),
        ("amount returned", amounts(it)),
        ("numbers restored", it.restored.len().to_string()),
        ("numbers lost", it.lost.len().to_string()),
        ("notices", it.notices.to_string()),
        ("failed accounts", it.failures.len().to_string()),
    ])
}

fn amounts(it: &UndoView) -> String {
    let amounts = it.reversed_amounts.iter();
    let amounts: Vec<_> = amounts.map(|it| format!("{} {}", it.amount, it.currency)).collect();
    if amounts.is_empty() { "nothing".to_owned() } else { amounts.join(", ") }
}

/// What an operator has to do by hand.
fn note_rest(it: &UndoView) {
    for number in &it.lost {
        output::note(&format!(
            "{} stays lost for account {}: it is no longer free",
            number.number, number.account
        ));
    }
    for failure in &it.failures {
        output::note(&format!(
            "account {} stays as the run left it: {}",
            failure.account, failure.reason
        ));
    }
    for reload in &it.reloads {
        output::note(&format!(
            "reload {} of account {}, {} {}, is {}{}",
            reload.id,
            reload.account,
            reload.amount,
            reload.currency,
            reload.status,
            reload
                .reference
                .as_ref()
                .map(|it| format!(", {it} at the gateway"))
                .unwrap_or_default(),
        ));
    }
    if !it.reloads.is_empty() {
        output::note(
            "hint: what the cards paid stays on the balances; refund it at the gateway where the account should have it back, then `linerent account refund KEY --reference REFERENCE`",
        );
    }
}
