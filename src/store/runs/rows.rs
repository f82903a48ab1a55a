//! The `runs` table: one run per billing date. Its counts are those of its slices.

use crate::run::{Failure, HeldBy, Run, RunCounts, RunEnd, RunStatus};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::types::Json;

use crate::notice::Notice;
use crate::rng::Rng;
use crate::schedule::LastRun;
use crate::store::columns::account_of;
use crate::store::engine::{Transaction, row_struct};
use crate::store::error::StoreError;
use crate::store::notices::enqueue::enqueue_notices;
use crate::store::open::Store;
use crate::store::runs::guards::discard_without_work;
use crate::store::runs::slices;

row_struct! {
    #[derive(Debug)]
    struct RunRow {
        billing_date: NaiveDate,
        status: String,
        held_by: Option<String>,
        started_at: DateTime<Utc>,
        finished_at: Option<DateTime<Utc>>,
        approved_at: Option<DateTime<Utc>>,
        oldest_unbilled_on: Option<NaiveDate>,
    }
}

impl Store {
    /// Creates the run of `date` with `slices` slices per pass. An active run is joined. An ended run
    /// is started again if `again`, and its counts continue. A run that was undone, or that the clock guard held,
    /// is replaced.
    pub async fn open_run(
        &self,
        date: NaiveDate,
        slices: u32,
        again: bool,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        discard_without_work(&mut transaction, date).await?;
        let created = transaction
            .query(
                "INSERT INTO runs (billing_date, status, started_at)
                 VALUES ($1, 'running', $2)
                 ON CONFLICT (billing_date) DO NOTHING",
            )
            .bind(date)
            .bind(now)
            .execute()
            .await?;
        if created == 1 {
            slices::insert_slices(&mut transaction, date, slices).await?;
        } else if again {
            restart(&mut transaction, date).await?;
        }
        transaction.commit().await
    }

    /// Ends a run and queues its `report`, unless another process has restarted it. Returns how many
    /// notices were queued.
    pub async fn finish_run(
        &self,
        end: &RunEnd,
        report: Option<&Notice>,
        now: DateTime<Utc>,
        rng: &dyn Rng,
    ) -> Result<u64, StoreError> {
        let mut transaction = self.database.begin().await?;
        let finished = transaction
            .query(
                "UPDATE runs
                 SET status = $2, held_by = $3, oldest_unbilled_on = $4, finished_at = $5
                 WHERE billing_date = $1
                    AND status = 'running'
                    AND NOT EXISTS (
                        SELECT 1
                        FROM run_slices
                        WHERE run_slices.billing_date = $1 AND NOT is_done
                    )",
            )
            .bind(end.date)
            .bind(end.status.as_str())
            .bind(end.held_by.map(HeldBy::as_str))
            .bind(end.oldest_unbilled_on)
            .bind(now)
            .execute()
            .await?;
        let report = report.filter(|_| finished == 1);
        let queued = enqueue_notices(&mut transaction, &Vec::from_iter(report), now, rng).await?;
        count_report(&mut transaction, end.date, queued).await?;
        transaction.commit().await?;
        Ok(queued)
    }

    /// Approves the releases that the guard held in the run of `date`.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the run is not held.
    pub async fn approve_run(&self, date: NaiveDate, now: DateTime<Utc>) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        let approved = transaction
            .query(
                "UPDATE runs
                 SET approved_at = $2
                 WHERE billing_date = $1 AND held_by = 'releases'",
            )
            .bind(date)
            .bind(now)
            .execute()
            .await?;
        if approved == 0 {
            return Err(StoreError::Conflict);
        }
        transaction.commit().await
    }

    pub async fn find_run(&self, date: NaiveDate) -> Result<Option<Run>, StoreError> {
        let row: Option<RunRow> = self
            .database
            .query(
                "SELECT billing_date, status, held_by, started_at, finished_at, approved_at, oldest_unbilled_on
                 FROM runs
                 WHERE billing_date = $1",
            )
            .bind(date)
            .fetch_optional()
            .await?;
        let Some(row) = row else { return Ok(None) };
        let counts_of_slices: Vec<(Json<RunCounts>,)> = self
            .database
            .query("SELECT counts FROM run_slices WHERE billing_date = $1")
            .bind(date)
            .fetch_all()
            .await?;
        let failures: Vec<(i64, String)> = self
            .database
            .query("SELECT account_id, reason FROM run_failures WHERE billing_date = $1 ORDER BY account_id")
            .bind(date)
            .fetch_all()
            .await?;
        row.into_run(counts_of_slices, failures).map(Some)
    }

    /// The latest run, as the schedule needs it. A run that was undone or that the clock guard held does not count,
    /// because it is still to be done.
    pub async fn find_last_run(&self) -> Result<Option<LastRun>, StoreError> {
        let row: Option<(NaiveDate, String)> = self
            .database
            .query(
                "SELECT billing_date, status
                 FROM runs
                 WHERE status <> 'undone' AND (held_by IS NULL OR held_by <> 'clock')
                 ORDER BY billing_date DESC
                 LIMIT 1",
            )
            .fetch_optional()
            .await?;
        Ok(row.map(|(on, status)| LastRun { on, has_ended: status != RunStatus::Running.as_str() }))
    }

    /// When a run last ended, of any date, that was not undone or held by the clock guard.
    pub async fn find_last_end(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let (ended_at,): (Option<DateTime<Utc>>,) = self
            .database
            .query(
                "SELECT MAX(finished_at)
                 FROM runs
                 WHERE status <> 'undone' AND (held_by IS NULL OR held_by <> 'clock')",
            )
            .fetch_one()
            .await?;
        Ok(ended_at)
    }

    /// The dates of the latest `limit` runs, newest first.
    pub async fn run_dates(&self, limit: u32) -> Result<Vec<NaiveDate>, StoreError> {
        let rows: Vec<(NaiveDate,)> = self
            .database
            .query("SELECT billing_date FROM runs ORDER BY billing_date DESC LIMIT $1")
            .bind(i64::from(limit))
            .fetch_all()
            .await?;
        Ok(rows.into_iter().map(|(date,)| date).collect())
    }
}

impl RunRow {
    fn into_run(
        self,
        counts_of_slices: Vec<(Json<RunCounts>,)>,
        failures: Vec<(i64, String)>,
    ) -> Result<Run, StoreError> {
        let mut counts = RunCounts::default();
        for (Json(slice),) in &counts_of_slices {
            counts.add(slice);
        }
        let failures = failures
            .into_iter()
            .map(|(id, reason)| Ok(Failure { account: account_of(id)?, reason }))
            .collect::<Result<_, StoreError>>()?;
        let unreadable =
            |what: &str| StoreError::unreadable(format!("run of {}", self.billing_date), what);
        Ok(Run {
            billing_date: self.billing_date,
            status: self.status.parse().map_err(|_| unreadable(&self.status))?,
            held_by: match self.held_by {
                Some(guard) => Some(guard.parse().map_err(|_| unreadable(&guard))?),
                None => None,
            },
            started_at: self.started_at,
            finished_at: self.finished_at,
            // An approval covers the releases that were held when it was given, not later ones.
            is_approved: self
                .approved_at
                .is_some_and(|approved| self.finished_at.is_none_or(|ended| approved > ended)),
            oldest_unbilled_on: self.oldest_unbilled_on,
            counts,
            failures,
        })
    }
}

/// Adds the report to the run's count of notices.
async fn count_report(
    transaction: &mut Transaction,
    date: NaiveDate,
    queued: u64,
) -> Result<(), StoreError> {
    if queued == 0 {
        return Ok(());
    }
    let (Json(mut counts),): (Json<RunCounts>,) = transaction
        .query("SELECT counts FROM run_slices WHERE billing_date = $1 AND pass = 'return' AND slice = 0")
        .bind(date)
        .fetch_one()
        .await?;
    counts.notices += queued;
    transaction
        .query(
            "UPDATE run_slices
             SET counts = $2
             WHERE billing_date = $1 AND pass = 'return' AND slice = 0",
        )
        .bind(date)
        .bind(Json(counts))
        .execute()
        .await?;
    Ok(())
}

/// Restarts an ended run; does nothing if the run is active.
async fn restart(transaction: &mut Transaction, date: NaiveDate) -> Result<(), StoreError> {
    let restarted = transaction
        .query(
            "UPDATE runs
             SET status = 'running', held_by = NULL
             WHERE billing_date = $1 AND status IN ('complete', 'held')",
        )
        .bind(date)
        .execute()
        .await?;
    if restarted == 0 {
        return Ok(());
    }
    slices::restart_slices(transaction, date).await?;
    transaction
        .query("DELETE FROM run_failures WHERE billing_date = $1")
        .bind(date)
        .execute()
        .await?;
    Ok(())
}
