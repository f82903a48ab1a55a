//! Queued notices and their delivery.

use chrono::{DateTime, Utc};

use super::{Content, NoticeId};
use crate::clock::Moment;
use crate::ids::AccountId;

#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr, strum::EnumString)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum NoticeStatus {
    Pending,
    /// Accepted by the mail server.
    Sent,
    /// Given up after a permanent refusal or too many attempts.
    Failed,
}

impl NoticeStatus {
    pub const ALL: [Self; 3] = [Self::Pending, Self::Sent, Self::Failed];

    /// The status in the database and in JSON.
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }

    pub fn find(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

#[derive(Debug, Clone)]
pub struct StoredNotice {
    pub id: NoticeId,
    /// When the fact happened, by the billing clock.
    pub queued: Moment,
    pub content: Content,
    /// A random number that is part of the Message-ID.
    pub token: i64,
    pub status: NoticeStatus,
    /// The number of attempts to send it.
    pub attempts: u32,
    /// When it was queued, by the machine's clock.
    pub created_at: DateTime<Utc>,
    /// Not sent before this time, by the machine's clock.
    pub due_at: DateTime<Utc>,
    /// The first failed attempt, by the machine's clock.
    pub failing_since: Option<DateTime<Utc>>,
    /// When it was sent or given up, by the machine's clock.
    pub settled_at: Option<DateTime<Utc>>,
    /// The address of the last attempt.
    pub recipient: Option<String>,
    pub subject: Option<String>,
    /// The last answer of the mail server.
    pub answer: Option<String>,
}

/// Which notices to list. `None` matches all.
#[derive(Debug, Clone, Default)]
pub struct NoticeFilter {
    pub account: Option<AccountId>,
    pub status: Option<NoticeStatus>,
    /// The newest this many.
    pub limit: u32,
}

/// The result of an attempt to send a notice, to be stored with it.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub id: NoticeId,
    pub recipient: String,
    pub subject: String,
    /// The mail server's answer, or why it could not be reached.
    pub answer: String,
}

/// The recipient's name and address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    pub name: String,
    pub email: String,
}

/// A notice that was claimed for sending.
#[derive(Debug, Clone)]
pub struct Outgoing {
    pub notice: StoredNotice,
    /// `None` for the operator and for an account that does not exist.
    pub owner: Option<Owner>,
}

/// Counts of notices that have not been sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    pub pending: u64,
    pub failed: u64,
    /// When the oldest pending notice was queued, by the machine's clock.
    pub oldest_pending_at: Option<DateTime<Utc>>,
}

/// Pending notices that were queued before some instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingNotices {
    pub count: u64,
    /// When the oldest was queued, by the system clock.
    pub since: DateTime<Utc>,
}
