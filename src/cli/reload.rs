use std::process::ExitCode;

use crate::ids::ReloadId;
use crate::operations::App;
use crate::operations::reload::{self, Finding};
use crate::reload::{OpenReloads, ReloadStatus};
use anyhow::Result;
use clap::{Args, Subcommand};

use crate::cli::output::{self, Screen, fields, instant, or_blank};
use crate::cli::pages::Columns;
use crate::cli::parse::{self, parsed, parsed_option};
use crate::cli::refusals::RefusalView;
use crate::cli::views::reloads::{CheckReport, ReloadView};

#[derive(Debug, Subcommand)]
pub enum Reload {
    /// Request reloads for low balances, and carry out all open reloads.
    #[command(after_help = r#"Examples:
  linerent reload check"#)]
    Check,
    /// List the newest reloads.
    #[command(after_help = r#"Examples:
  linerent reload list --account a0000001
  linerent reload list --status in_doubt"#)]
    List {
        /// Only this account.
        #[arg(long, value_name = "KEY")]
        account: Option<String>,
        /// Only this status.
        #[arg(long, value_parser = output::one_of(ReloadStatus::ALL.map(ReloadStatus::as_str)))]
        status: Option<String>,
        /// The number of reloads.
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Show one reload.
    #[command(after_help = r#"Examples:
  linerent reload show a0000001-0f3c9a0b12de"#)]
    Show {
        /// The reload's id, as `linerent reload list` shows it.
        id: String,
    },
    /// Record the outcome of a reload that the gateway cannot give. Look it up in the gateway's dashboard first.
    #[command(after_help = r#"Examples:
  linerent reload resolve a0000001-0f3c9a0b12de --captured --reason "seen in the dashboard""#)]
    Resolve {
        /// The reload's id, as `linerent reload list` shows it.
        id: String,
        #[command(flatten)]
        finding: FindingArgs,
        /// The reason, for example where you looked it up; it is stored with the reload.
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct FindingArgs {
    /// The card was charged: credit the amount.
    #[arg(long)]
    captured: bool,
    /// The card was not charged, and will not be.
    #[arg(long)]
    declined: bool,
}

impl Reload {
    pub async fn run(self, app: &App, screen: Screen) -> Result<ExitCode> {
        match self {
            Self::Check => {
                let (watch, bar) = output::watch("checking");
                let report = reload::check(app, &watch, OpenReloads::All).await;
                bar.finish_and_clear();
                let report = CheckReport::from(report?);
                screen.show(&report, checked)?;
                note_open(app, report.in_doubt);
            }
            Self::List { account, status, limit } => {
                let account = parsed_option(account.as_deref())?;
                let status = status.as_deref().map(status_of).transpose()?;
                let one_more = limit.saturating_add(1);
                let pages = reload::pages(app, account, status, one_more).await?;
                screen.show_newest_pages(pages, limit, "reload", &RELOADS).await?;
            }
            Self::Show { id } => {
                screen.show(&ReloadView::from(&reload::show(app, id_of(&id)?).await?), one)?;
            }
            Self::Resolve { id, finding, reason } => {
                let (finding, what) = if finding.captured {
                    (Finding::Captured, "credit it as captured")
                } else {
                    (Finding::Declined, "close it as declined")
                };
                let id = id_of(&id)?;
                let asked = reload::show(app, id).await?;
                screen.confirm(&format!(
                    "Reload {id} of {} by account {}: {what}?",
                    asked.amount,
                    id.account()
                ))?;
                let resolved = reload::resolve(app, id, finding, &reason).await?;
                screen.show(&ReloadView::from(&resolved), one)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn id_of(text: &str) -> Result<ReloadId> {
    parsed(text.trim())
}

fn status_of(text: &str) -> Result<ReloadStatus> {
    let words = ReloadStatus::ALL.map(ReloadStatus::as_str);
    parse::status(text, "reloads", &words, ReloadStatus::find)
}

/// Notes how many reloads have no outcome yet, and how to see why.
pub fn note_open(app: &App, open: u64) {
    if open == 0 {
        return;
    }
    let reloads = output::counted(open, "reload");
    match app.gateway() {
        Ok(_) => output::note(&format!(
            "{reloads} not settled yet\nhint: `linerent reload list --status in_doubt` says why, `linerent reload check` asks again"
        )),
        Err(refusal) => {
            let reason = RefusalView::of(&refusal).message;
            output::note(&format!("{reloads} not settled: {reason}"));
        }
    }
}

fn checked(report: &CheckReport) -> String {
    fields(&[
        ("requested", report.requested.to_string()),
        ("captured", report.captured.to_string()),
        ("declined", report.declined.to_string()),
        ("still open", report.in_doubt.to_string()),
        ("renewed", report.renewed.to_string()),
    ])
}

fn one(it: &ReloadView) -> String {
    fields(&[
        ("id", it.id.clone()),
        ("account", it.account.clone()),
        ("amount", format!("{} {}", it.amount, it.currency)),
        ("payment method", it.payment_method.clone()),
        ("customer", or_blank(it.customer.as_ref())),
        ("status", it.status.to_owned()),
        ("reason", or_blank(it.reason.as_ref())),
        ("attempts", it.attempts.to_string()),
        ("requested at", instant(it.requested_at)),
        ("settled at", it.settled_at.map(instant).unwrap_or_default()),
        ("gateway", or_blank(it.gateway.as_ref())),
        ("reference", or_blank(it.reference.as_ref())),
    ])
}

const RELOADS: Columns<ReloadView> = Columns {
    things: "reloads",
    heading: &["id", "amount", "", "status", "attempts", "requested at", "settled at", "reason"],
    right: &[1, 4],
    row: |it| {
        vec![
            it.id.clone(),
            it.amount.to_string(),
            it.currency.clone(),
            it.status.to_owned(),
            it.attempts.to_string(),
            instant(it.requested_at),
            it.settled_at.map(instant).unwrap_or_default(),
            or_blank(it.reason.as_ref()),
        ]
    },
};
