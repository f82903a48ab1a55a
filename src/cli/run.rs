use std::process::ExitCode;
use std::sync::Arc;

use crate::billing::RunReport;
use crate::billing::delivery::Delivered;
use crate::clock::{Clock as _, SystemClock};
use crate::metrics::textfile::RunMetrics;
use crate::operations::run::Watch;
use crate::operations::{App, Settings, notice, run};
use crate::run::HeldBy;
use anyhow::Result;
use chrono::NaiveDate;
use clap::{Args, Subcommand};

use crate::cli::notice::{note_trouble, note_waiting};
use crate::cli::output::{self, Screen, fields, or_blank, table};
use crate::cli::reload::note_open;
use crate::cli::run_undo::Undo;
use crate::cli::views::runs::RunView;

#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = r#"Examples:
  linerent run --dry-run
  linerent run
  linerent run show 2026-02-28"#
)]
pub struct Run {
    /// Show what a run would do, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Do not send notices at the end; the daemon or `linerent notice send` does.
    #[arg(long)]
    no_mail: bool,
    #[command(subcommand)]
    command: Option<RunCommand>,
}

#[derive(Debug, Subcommand)]
pub enum RunCommand {
    /// List the latest runs.
    #[command(after_help = r#"Examples:
  linerent run list --limit 7"#)]
    List {
        /// The number of runs.
        #[arg(long, default_value_t = 30)]
        limit: u32,
    },
    /// Show all that was done for one date.
    #[command(after_help = r#"Examples:
  linerent run show 2026-02-28"#)]
    Show {
        /// The billing date of the run.
        #[arg(value_parser = output::date_of)]
        date: NaiveDate,
    },
    /// Carry out what a guard held back: the releases of a run, or all of it.
    #[command(after_help = r#"Examples:
  linerent run approve 2026-02-28"#)]
    Approve {
        /// The billing date of the run.
        #[arg(value_parser = output::date_of)]
        date: NaiveDate,
    },
    /// Take back the latest run: reverse its charges, and restore the numbers that it released.
    #[command(after_help = r#"Examples:
  linerent run undo 2026-02-28 --dry-run
  linerent run undo 2026-02-28 --reason "the clock was ahead""#)]
    Undo(Undo),
}

impl Run {
    pub async fn run(self, settings: Settings, screen: Screen) -> Result<ExitCode> {
        let Some(command) = self.command else { return self.today(settings, screen).await };
        command.run(&App::open(settings).await?, screen).await
    }

    /// Does the run, and leaves its metrics where the settings say, also if it fails.
    async fn today(&self, settings: Settings, screen: Screen) -> Result<ExitCode> {
        let file = settings.metrics_textfile.clone().filter(|_| !self.dry_run);
        let metrics =
            file.map(|file| Arc::new(RunMetrics::begin(file, SystemClock::default().now())));
        let mut opened = None;
        let outcome = async {
            let app = opened.insert(App::open(settings).await?);
            self.execute(app, metrics.as_ref(), screen).await
        }
        .await;
        if let Some(metrics) = &metrics
            && let Err(error) = metrics.write(opened.as_ref()).await
        {
            output::complain(&error);
        }
        outcome
    }

    async fn execute(
        &self,
        app: &App,
        metrics: Option<&Arc<RunMetrics>>,
        screen: Screen,
    ) -> Result<ExitCode> {
        let (watch, bar) = output::watch("running");
        let watch = match metrics {
            Some(metrics) => Watch { observer: metrics.with(watch.observer), ..watch },
            None => watch,
        };
        let report = if self.dry_run {
            run::dry_run(app, &watch).await
        } else {
            run::run(app, &watch).await
        };
        bar.finish_and_clear();
        let report = report?;
        let code = tell(app, &report, screen)?;
        if self.dry_run {
            output::note("dry run: nothing was changed");
            let cards = report.counts.reloads.requested + report.counts.reloads.in_doubt;
            if cards > 0 {
                output::note(&format!(
                    "what depends on {} is not included",
                    output::counted(cards, "card")
                ));
            }
        } else if !self.no_mail {
            let delivered = deliver(app, watch).await?;
            if let Some(metrics) = metrics {
                metrics.delivered(&delivered);
            }
        }
        Ok(code)
    }
}

impl RunCommand {
    async fn run(self, app: &App, screen: Screen) -> Result<ExitCode> {
        match self {
            Self::List { limit } => {
                let reports = run::list(app, limit.saturating_add(1)).await?;
                let reports = reports.iter().map(RunView::from).collect();
                screen.show_newest(reports, limit, "run", |reports: &[RunView]| {
                    runs_table(reports.iter())
                })?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Show { date } => {
                screen.show(&RunView::from(&run::show(app, date).await?), one)?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Undo(undo) => undo.run(app, screen).await,
            Self::Approve { date } => {
                let (watch, bar) = output::watch("looking ahead");
                let preview = run::preview_approval(app, date, &watch).await;
                bar.finish_and_clear();
                output::note(&preview_of(date, &RunView::from(&preview?)));
                screen.confirm(&format!("Carry out the run of {date}?"))?;
                let (watch, bar) = output::watch("running");
                let report = run::approve(app, date, &watch).await;
                bar.finish_and_clear();
                let code = tell(app, &report?, screen)?;
                deliver(app, watch).await?;
                Ok(code)
            }
        }
    }
}

/// What an approval would do, for the person who decides.
fn preview_of(date: NaiveDate, it: &RunView) -> String {
    let counted = |count, what: &str| output::counted(count, what);
    let mut lines = vec![
        format!("approving the run of {date} would now:"),
        format!("  charge {} ({})", counted(it.renewed, "renewal"), or_blank(Some(amounts(it)))),
        format!("  ask for {}", counted(it.reloads.requested, "card payment")),
        format!("  mark {} past due", counted(it.past_due, "number")),
        format!("  release {}", counted(it.released, "number")),
    ];
    if it.held_back > 0 {
        lines.push(format!(
            "  hold back {}, which the release guard does not allow",
            counted(it.held_back, "release")
        ));
    }
    lines.join("\n")
}

/// Delivers what is pending. If mail cannot be sent, the run has not failed: the notices wait.
async fn deliver(app: &App, Watch { stop, .. }: Watch) -> Result<Delivered> {
    let (watch, bar) = output::followed("delivering");
    let watch = Watch { stop, ..watch };
    let delivered = notice::deliver(app, &watch, false).await;
    bar.finish_and_clear();
    let delivered = delivered?;
    note_trouble(&delivered);
    note_waiting(app, &watch).await?;
    Ok(delivered)
}

/// Prints the report; a run that could not bill everyone has failed in part.
fn tell(app: &App, report: &RunReport, screen: Screen) -> Result<ExitCode> {
    let view = RunView::from(report);
    screen.show(&view, one)?;
    for failure in &view.failures {
        output::note(&format!("account {} was not billed: {}", failure.account, failure.reason));
    }
    note_clock_fault(report);
    note_held_back(&view);
    note_open(app, view.reloads.in_doubt);
    Ok(match (report.failures.is_empty(), report.held_by) {
        (false, _) => ExitCode::from(2),
        // Nothing was done at all.
        (true, Some(HeldBy::Clock)) => ExitCode::from(1),
        (true, _) => ExitCode::SUCCESS,
    })
}

/// Tells what the clock guard found, which needs a person.
fn note_clock_fault(report: &RunReport) {
    if let Some(fault) = report.clock_fault {
        output::note(&format!(
            "nothing was charged or released, because the clock may be wrong: {fault}\nhint: check the machine's clock; if the date is right, `linerent run approve {}` charges what is due",
            report.billing_date
        ));
    }
}

/// Tells what the release guard did, which needs a person.
pub fn note_held_back(report: &RunView) {
    if report.held_back > 0 {
        output::note(&format!(
            "the release guard held back {}\nhint: see why so many cannot pay, then `linerent run approve {}`",
            output::counted(report.held_back, "release"),
            report.billing_date
        ));
    }
}

fn one(it: &RunView) -> String {
    fields(&[
        ("billing date", it.billing_date.to_string()),
        ("status", status(it)),
        ("accounts", it.accounts.to_string()),
        ("renewed", it.renewed.to_string()),
        ("renewed amount", amounts(it)),
        ("reloads", reloads(it)),
        ("newly past due", it.past_due.to_string()),
        ("released", it.released.to_string()),
        ("held back", it.held_back.to_string()),
        ("back on sale", it.returned.to_string()),
        ("notices", it.notices.to_string()),
        ("failed accounts", it.failed_accounts.to_string()),
        ("oldest unbilled", or_blank(it.oldest_unbilled)),
    ])
}

/// `complete`, or `held by the clock guard`.
fn status(it: &RunView) -> String {
    match it.held_by {
        Some(guard) if guard == HeldBy::Clock.as_str() => "held by the clock guard".to_owned(),
        Some(_) => "held by the release guard".to_owned(),
        None => it.status.to_owned(),
    }
}

/// `3 captured, 1 in doubt`; nothing where no card was charged.
fn reloads(it: &RunView) -> String {
    let counts = [
        (it.reloads.requested, "requested"),
        (it.reloads.captured, "captured"),
        (it.reloads.declined, "declined"),
        (it.reloads.in_doubt, "not known yet"),
    ];
    let some: Vec<_> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    some.join(", ")
}

pub fn runs_table<'a>(reports: impl Iterator<Item = &'a RunView>) -> String {
    let heading = [
        "billing date",
        "status",
        "accounts",
        "renewed",
        "amount",
        "reloads",
        "past due",
        "released",
        "held back",
        "back on sale",
        "failed",
        "oldest unbilled",
    ];
    let rows = reports.map(|it| {
        vec![
            it.billing_date.to_string(),
            it.status.to_owned(),
            it.accounts.to_string(),
            it.renewed.to_string(),
            amounts(it),
            it.reloads.captured.to_string(),
            it.past_due.to_string(),
            it.released.to_string(),
            it.held_back.to_string(),
            it.returned.to_string(),
            it.failed_accounts.to_string(),
            or_blank(it.oldest_unbilled),
        ]
    });
    table("runs", &heading, &[2, 3, 4, 5, 6, 7, 8, 9, 10], rows)
}

fn amounts(it: &RunView) -> String {
    let amounts: Vec<_> = it
        .renewed_amounts
        .iter()
        .map(|money| format!("{} {}", money.amount, money.currency))
        .collect();
    amounts.join(", ")
}
