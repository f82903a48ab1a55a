use std::process::ExitCode;

use crate::billing::delivery::Delivered;
use crate::mail::Mailer;
use crate::notice::{Kind, NoticeId, NoticeStatus};
use crate::operations::notice;
use crate::operations::run::Watch;
use crate::operations::{App, Settings};
use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};

use crate::cli::output::{self, Screen, fields, instant, or_blank};
use crate::cli::pages::Columns;
use crate::cli::parse::{self, parsed, parsed_option};
use crate::cli::views::notices::{
    DeliveryView, NoticeLetterView, NoticeView, PreviewView, RetriedView,
};

#[derive(Debug, Subcommand)]
pub enum Notice {
    /// List the newest notices.
    #[command(after_help = r#"Examples:
  linerent notice list --account a0000001
  linerent notice list --status failed"#)]
    List {
        /// Only this account.
        #[arg(long, value_name = "KEY")]
        account: Option<String>,
        /// Only this status.
        #[arg(long, value_parser = output::one_of(NoticeStatus::ALL.map(NoticeStatus::as_str)))]
        status: Option<String>,
        /// The number of notices.
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Show one notice with its mail.
    #[command(after_help = r#"Examples:
  linerent notice show a0000001/renewed/2026-02-28"#)]
    Show {
        /// The notice's id, as `linerent notice list` shows it.
        id: String,
    },
    /// Send a failed notice again, or all of them.
    #[command(after_help = r#"Examples:
  linerent notice retry a0000001/renewed/2026-02-28
  linerent notice retry --failed"#)]
    Retry {
        /// The notice's id, as `linerent notice list` shows it.
        #[arg(required_unless_present = "failed")]
        id: Option<String>,
        /// All failed notices.
        #[arg(long, conflicts_with = "id")]
        failed: bool,
    },
    /// Show the mail of one kind of notice, from sample data.
    Preview(Preview),
    /// Send all pending notices, including those that wait for another attempt.
    #[command(after_help = r#"Examples:
  linerent notice send"#)]
    Send,
}

#[derive(Debug, Args)]
#[command(after_help = r#"Examples:
  linerent notice preview past_due
  linerent notice preview renewed --format html > renewed.html"#)]
pub struct Preview {
    /// The kind of notice.
    #[arg(value_parser = output::one_of(Kind::ALL.map(Kind::as_str)))]
    kind: String,
    /// The format.
    #[arg(long, value_enum, default_value_t = PreviewFormat::Text)]
    format: PreviewFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PreviewFormat {
    Text,
    Html,
}

impl Preview {
    /// A letter can be looked at before there is a database.
    pub fn run(self, settings: &Settings, screen: Screen) -> Result<ExitCode> {
        let mailer = Mailer::new(&settings.mail)?;
        let letter = notice::preview(mailer.letters(), parsed(&self.kind)?)?;
        screen.show(&PreviewView::from(letter), |it| match self.format {
            PreviewFormat::Text => format!("Subject: {}\n\n{}", it.subject, it.text.trim_end()),
            PreviewFormat::Html => it.html.trim_end().to_owned(),
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Notice {
    pub async fn run(self, app: &App, screen: Screen) -> Result<ExitCode> {
        match self {
            Self::List { account, status, limit } => {
                let account = parsed_option(account.as_deref())?;
                let status = status.as_deref().map(status_of).transpose()?;
                let one_more = limit.saturating_add(1);
                let pages = notice::pages(app, account, status, one_more).await?;
                screen.show_newest_pages(pages, limit, "notice", &NOTICES).await?;
            }
            Self::Show { id } => {
                let shown = notice::show(app, id_of(&id)?).await?;
                screen.show(&NoticeLetterView::try_from(shown)?, letter)?;
            }
            Self::Retry { id: Some(id), .. } => {
                screen.show(&NoticeView::from(&notice::retry(app, id_of(&id)?).await?), one)?
            }
            Self::Retry { id: None, .. } => {
                let retried = notice::retry_failed(app).await?;
                screen.show(&RetriedView { retried }, |it| {
                    format!("{} to be sent again", output::counted(it.retried, "notice"))
                })?;
            }
            Self::Preview(command) => return command.run(&app.settings, screen),
            Self::Send => {
                let (watch, bar) = output::watch("delivering");
                let delivered = notice::deliver(app, &watch, true).await;
                bar.finish_and_clear();
                let delivered = delivered?;
                screen.show(&DeliveryView::from(delivered.clone()), delivered_in_words)?;
                note_trouble(&delivered);
                note_waiting(app, &watch).await?;
                let is_stuck = delivered.trouble.is_some() && delivered.sent == 0;
                return Ok(ExitCode::from(if is_stuck { 2 } else { 0 }));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn id_of(text: &str) -> Result<NoticeId> {
    parsed(text.trim())
}

fn status_of(text: &str) -> Result<NoticeStatus> {
    let words = NoticeStatus::ALL.map(NoticeStatus::as_str);
    parse::status(text, "notices", &words, NoticeStatus::find)
}

/// `12 sent, 1 to be tried again, 2 given up`.
pub fn delivered_in_words(it: &DeliveryView) -> String {
    let mut parts = vec![format!("{} sent", it.sent)];
    if it.deferred > 0 {
        parts.push(format!("{} to be tried again", it.deferred));
    }
    if it.failed > 0 {
        parts.push(format!("{} given up", it.failed));
    }
    parts.join(", ")
}

/// Tells what did not leave, and how to see why.
pub fn note_trouble(it: &Delivered) {
    if let Some(trouble) = &it.trouble {
        output::note(&format!(
            "no mail leaves at the moment: {trouble}\nhint: notices wait; `linerent mail test --to ADDRESS` tries, `linerent notice send` sends them"
        ));
    }
    if it.failed > 0 {
        output::note(&format!(
            "{} given up\nhint: `linerent notice list --status failed` says why, `linerent notice retry ID` or `--failed` tries again",
            output::counted(it.failed, "notice")
        ));
    }
}

/// Tells what is left of a delivery that was interrupted.
pub async fn note_waiting(app: &App, watch: &Watch) -> Result<()> {
    let waiting = if watch.stop.is_cancelled() { notice::waiting(app).await? } else { 0 };
    if waiting > 0 {
        let (wait, them) = if waiting == 1 { ("waits", "it") } else { ("wait", "them") };
        let notices = output::counted(waiting, "notice");
        output::note(&format!("{notices} still {wait}, `linerent notice send` sends {them}"));
    }
    Ok(())
}

fn one(it: &NoticeView) -> String {
    fields(&[
        ("id", it.id.clone()),
        ("account", or_blank(it.account.as_ref())),
        ("kind", it.kind.to_owned()),
        ("billing date", it.billing_date.to_string()),
        ("status", it.status.to_owned()),
        ("attempts", it.attempts.to_string()),
        ("to", or_blank(it.to.as_ref())),
        ("subject", or_blank(it.subject.as_ref())),
        ("answer", or_blank(it.answer.as_ref())),
        ("queued at", instant(it.queued_at)),
        ("not before", it.due_at.map(instant).unwrap_or_default()),
        ("ended at", it.settled_at.map(instant).unwrap_or_default()),
    ])
}

fn letter(it: &NoticeLetterView) -> String {
    format!("{}\n\n{}", one(&it.notice), it.text.trim_end())
}

const NOTICES: Columns<NoticeView> = Columns {
    things: "notices",
    heading: &["id", "status", "attempts", "to", "subject", "answer"],
    right: &[2],
    row: |it| {
        vec![
            it.id.clone(),
            it.status.to_owned(),
            it.attempts.to_string(),
            or_blank(it.to.as_ref()),
            or_blank(it.subject.as_ref()),
            or_blank(it.answer.as_ref().filter(|_| it.status != "sent")),
        ]
    },
};
