//! What the clock guard reads, and the runs that it holds.

use chrono::{DateTime, NaiveDate, Utc};

use crate::notice::Notice;
use crate::rng::Rng;
use crate::store::engine::Transaction;
use crate::store::error::StoreError;
use crate::store::notices::enqueue::enqueue_notices;
use crate::store::open::Store;

impl Store {
    /// The latest date of a transfer, but not of a run that was undone. Reads the whole ledger.
    pub async fn find_latest_transfer_date(&self) -> Result<Option<NaiveDate>, StoreError> {
        let (latest,): (Option<NaiveDate>,) = self
            .database
            .query(
                "SELECT MAX(posted_on)
                 FROM transfers
                 WHERE NOT EXISTS (
                    SELECT 1
                    FROM runs
                    WHERE billing_date = posted_on AND status = 'undone'
                 )",
            )
            .fetch_one()
            .await?;
        Ok(latest)
    }

    /// The date of the latest run until `today` that was not undone, also if a guard holds it.
    pub async fn find_run_date_until(
        &self,
        today: NaiveDate,
    ) -> Result<Option<NaiveDate>, StoreError> {
        let (latest,): (Option<NaiveDate>,) = self
            .database
            .query(
                "SELECT MAX(billing_date)
                 FROM runs
                 WHERE status <> 'undone' AND billing_date <= $1",
            )
            .bind(today)
            .fetch_one()
            .await?;
        Ok(latest)
    }

    /// The run that is being undone.
    pub async fn find_run_being_undone(&self) -> Result<Option<NaiveDate>, StoreError> {
        let row: Option<(NaiveDate,)> = self
            .database
            .query("SELECT billing_date FROM runs WHERE status = 'undoing' ORDER BY billing_date")
            .fetch_optional()
            .await?;
        Ok(row.map(|(date,)| date))
    }

    /// Records that the clock guard holds the run of `date`, and queues its `report`; does nothing if the run exists.
    /// Returns how many notices were queued; `None` if the run exists.
    pub async fn hold_run(
        &self,
        date: NaiveDate,
        report: Option<&Notice>,
        now: DateTime<Utc>,
        rng: &dyn Rng,
    ) -> Result<Option<u64>, StoreError> {
        let mut transaction = self.database.begin().await?;
        let held = transaction
            .query(
                "INSERT INTO runs (billing_date, status, held_by, started_at, finished_at)
                 VALUES ($1, 'held', 'clock', $2, $2)
                 ON CONFLICT (billing_date) DO NOTHING",
            )
            .bind(date)
            .bind(now)
            .execute()
            .await?;
        if held == 0 {
            return Ok(None);
        }
        let queued = enqueue_notices(&mut transaction, &Vec::from_iter(report), now, rng).await?;
        transaction.commit().await?;
        Ok(Some(queued))
    }
}

/// Deletes the run of `date` if it was undone or held by the clock guard, so that it can begin anew.
pub(in crate::store) async fn discard_without_work(
    transaction: &mut Transaction,
    date: NaiveDate,
) -> Result<(), StoreError> {
    // In this order, because the slices and failures refer to the run.
    for delete in [
        "DELETE FROM run_slices
         WHERE billing_date IN (SELECT billing_date FROM runs WHERE billing_date = $1 AND status = 'undone')",
        "DELETE FROM run_failures
         WHERE billing_date IN (SELECT billing_date FROM runs WHERE billing_date = $1 AND status = 'undone')",
        "DELETE FROM runs
         WHERE billing_date = $1 AND (status = 'undone' OR held_by = 'clock')",
    ] {
        transaction.query(delete).bind(date).execute().await?;
    }
    Ok(())
}
