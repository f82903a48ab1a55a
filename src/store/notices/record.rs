//! The results of sending notices.

use crate::notice::{Delivery, NoticeId, NoticeStatus};
use chrono::{DateTime, Utc};

use crate::store::engine::{Sql, bulk_sql};
use crate::store::error::StoreError;
use crate::store::notices::rows::key_of;
use crate::store::open::Store;
use crate::text::storable;

const SETTLE: Sql = bulk_sql!(
    "UPDATE notices
     SET status = new.status, attempts = attempts + 1, claimed_until = NULL, settled_at = $1,
        recipient = new.recipient, subject = new.subject, answer = new.answer
     FROM",
    new from 2 (
        account_id BIGINT, billing_date DATE, kind TEXT, ordinal BIGINT, status TEXT,
        recipient TEXT, subject TEXT, answer TEXT
    ),
    "WHERE notices.account_id = new.account_id
        AND notices.billing_date = new.billing_date
        AND notices.kind = new.kind
        AND notices.ordinal = new.ordinal
        AND notices.settled_at IS NULL"
);

/// What is stored of an address, a subject or a mail server's words: an outcome must not be lost over them.
fn stored(text: &str) -> String {
    const CHARS_MAX: usize = 1_000;
    storable(text, CHARS_MAX)
}

impl Store {
    /// Stores the final status of notices, all in one transaction.
    pub async fn settle_notices(
        &self,
        settled: &[(Delivery, NoticeStatus)],
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        if settled.is_empty() {
            return Ok(());
        }
        let rows = settled.iter().map(|(it, status)| {
            let (account, on, kind, ordinal) = key_of(it.id);
            let (recipient, subject) = (stored(&it.recipient), stored(&it.subject));
            (account, on, kind, ordinal, status.as_str(), recipient, subject, stored(&it.answer))
        });
        let mut transaction = self.database.begin().await?;
        transaction.query(SETTLE).bind(now).bind_rows(rows.collect()).execute().await?;
        transaction.commit().await
    }

    /// Records a failed attempt; the notice is not tried again before `due_at`.
    pub async fn defer_notice(
        &self,
        delivery: &Delivery,
        due_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let (account, on, kind, ordinal) = key_of(delivery.id);
        let mut transaction = self.database.begin().await?;
        transaction
            .query(
                "UPDATE notices
                 SET attempts = attempts + 1, claimed_until = NULL, due_at = $5, recipient = $6,
                    subject = $7, answer = $8, failing_since = COALESCE(failing_since, $9)
                 WHERE account_id = $1 AND billing_date = $2 AND kind = $3 AND ordinal = $4
                    AND settled_at IS NULL",
            )
            .bind(account)
            .bind(on)
            .bind(kind)
            .bind(ordinal)
            .bind(due_at)
            .bind(stored(&delivery.recipient))
            .bind(stored(&delivery.subject))
            .bind(stored(&delivery.answer))
            .bind(now)
            .execute()
            .await?;
        transaction.commit().await
    }

    /// Records that no mail can be sent, and why. Notices that could not be sent since `troubled_by`
    /// fail; returns how many.
    pub async fn note_trouble(
        &self,
        troubled_by: DateTime<Utc>,
        answer: &str,
        now: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        let mut transaction = self.database.begin().await?;
        transaction
            .query(
                "UPDATE notices
                 SET failing_since = $1
                 WHERE status = 'pending' AND failing_since IS NULL",
            )
            .bind(now)
            .execute()
            .await?;
        let given_up = transaction
            .query(
                "UPDATE notices
                 SET status = 'failed', settled_at = $3, answer = $2, claimed_until = NULL
                 WHERE status = 'pending'
                    AND failing_since <= $1
                    AND (claimed_until IS NULL OR claimed_until <= $3)",
            )
            .bind(troubled_by)
            .bind(stored(answer))
            .bind(now)
            .execute()
            .await?;
        transaction.commit().await?;
        Ok(given_up)
    }

    /// Makes a failed or waiting notice due at `now`; returns false if it is neither.
    pub async fn retry_notice(&self, id: NoticeId, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let (account, on, kind, ordinal) = key_of(id);
        let mut transaction = self.database.begin().await?;
        let retried = transaction
            .query(
                "UPDATE notices
                 SET status = 'pending', settled_at = NULL, failing_since = NULL, due_at = $5
                 WHERE account_id = $1 AND billing_date = $2 AND kind = $3 AND ordinal = $4
                    AND status IN ('failed', 'pending')",
            )
            .bind(account)
            .bind(on)
            .bind(kind)
            .bind(ordinal)
            .bind(now)
            .execute()
            .await?;
        transaction.commit().await?;
        Ok(retried == 1)
    }

    /// Makes all failed notices pending again; returns how many.
    pub async fn retry_failed_notices(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let mut transaction = self.database.begin().await?;
        let retried = transaction
            .query(
                "UPDATE notices
                 SET status = 'pending', settled_at = NULL, failing_since = NULL, due_at = $1
                 WHERE status = 'failed'",
            )
            .bind(now)
            .execute()
            .await?;
        transaction.commit().await?;
        Ok(retried)
    }
}
