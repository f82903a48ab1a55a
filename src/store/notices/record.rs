//! What came of sending notices.

use crate::notice::{Delivery, NoticeId, NoticeStatus};
use chrono::{DateTime, Utc};

use crate::store::engine::Sql;
use crate::store::error::StoreError;
use crate::store::notices::rows::key_of;
use crate::store::open::Store;

const SETTLE: Sql = Sql {
    sqlite: "
        UPDATE notices
        SET status = new.status, attempts = attempts + 1, claimed_until = NULL, settled_at = $2,
            recipient = new.recipient, subject = new.subject, answer = new.answer
        FROM (
            SELECT value ->> 0 AS account_id, value ->> 1 AS billing_date, value ->> 2 AS kind,
                value ->> 3 AS ordinal, value ->> 4 AS status, value ->> 5 AS recipient,
                value ->> 6 AS subject, value ->> 7 AS answer
            FROM jsonb_each($1)
        ) AS new
        WHERE notices.account_id = new.account_id
            AND notices.billing_date = new.billing_date
            AND notices.kind = new.kind
            AND notices.ordinal = new.ordinal
            AND notices.settled_at IS NULL",
    postgres: "
        UPDATE notices
        SET status = new.status, attempts = attempts + 1, claimed_until = NULL, settled_at = $9,
            recipient = new.recipient, subject = new.subject, answer = new.answer
        FROM UNNEST($1::BIGINT[], $2::DATE[], $3::TEXT[], $4::BIGINT[], $5::TEXT[], $6::TEXT[],
            $7::TEXT[], $8::TEXT[])
            AS new (account_id, billing_date, kind, ordinal, status, recipient, subject, answer)
        WHERE notices.account_id = new.account_id
            AND notices.billing_date = new.billing_date
            AND notices.kind = new.kind
            AND notices.ordinal = new.ordinal
            AND notices.settled_at IS NULL",
};

impl Store {
    /// Ends notices at `now` as what they came to, by their status: all of them or, where the database
    /// fails, none.
    ///
    /// # Errors
    /// [`StoreError`].
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
            let (recipient, subject) = (it.recipient.as_str(), it.subject.as_str());
            (account, on, kind, ordinal, status.as_str(), recipient, subject, it.answer.as_str())
        });
        let mut transaction = self.database.begin().await?;
        transaction.query(SETTLE).bind_rows(rows.collect()).bind(now).execute().await?;
        transaction.commit().await
    }

    /// Leaves a notice that was tried in vain at `now` for another time, not before `due_at`.
    ///
    /// # Errors
    /// [`StoreError`].
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
                    subject = $7, answer = $8, troubled_at = COALESCE(troubled_at, $9)
                 WHERE account_id = $1 AND billing_date = $2 AND kind = $3 AND ordinal = $4
                    AND settled_at IS NULL",
            )
            .bind(account)
            .bind(on)
            .bind(kind)
            .bind(ordinal)
            .bind(due_at)
            .bind(&delivery.recipient)
            .bind(&delivery.subject)
            .bind(&delivery.answer)
            .bind(now)
            .execute()
            .await?;
        transaction.commit().await
    }

    /// Notes at `now` that nothing can be sent, as `answer` says, and gives up what could not be sent
    /// since `troubled_by` or longer; returns how many that are.
    ///
    /// # Errors
    /// [`StoreError`].
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
                 SET troubled_at = $1
                 WHERE status = 'pending' AND troubled_at IS NULL",
            )
            .bind(now)
            .execute()
            .await?;
        let given_up = transaction
            .query(
                "UPDATE notices
                 SET status = 'failed', settled_at = $3, answer = $2, claimed_until = NULL
                 WHERE status = 'pending'
                    AND troubled_at <= $1
                    AND (claimed_until IS NULL OR claimed_until <= $3)",
            )
            .bind(troubled_by)
            .bind(answer)
            .bind(now)
            .execute()
            .await?;
        transaction.commit().await?;
        Ok(given_up)
    }

    /// Takes a notice up again at `now` that was given up or waits for another try; says whether it was
    /// one that can be.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn retry_notice(&self, id: NoticeId, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let (account, on, kind, ordinal) = key_of(id);
        let mut transaction = self.database.begin().await?;
        let retried = transaction
            .query(
                "UPDATE notices
                 SET status = 'pending', settled_at = NULL, troubled_at = NULL, due_at = $5
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

    /// Takes all up again at `now` that were given up; returns how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn retry_failed_notices(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let mut transaction = self.database.begin().await?;
        let retried = transaction
            .query(
                "UPDATE notices
                 SET status = 'pending', settled_at = NULL, troubled_at = NULL, due_at = $1
                 WHERE status = 'failed'",
            )
            .bind(now)
            .execute()
            .await?;
        transaction.commit().await?;
        Ok(retried)
    }
}
