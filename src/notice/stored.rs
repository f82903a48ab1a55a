//! Notices as they are kept and delivered.

use chrono::{DateTime, Utc};

use super::{Content, NoticeId};
use crate::clock::Moment;
use crate::ids::AccountId;

/// Where a notice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeStatus {
    /// To be sent.
    Pending,
    /// The mail server took it.
    Sent,
    /// It was given up.
    Failed,
}

impl NoticeStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Sent, Self::Failed];

    /// As it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }

    /// The status that is stored as `text`.
    pub fn find(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// A notice as it stands in the database.
#[derive(Debug, Clone)]
pub struct StoredNotice {
    /// Its name.
    pub id: NoticeId,
    /// When it came about.
    pub queued: Moment,
    /// What it tells.
    pub content: Content,
    /// Chance that belongs to it.
    pub token: i64,
    /// Where it stands.
    pub status: NoticeStatus,
    /// How often it was tried.
    pub attempts: u32,
    /// By the machine's clock: when it was queued.
    pub created_at: DateTime<Utc>,
    /// By the machine's clock: before when it is not tried.
    pub due_at: DateTime<Utc>,
    /// By the machine's clock: since when it could not be sent.
    pub troubled_at: Option<DateTime<Utc>>,
    /// By the machine's clock: when it ended.
    pub settled_at: Option<DateTime<Utc>>,
    /// Where it was last sent to.
    pub recipient: Option<String>,
    /// Under which subject.
    pub subject: Option<String>,
    /// What the mail server last said.
    pub answer: Option<String>,
}

/// Which notices to list; `None` means any.
#[derive(Debug, Clone, Default)]
pub struct NoticeFilter {
    /// To this account.
    pub account: Option<AccountId>,
    /// Of this status.
    pub status: Option<NoticeStatus>,
    /// The newest so many.
    pub limit: u32,
}

/// What came of sending a notice, to be kept with it.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Which.
    pub id: NoticeId,
    /// Where to.
    pub recipient: String,
    /// Under which subject.
    pub subject: String,
    /// What the mail server said, or why it could not be asked.
    pub answer: String,
}

/// Whose letter it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The account's name.
    pub name: String,
    /// Where its notices go.
    pub email: String,
}

/// A notice that was taken for sending.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// The notice.
    pub notice: StoredNotice,
    /// Its account, if it is for one that exists.
    pub owner: Option<Owner>,
}

/// Notices that did not leave yet, or never will.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// To be sent.
    pub pending: u64,
    /// Given up, and not taken up again.
    pub failed: u64,
    /// Since when the oldest one waits that is still to be sent, by the machine's clock.
    pub oldest_pending_at: Option<DateTime<Utc>>,
}
