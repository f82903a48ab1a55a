//! Claims of notices for sending. `record` stores the results.
//!
//! Claims expire by the system clock. They prevent two processes from sending the same notice. A notice
//! stays pending until its result is stored, so it cannot be lost.

use crate::notice::{NoticeId, Outgoing, Owner};
use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};

use crate::store::engine::{Sql, bulk_sql, row_struct};
use crate::store::error::StoreError;
use crate::store::notices::rows::{NoticeRow, key_of, readable};
use crate::store::open::Store;

row_struct! {
    #[derive(Debug)]
    struct OutgoingRow {
        name: Option<String>,
        email: Option<String>,
        ..notice: NoticeRow,
    }
}

impl OutgoingRow {
    fn into_outgoing(self) -> Result<Outgoing, StoreError> {
        let owner = self.name.zip(self.email).map(|(name, email)| Owner { name, email });
        Ok(Outgoing { notice: self.notice.into_notice()?, owner })
    }
}

/// Due notices without a claim, the oldest due first, with the account.
const DUE: &str = "
    SELECT notices.account_id, billing_date, kind, ordinal, CAST(content AS TEXT) AS content,
        queued_at, token, notices.status, attempts, notices.created_at, due_at, failing_since,
        settled_at, recipient, subject, answer, name, email
    FROM notices
    LEFT JOIN accounts ON accounts.account_id = notices.account_id
    WHERE notices.status = 'pending'
        AND due_at <= $2
        AND (claimed_until IS NULL OR claimed_until <= $1)
        AND ($3 IS NULL OR billing_date <> $3)
    ORDER BY due_at
    LIMIT $4";

/// Claims those that are still unclaimed and unchanged: a new content has a new token. Each notice is
/// found by its key, here and below; with `status = 'pending'`, PostgreSQL might scan all pending
/// notices for a few rows.
const CLAIM: Sql = bulk_sql!(
    "UPDATE notices
     SET claimed_until = $2
     FROM",
    new from 3 (account_id BIGINT, billing_date DATE, kind TEXT, ordinal BIGINT, token BIGINT),
    "WHERE notices.account_id = new.account_id
        AND notices.billing_date = new.billing_date
        AND notices.kind = new.kind
        AND notices.ordinal = new.ordinal
        AND notices.token = new.token
        AND notices.settled_at IS NULL
        AND (notices.claimed_until IS NULL OR notices.claimed_until <= $1)
     RETURNING notices.token"
);

const GIVE_BACK: Sql = bulk_sql!(
    "UPDATE notices
     SET claimed_until = NULL
     FROM",
    new from 2 (account_id BIGINT, billing_date DATE, kind TEXT, ordinal BIGINT),
    "WHERE notices.account_id = new.account_id
        AND notices.billing_date = new.billing_date
        AND notices.kind = new.kind
        AND notices.ordinal = new.ordinal
        AND notices.settled_at IS NULL
        AND notices.claimed_until = $1"
);

impl Store {
    /// Claims at most `limit` pending notices that are due by `due_by`, the oldest due first, until
    /// `claimed_until`. Notices of a date with an active run are skipped, because the run may add to
    /// them.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if other processes claimed all of them.
    pub async fn claim_notices(
        &self,
        now: DateTime<Utc>,
        due_by: DateTime<Utc>,
        claimed_until: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Outgoing>, StoreError> {
        let mut due = self.find_due_notices(now, due_by, limit).await?;
        if due.is_empty() {
            return Ok(due);
        }
        let keys = due.iter().map(|outgoing| {
            let (account, on, kind, ordinal) = key_of(outgoing.notice.id);
            (account, on, kind, ordinal, outgoing.notice.token)
        });
        let mut transaction = self.database.begin().await?;
        let taken: Vec<(i64,)> = transaction
            .query(CLAIM)
            .bind(now)
            .bind(claimed_until)
            .bind_rows(keys.collect())
            .fetch_all()
            .await?;
        transaction.commit().await?;
        let taken: HashSet<_> = taken.into_iter().map(|(token,)| token).collect();
        due.retain(|outgoing| taken.contains(&outgoing.notice.token));
        if due.is_empty() { Err(StoreError::Conflict) } else { Ok(due) }
    }

    /// At most `limit` due notices without a claim. Unreadable notices stay pending until an operator
    /// repairs them; they do not block the others, however many they are.
    async fn find_due_notices(
        &self,
        now: DateTime<Utc>,
        due_by: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Outgoing>, StoreError> {
        let running = self.find_active_run(now).await?;
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut read = wanted.max(1);
        loop {
            let rows: Vec<OutgoingRow> = self
                .database
                .query(DUE)
                .bind(now)
                .bind(due_by)
                .bind(running)
                .bind(i64::try_from(read).unwrap_or(i64::MAX))
                .fetch_all()
                .await?;
            let are_all = rows.len() < read;
            let mut due: Vec<_> =
                rows.into_iter().filter_map(|row| readable(row.into_outgoing())).collect();
            if are_all || !due.is_empty() {
                due.truncate(wanted);
                return Ok(due);
            }
            read = read.saturating_mul(2);
        }
    }

    /// Makes all pending notices due at `now`.
    pub async fn hasten_notices(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        transaction
            .query("UPDATE notices SET due_at = $1 WHERE status = 'pending' AND due_at > $1")
            .bind(now)
            .execute()
            .await?;
        transaction.commit().await
    }

    /// The date of an active run: some process holds a lease on one of its slices.
    async fn find_active_run(&self, now: DateTime<Utc>) -> Result<Option<NaiveDate>, StoreError> {
        let row: Option<(NaiveDate,)> = self
            .database
            .query(
                "SELECT billing_date
                 FROM runs
                 WHERE status = 'running'
                    AND EXISTS (
                        SELECT 1
                        FROM run_slices
                        WHERE run_slices.billing_date = runs.billing_date AND leased_until > $1
                    )
                 ORDER BY billing_date DESC
                 LIMIT 1",
            )
            .bind(now)
            .fetch_optional()
            .await?;
        Ok(row.map(|(date,)| date))
    }

    /// Releases claims until `claimed_until` on notices that were not sent.
    pub async fn give_back_notices(
        &self,
        ids: &[NoticeId],
        claimed_until: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let rows = ids.iter().map(|id| key_of(*id)).collect();
        let mut transaction = self.database.begin().await?;
        transaction.query(GIVE_BACK).bind(claimed_until).bind_rows(rows).execute().await?;
        transaction.commit().await
    }
}
