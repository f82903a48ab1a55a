//! Notices as rows, and how they are shown. `queue` has how they come about, `outbox` what sending them
//! needs.

use crate::notice::{Addressee, NoticeFilter, NoticeId, NoticeStatus, StoredNotice};
use chrono::{DateTime, NaiveDate, Utc};
use tracing::error;

use crate::clock::Moment;
use crate::ids::AccountId;
use crate::store::columns::account_of;
use crate::store::engine::row_struct;
use crate::store::error::StoreError;
use crate::store::open::Store;

row_struct! {
    #[derive(Debug)]
    pub(in crate::store) struct NoticeRow {
        account_id: i64,
        billing_date: NaiveDate,
        kind: String,
        ordinal: i64,
        /// As it is stored: one that cannot be read must not spoil a list of many.
        content: String,
        queued_at: DateTime<Utc>,
        token: i64,
        status: String,
        attempts: i64,
        created_at: DateTime<Utc>,
        due_at: DateTime<Utc>,
        troubled_at: Option<DateTime<Utc>>,
        settled_at: Option<DateTime<Utc>>,
        recipient: Option<String>,
        subject: Option<String>,
        answer: Option<String>,
    }
}

impl NoticeRow {
    pub(in crate::store) fn read(self) -> Result<StoredNotice, StoreError> {
        let what =
            format!("the notice {} of {} to {}", self.kind, self.billing_date, self.account_id);
        let unreadable = |why: String| StoreError::unreadable(&what, why);
        let id = NoticeId {
            to: addressee_of(self.account_id)?,
            kind: self.kind.parse().map_err(|error| unreadable(format!("{error}")))?,
            on: self.billing_date,
            ordinal: u32::try_from(self.ordinal)
                .map_err(|_| unreadable(format!("its ordinal is {}", self.ordinal)))?,
        };
        Ok(StoredNotice {
            id,
            queued: Moment { at: self.queued_at, on: self.billing_date },
            content: serde_json::from_str(&self.content)
                .map_err(|error| unreadable(error.to_string()))?,
            token: self.token,
            status: NoticeStatus::find(&self.status)
                .ok_or_else(|| unreadable(format!("its status is `{}`", self.status)))?,
            attempts: u32::try_from(self.attempts)
                .map_err(|_| unreadable(format!("{} attempts", self.attempts)))?,
            created_at: self.created_at,
            due_at: self.due_at,
            troubled_at: self.troubled_at,
            settled_at: self.settled_at,
            recipient: self.recipient,
            subject: self.subject,
            answer: self.answer,
        })
    }
}

/// What can be read; what cannot is told of.
pub(in crate::store) fn readable<T>(read: Result<T, StoreError>) -> Option<T> {
    read.inspect_err(|failure| error!(%failure, "a notice cannot be read, the others are")).ok()
}

/// Notices as [`NoticeRow`] reads them, of those that `$rest` says.
macro_rules! notices {
    ($rest:literal) => {
        concat!(
            "SELECT account_id, billing_date, kind, ordinal, CAST(content AS TEXT) AS content,
                queued_at, token, status, attempts, created_at, due_at, troubled_at, settled_at,
                recipient, subject, answer
             FROM notices ",
            $rest
        )
    };
}
pub(in crate::store) use notices;

/// What stands for the operator in place of an account's id.
const OPERATOR: i64 = -1;

pub(in crate::store) const fn id_of(to: Addressee) -> i64 {
    match to {
        Addressee::Account(account) => account.to_i64(),
        Addressee::Operator => OPERATOR,
    }
}

pub(in crate::store) type Key = (i64, NaiveDate, &'static str, i64);

pub(in crate::store) fn key_of(id: NoticeId) -> Key {
    (id_of(id.to), id.on, id.kind.as_str(), i64::from(id.ordinal))
}

fn addressee_of(id: i64) -> Result<Addressee, StoreError> {
    if id == OPERATOR { Ok(Addressee::Operator) } else { account_of(id).map(Addressee::Account) }
}

impl Store {
    /// The newest notices that `filter` lets through, newest first; what cannot be read is left out, and
    /// told of.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn notices(&self, filter: &NoticeFilter) -> Result<Vec<StoredNotice>, StoreError> {
        // Each is found by an index of its own, which a condition that may be switched off would hide.
        let query = match (filter.account, filter.status) {
            (Some(account), status) => self
                .database
                .query(notices!(
                    "WHERE account_id = $1 AND ($2 IS NULL OR status = $2)
                     ORDER BY created_at DESC, billing_date DESC, kind DESC, ordinal DESC
                     LIMIT $3"
                ))
                .bind(account.to_i64())
                .bind(status.map(NoticeStatus::as_str)),
            (None, Some(NoticeStatus::Pending)) => self.database.query(notices!(
                "WHERE status = 'pending'
                 ORDER BY created_at DESC, account_id DESC, billing_date DESC, kind DESC, ordinal DESC
                 LIMIT $1"
            )),
            (None, Some(NoticeStatus::Failed)) => self.database.query(notices!(
                "WHERE status = 'failed'
                 ORDER BY created_at DESC, account_id DESC, billing_date DESC, kind DESC, ordinal DESC
                 LIMIT $1"
            )),
            (None, Some(NoticeStatus::Sent)) => self.database.query(notices!(
                "WHERE status = 'sent'
                 ORDER BY created_at DESC, account_id DESC, billing_date DESC, kind DESC, ordinal DESC
                 LIMIT $1"
            )),
            (None, None) => self.database.query(notices!(
                "ORDER BY created_at DESC, account_id DESC, billing_date DESC, kind DESC, ordinal DESC
                 LIMIT $1"
            )),
        };
        let rows: Vec<NoticeRow> = query.bind(i64::from(filter.limit)).fetch_all().await?;
        Ok(rows.into_iter().filter_map(|row| readable(row.read())).collect())
    }

    /// The notice, if there is one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find_notice(&self, id: NoticeId) -> Result<Option<StoredNotice>, StoreError> {
        let row: Option<NoticeRow> = self
            .database
            .query(notices!(
                "WHERE account_id = $1 AND billing_date = $2 AND kind = $3 AND ordinal = $4"
            ))
            .bind(id_of(id.to))
            .bind(id.on)
            .bind(id.kind.as_str())
            .bind(i64::from(id.ordinal))
            .fetch_optional()
            .await?;
        row.map(NoticeRow::read).transpose()
    }

    /// How many notices to the account are still to be sent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_pending_notices(&self, account: AccountId) -> Result<u64, StoreError> {
        let (pending,): (i64,) = self
            .database
            .query("SELECT COUNT(*) FROM notices WHERE account_id = $1 AND status = 'pending'")
            .bind(account.to_i64())
            .fetch_one()
            .await?;
        Ok(pending.unsigned_abs())
    }

    /// How many notices were given up at `since` or later.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_failed_notices(&self, since: DateTime<Utc>) -> Result<u64, StoreError> {
        let (failed,): (i64,) = self
            .database
            .query("SELECT COUNT(*) FROM notices WHERE status = 'failed' AND settled_at >= $1")
            .bind(since)
            .fetch_one()
            .await?;
        Ok(u64::try_from(failed).unwrap_or_default())
    }
}
