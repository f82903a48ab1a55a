//! The `notices` table. `enqueue` inserts, `claim` and `record` are for sending.

use crate::notice::{Addressee, NoticeFilter, NoticeId, NoticeStatus, StoredNotice};
use chrono::{DateTime, NaiveDate, Utc};
use tracing::error;

use crate::clock::Moment;
use crate::ids::AccountId;
use crate::store::columns::{LAST_INSTANT, account_of};
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
        /// Unparsed, so that an unreadable one does not make a whole list fail.
        content: String,
        queued_at: DateTime<Utc>,
        token: i64,
        status: String,
        attempts: i64,
        created_at: DateTime<Utc>,
        due_at: DateTime<Utc>,
        failing_since: Option<DateTime<Utc>>,
        settled_at: Option<DateTime<Utc>>,
        recipient: Option<String>,
        subject: Option<String>,
        answer: Option<String>,
    }
}

impl NoticeRow {
    pub(in crate::store) fn into_notice(self) -> Result<StoredNotice, StoreError> {
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
            attempts: u32::try_from(self.attempts).map_err(|_| {
                unreadable(format!("invalid number of attempts: {}", self.attempts))
            })?,
            created_at: self.created_at,
            due_at: self.due_at,
            failing_since: self.failing_since,
            settled_at: self.settled_at,
            recipient: self.recipient,
            subject: self.subject,
            answer: self.answer,
        })
    }
}

/// Logs an unreadable notice and leaves it out.
pub(in crate::store) fn readable<T>(read: Result<T, StoreError>) -> Option<T> {
    read.inspect_err(|failure| error!(%failure, "skipped an unreadable notice")).ok()
}

/// Selects notices for [`NoticeRow`]; `$rest` continues after FROM.
macro_rules! notices {
    ($rest:literal) => {
        concat!(
            "SELECT account_id, billing_date, kind, ordinal, CAST(content AS TEXT) AS content,
                queued_at, token, status, attempts, created_at, due_at, failing_since, settled_at,
                recipient, subject, answer
             FROM notices ",
            $rest
        )
    };
}
pub(in crate::store) use notices;

/// The place of a notice in a list of the newest ones.
#[derive(Debug, Clone)]
pub struct NoticePlace {
    created_at: DateTime<Utc>,
    account_id: i64,
    billing_date: NaiveDate,
    kind: String,
    ordinal: i64,
}

impl NoticePlace {
    /// Before all notices.
    pub fn first() -> Self {
        Self {
            created_at: LAST_INSTANT,
            account_id: i64::MAX,
            billing_date: LAST_INSTANT.naive_utc().date(),
            kind: String::new(),
            ordinal: i64::MAX,
        }
    }

    fn of(row: &NoticeRow) -> Self {
        Self {
            created_at: row.created_at,
            account_id: row.account_id,
            billing_date: row.billing_date,
            kind: row.kind.clone(),
            ordinal: row.ordinal,
        }
    }
}

/// Stored instead of an account id for the operator.
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
    /// The newest notices that match `filter`, newest first. Unreadable notices are logged and left
    /// out.
    pub async fn notices(&self, filter: &NoticeFilter) -> Result<Vec<StoredNotice>, StoreError> {
        Ok(self.notices_after(filter, &NoticePlace::first()).await?.0)
    }

    /// As [`Store::notices`], from the one on that follows `place`. Also returns the place of the last one, readable
    /// or not; no place if there are no more.
    pub async fn notices_after(
        &self,
        filter: &NoticeFilter,
        place: &NoticePlace,
    ) -> Result<(Vec<StoredNotice>, Option<NoticePlace>), StoreError> {
        // Each case has its own index, which a condition on an optional parameter would not use. In the order of a
        // plain `created_at`, SQLite would read all notices to find the few that are of one account, are pending or
        // have failed.
        let sql = match (filter.account, filter.status) {
            (Some(_), _) => notices!(
                "WHERE account_id = $7 AND ($8 IS NULL OR status = $8)
                    AND (COALESCE(created_at, due_at), account_id, billing_date, kind, ordinal) < ($1, $2, $3, $4, $5)
                 ORDER BY COALESCE(created_at, due_at) DESC, account_id DESC, billing_date DESC, kind DESC, ordinal DESC
                 LIMIT $6"
            ),
            (None, Some(NoticeStatus::Pending)) => notices!(
                "WHERE status = 'pending'
                    AND (COALESCE(created_at, due_at), account_id, billing_date, kind, ordinal) < ($1, $2, $3, $4, $5)
                 ORDER BY COALESCE(created_at, due_at) DESC, account_id DESC, billing_date DESC, kind DESC, ordinal DESC
                 LIMIT $6"
            ),
            (None, Some(NoticeStatus::Failed)) => notices!(
                "WHERE status = 'failed'
                    AND (COALESCE(created_at, due_at), account_id, billing_date, kind, ordinal) < ($1, $2, $3, $4, $5)
                 ORDER BY COALESCE(created_at, due_at) DESC, account_id DESC, billing_date DESC, kind DESC, ordinal DESC
                 LIMIT $6"
            ),
            (None, Some(NoticeStatus::Sent)) => notices!(
                "WHERE status = 'sent'
                    AND (created_at, account_id, billing_date, kind, ordinal) < ($1, $2, $3, $4, $5)
                 ORDER BY created_at DESC, account_id DESC, billing_date DESC, kind DESC, ordinal DESC
                 LIMIT $6"
            ),
            (None, None) => notices!(
                "WHERE (created_at, account_id, billing_date, kind, ordinal) < ($1, $2, $3, $4, $5)
                 ORDER BY created_at DESC, account_id DESC, billing_date DESC, kind DESC, ordinal DESC
                 LIMIT $6"
            ),
        };
        let query = self
            .database
            .query(sql)
            .bind(place.created_at)
            .bind(place.account_id)
            .bind(place.billing_date)
            .bind(place.kind.as_str())
            .bind(place.ordinal)
            .bind(i64::from(filter.limit));
        let query = match filter.account {
            Some(account) => {
                query.bind(account.to_i64()).bind(filter.status.map(NoticeStatus::as_str))
            }
            None => query,
        };
        let rows: Vec<NoticeRow> = query.fetch_all().await?;
        let is_full = u32::try_from(rows.len()).is_ok_and(|read| read >= filter.limit);
        let last = rows.last().filter(|_| is_full).map(NoticePlace::of);
        let notices = rows.into_iter().filter_map(|row| readable(row.into_notice())).collect();
        Ok((notices, last))
    }

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
        row.map(NoticeRow::into_notice).transpose()
    }

    pub async fn count_pending_notices(&self, account: AccountId) -> Result<u64, StoreError> {
        let (pending,): (i64,) = self
            .database
            .query("SELECT COUNT(*) FROM notices WHERE account_id = $1 AND status = 'pending'")
            .bind(account.to_i64())
            .fetch_one()
            .await?;
        Ok(pending.unsigned_abs())
    }

    /// How many notices have failed since an instant.
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
