//! `notice list`, `notice show`, `notice retry`, `notice preview`, `notice send`.

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::run::Watch;
use super::{App, Refusal, refused};
use crate::billing::delivery::Delivered;
use crate::mail::{Reader, RenderedEmail, TemplateError, Templates};
use crate::notice::sample::samples;
use crate::notice::{Kind, NoticeFilter, NoticeId, NoticeStatus, StoredNotice};

/// A notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct NoticeView {
    /// Its name: whom it is for, of which kind, for which date.
    pub id: String,
    /// The account's key; none where it is for the operator.
    pub account: Option<String>,
    /// What it is about.
    pub kind: &'static str,
    /// The billing date of what it tells.
    pub billing_date: NaiveDate,
    /// `pending`, `sent` or `failed`.
    pub status: &'static str,
    /// How often it was tried.
    pub attempts: u32,
    /// Where it went, or would go now.
    pub to: Option<String>,
    /// Under which subject.
    pub subject: Option<String>,
    /// What the mail server last said, or why it could not be asked.
    pub answer: Option<String>,
    /// When it came about.
    pub queued_at: DateTime<Utc>,
    /// By the machine's clock: when it was sent or given up.
    pub settled_at: Option<DateTime<Utc>>,
    /// By the machine's clock: before when it is not tried again, while it is pending.
    pub due_at: Option<DateTime<Utc>>,
}

/// A notice with its letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct NoticeLetterView {
    /// The notice.
    #[serde(flatten)]
    pub notice: NoticeView,
    /// The letter as plain text, as it would be written now.
    pub text: String,
}

/// What a delivery did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct DeliveryView {
    /// Notices that the mail server took.
    pub sent: u64,
    /// Notices that are tried again later.
    pub deferred: u64,
    /// Notices that were given up.
    pub failed: u64,
    /// Why it ended early, if it did: the rest waits.
    pub trouble: Option<String>,
}

impl DeliveryView {
    /// Adds what `later` did.
    pub fn add(&mut self, later: Self) {
        self.sent += later.sent;
        self.deferred += later.deferred;
        self.failed += later.failed;
        self.trouble = later.trouble.or(self.trouble.take());
    }
}

impl From<Delivered> for DeliveryView {
    fn from(Delivered { sent, deferred, failed, trouble }: Delivered) -> Self {
        Self { sent, deferred, failed, trouble }
    }
}

/// Delivers what is pending and due; `impatiently`, also what was to be tried again later.
///
/// # Errors
/// Where the database fails.
pub async fn deliver(app: &App, watch: &Watch, impatiently: bool) -> Result<DeliveryView> {
    Ok(app.notice_sender(watch).deliver(impatiently).await?.into())
}

/// How many notices are still to be sent.
///
/// # Errors
/// Where the database fails.
pub async fn waiting(app: &App) -> Result<u64> {
    Ok(app.store.notice_backlog().await?.pending)
}

/// The newest notices, to one account and of one status or any, newest first.
///
/// # Errors
/// Refuses an unknown account and an unknown status.
pub async fn list(
    app: &App,
    key: Option<&str>,
    status: Option<&str>,
    limit: u32,
) -> Result<Vec<NoticeView>> {
    let account = match key {
        Some(key) => Some(app.account(super::account_id(key)?).await?.id),
        None => None,
    };
    let status = status.map(status_of).transpose()?;
    let notices = app.store.notices(&NoticeFilter { account, status, limit }).await?;
    let mut views = Vec::with_capacity(notices.len());
    for notice in &notices {
        views.push(view(app, notice).await?.0);
    }
    Ok(views)
}

fn status_of(text: &str) -> Result<NoticeStatus> {
    NoticeStatus::find(text).ok_or_else(|| {
        let known: Vec<_> = NoticeStatus::ALL.iter().map(|status| status.as_str()).collect();
        Refusal::with_hint(
            format!("`{text}` is not a status of notices"),
            format!("use one of {}", known.join(", ")),
        )
        .into()
    })
}

/// One notice, with its letter.
///
/// # Errors
/// Refuses an unknown id.
pub async fn show(app: &App, id: &str) -> Result<NoticeLetterView> {
    let notice = find(app, id).await?;
    with_letter(app, &notice).await
}

/// Takes a notice up again that was given up, or that waits for another try.
///
/// # Errors
/// Refuses an unknown id, and one that was sent.
pub async fn retry(app: &App, id: &str) -> Result<NoticeView> {
    let notice = find(app, id).await?;
    if !app.store.retry_notice(notice.id, app.clock.now()).await? {
        return Err(Refusal::new(format!("notice {} was sent", notice.id)).into());
    }
    Ok(show(app, id).await?.notice)
}

/// What became of taking up all that was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Retried {
    /// How many are pending again.
    pub retried: u64,
}

/// Takes all notices up again that were given up.
///
/// # Errors
/// Where the database fails.
pub async fn retry_failed(app: &App) -> Result<Retried> {
    Ok(Retried { retried: app.store.retry_failed_notices(app.clock.now()).await? })
}

/// A letter of one kind, from made-up data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct PreviewView {
    /// What it is about.
    pub subject: String,
    /// As plain text.
    pub text: String,
    /// As a page, with its picture in it.
    pub html: String,
}

/// A letter of `kind` as it would be written, from made-up data.
///
/// # Errors
/// Refuses what is no kind; fails where a replaced letter cannot be written.
pub fn preview(letters: &Templates, kind: &str) -> Result<PreviewView> {
    let kind: Kind = kind.parse().map_err(refused)?;
    let sample = samples(kind).swap_remove(0);
    let RenderedEmail { subject, text, html, chart } = letters.write_sample(&sample)?;
    Ok(PreviewView { subject, text, html: with_chart(html, chart.as_deref()) })
}

/// The page with its picture in it, since there is no mail beside it to hold that.
fn with_chart(html: String, chart: Option<&[u8]>) -> String {
    let Some(chart) = chart else { return html };
    let data = STANDARD.encode(chart);
    html.replace("cid:chart", &format!("data:image/png;base64,{data}"))
}

async fn find(app: &App, id: &str) -> Result<StoredNotice> {
    let id: NoticeId = id.trim().parse().map_err(refused)?;
    let notice = app.store.find_notice(id).await?;
    notice.ok_or_else(|| {
        Refusal::with_hint(
            format!("there is no notice {id}"),
            "`linerent notice list` shows the newest",
        )
        .into()
    })
}

/// A notice with the letter that it makes now.
async fn with_letter(app: &App, notice: &StoredNotice) -> Result<NoticeLetterView> {
    let (view, letter) = view(app, notice).await?;
    Ok(NoticeLetterView { notice: view, text: letter?.text })
}

/// A notice, and the letter that it makes now. What was sent keeps the address and subject that it was
/// sent with; a letter that cannot be written has none.
pub(super) async fn view(
    app: &App,
    notice: &StoredNotice,
) -> Result<(NoticeView, Result<RenderedEmail, TemplateError>)> {
    let account = match notice.id.to.account() {
        Some(id) => app.store.find_account(id).await?,
        None => None,
    };
    let reader = account.as_ref().map(|it| Reader { account: it.id, name: &it.name });
    let letter = app.mailer.letters().write(&notice.content, notice.id, reader);
    let goes_to = match &account {
        Some(account) => Some(account.email.clone()),
        None => app.mailer.settings.operator.as_ref().map(|operator| operator.email.to_string()),
    };
    let subject = letter.as_ref().ok().map(|letter| letter.subject.clone());
    let is_pending = notice.status == NoticeStatus::Pending;
    let view = NoticeView {
        id: notice.id.to_string(),
        account: notice.id.to.account().map(|account| account.to_string()),
        kind: notice.id.kind.as_str(),
        billing_date: notice.id.on,
        status: notice.status.as_str(),
        attempts: notice.attempts,
        to: notice.recipient.clone().filter(|_| !is_pending).or(goes_to),
        subject: notice.subject.clone().filter(|_| !is_pending).or(subject),
        answer: notice.answer.clone(),
        queued_at: notice.queued.at,
        settled_at: notice.settled_at,
        due_at: is_pending.then_some(notice.due_at),
    };
    Ok((view, letter))
}
