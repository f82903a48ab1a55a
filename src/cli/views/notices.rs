//! Notices and their delivery as JSON.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use crate::billing::delivery::Delivered;
use crate::mail::{RenderedEmail, TemplateError};
use crate::notice::NoticeStatus;
use crate::operations::notice::ShownNotice;

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

impl From<&ShownNotice> for NoticeView {
    fn from(ShownNotice { notice, recipient, subject, mail: _ }: &ShownNotice) -> Self {
        Self {
            id: notice.id.to_string(),
            account: notice.id.to.account().map(|account| account.to_string()),
            kind: notice.id.kind.as_str(),
            billing_date: notice.id.on,
            status: notice.status.as_str(),
            attempts: notice.attempts,
            to: recipient.clone(),
            subject: subject.clone(),
            answer: notice.answer.clone(),
            queued_at: notice.queued.at,
            settled_at: notice.settled_at,
            due_at: (notice.status == NoticeStatus::Pending).then_some(notice.due_at),
        }
    }
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

impl TryFrom<ShownNotice> for NoticeLetterView {
    type Error = TemplateError;

    fn try_from(shown: ShownNotice) -> Result<Self, TemplateError> {
        Ok(Self { notice: NoticeView::from(&shown), text: shown.mail?.text })
    }
}

/// What a delivery did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
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

impl From<Delivered> for DeliveryView {
    fn from(Delivered { sent, deferred, failed, trouble }: Delivered) -> Self {
        Self { sent, deferred, failed, trouble }
    }
}

/// What became of taking up all that was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct RetriedView {
    /// How many are pending again.
    pub retried: u64,
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

impl From<RenderedEmail> for PreviewView {
    fn from(RenderedEmail { subject, text, html }: RenderedEmail) -> Self {
        Self { subject, text, html }
    }
}
