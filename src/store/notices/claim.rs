//! Who sends which notices. `outcomes` has what came of it.
//!
//! Claims go by the machines' clocks. They keep two from sending the same; what keeps a mail from being
//! lost is that a notice stays pending until its outcome is written.

use crate::notice::{NoticeId, Outgoing, Owner};
use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};

use crate::store::engine::{Sql, row_struct};
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
    fn read(self) -> Result<Outgoing, StoreError> {
        let owner = self.name.zip(self.email).map(|(name, email)| Owner { name, email });
        Ok(Outgoing { notice: self.notice.read()?, owner })
    }
}

/// What is due and nobody's, the longest due first, beside whom it is for.
const DUE: &str = "
    SELECT notices.account_id, billing_date, kind, ordinal, CAST(content AS TEXT) AS content,
        queued_at, token, notices.status, attempts, notices.created_at, due_at, troubled_at,
        settled_at, recipient, subject, answer, name, email
    FROM notices
    LEFT JOIN accounts ON accounts.account_id = notices.account_id
    WHERE notices.status = 'pending'
        AND due_at <= $2
        AND (claimed_until IS NULL OR claimed_until <= $1)
        AND ($3 IS NULL OR billing_date <> $3)
    ORDER BY due_at
    LIMIT $4";

/// Of these, what still is nobody's and tells what it told when it was read: what it tells changes with
/// its token. Each is looked for by its key, here and below: asked for what is `pending`, PostgreSQL might
/// walk through all of that for every few.
const CLAIM: Sql = Sql {
    sqlite: "
        UPDATE notices
        SET claimed_until = $3
        FROM (
            SELECT value ->> 0 AS account_id, value ->> 1 AS billing_date, value ->> 2 AS kind,
                value ->> 3 AS ordinal, value ->> 4 AS token
            FROM jsonb_each($1)
        ) AS new
        WHERE notices.account_id = new.account_id
            AND notices.billing_date = new.billing_date
            AND notices.kind = new.kind
            AND notices.ordinal = new.ordinal
            AND notices.token = new.token
            AND notices.settled_at IS NULL
            AND (notices.claimed_until IS NULL OR notices.claimed_until <= $2)
        RETURNING token",
    postgres: "
        UPDATE notices
        SET claimed_until = $7
        FROM UNNEST($1::BIGINT[], $2::DATE[], $3::TEXT[], $4::BIGINT[], $5::BIGINT[])
            AS new (account_id, billing_date, kind, ordinal, token)
        WHERE notices.account_id = new.account_id
            AND notices.billing_date = new.billing_date
            AND notices.kind = new.kind
            AND notices.ordinal = new.ordinal
            AND notices.token = new.token
            AND notices.settled_at IS NULL
            AND (notices.claimed_until IS NULL OR notices.claimed_until <= $6)
        RETURNING notices.token",
};

const GIVE_BACK: Sql = Sql {
    sqlite: "
        UPDATE notices
        SET claimed_until = NULL
        FROM (
            SELECT value ->> 0 AS account_id, value ->> 1 AS billing_date, value ->> 2 AS kind,
                value ->> 3 AS ordinal
            FROM jsonb_each($1)
        ) AS new
        WHERE notices.account_id = new.account_id
            AND notices.billing_date = new.billing_date
            AND notices.kind = new.kind
            AND notices.ordinal = new.ordinal
            AND notices.settled_at IS NULL
            AND notices.claimed_until = $2",
    postgres: "
        UPDATE notices
        SET claimed_until = NULL
        FROM UNNEST($1::BIGINT[], $2::DATE[], $3::TEXT[], $4::BIGINT[])
            AS new (account_id, billing_date, kind, ordinal)
        WHERE notices.account_id = new.account_id
            AND notices.billing_date = new.billing_date
            AND notices.kind = new.kind
            AND notices.ordinal = new.ordinal
            AND notices.settled_at IS NULL
            AND notices.claimed_until = $5",
};

impl Store {
    /// Takes up to `limit` pending notices that are due by `due_by`, the longest due first, until
    /// `claimed_until` at the latest. Those of a date whose run is at work are left: more may come to
    /// them.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where somebody else took all of the same.
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
            .bind_rows(keys.collect())
            .bind(now)
            .bind(claimed_until)
            .fetch_all()
            .await?;
        transaction.commit().await?;
        let taken: HashSet<_> = taken.into_iter().map(|(token,)| token).collect();
        due.retain(|outgoing| taken.contains(&outgoing.notice.token));
        if due.is_empty() { Err(StoreError::Conflict) } else { Ok(due) }
    }

    /// Up to `limit` that are due and nobody's. Those that cannot be read keep their place until a person
    /// has mended them, and hold up nobody, however many they are.
    async fn find_due_notices(
        &self,
        now: DateTime<Utc>,
        due_by: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Outgoing>, StoreError> {
        let running = self.find_run_at_work(now).await?;
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
            let mut due: Vec<_> = rows.into_iter().filter_map(|row| readable(row.read())).collect();
            if are_all || !due.is_empty() {
                due.truncate(wanted);
                return Ok(due);
            }
            read = read.saturating_mul(2);
        }
    }

    /// Makes everything that is pending due at `now`: nobody waits for another try any longer.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn hasten_notices(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        transaction
            .query("UPDATE notices SET due_at = $1 WHERE status = 'pending' AND due_at > $1")
            .bind(now)
            .execute()
            .await?;
        transaction.commit().await
    }

    /// The date of a run that somebody is at work on at `now`: it holds a lease.
    async fn find_run_at_work(&self, now: DateTime<Utc>) -> Result<Option<NaiveDate>, StoreError> {
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

    /// Gives back notices that were taken until `claimed_until` and not tried.
    ///
    /// # Errors
    /// [`StoreError`].
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
        transaction.query(GIVE_BACK).bind_rows(rows).bind(claimed_until).execute().await?;
        transaction.commit().await
    }
}
