//! The work of a run is divided into slices of the account ids, which processes lease.
//!
//! The progress of a slice is written in the transaction of the work itself, and only by the holder of
//! the lease. So an interrupted run continues where it stopped, and its counts are exact.

use crate::run::{Failure, Pass, RunCounts};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sqlx::types::Json;

use crate::ids::AccountId;
use crate::store::columns::account_of;
use crate::store::engine::{Transaction, row_struct};
use crate::store::error::StoreError;
use crate::store::open::Store;
use crate::text::storable;

/// The longest reason of a failure that is stored.
const REASON_CHARS_MAX: usize = 1_000;

/// A leased slice.
#[derive(Debug, Clone)]
pub struct Slice {
    pub billing_date: NaiveDate,
    pub pass: Pass,
    /// Index within the pass, 0-based.
    pub index: i64,
    /// The holder of the lease.
    pub leased_by: String,
    pub first: AccountId,
    pub last: AccountId,
    /// Accounts before this one are done; `None` if all are.
    pub next: Option<AccountId>,
    /// The progress so far.
    pub counts: RunCounts,
}

/// The result of claiming a slice.
#[derive(Debug)]
pub enum SliceClaim {
    Claimed(Slice),
    /// All unfinished slices are leased by others.
    Busy,
    /// All slices of the pass are done.
    AllDone,
}

/// The new state of a slice, written with the work itself.
#[derive(Debug)]
pub struct SliceProgress<'a> {
    pub slice: &'a Slice,
    /// The new end of the lease.
    pub leased_until: DateTime<Utc>,
    /// Accounts that this batch could not bill.
    pub failures: &'a [Failure],
}

row_struct! {
    #[derive(Debug)]
    struct ClaimedRow {
        slice: i64,
        first_account_id: i64,
        last_account_id: i64,
        next_account_id: i64,
        counts: Json<RunCounts>,
    }
}

impl Store {
    pub async fn claim_slice(
        &self,
        date: NaiveDate,
        pass: Pass,
        leased_by: &str,
        now: DateTime<Utc>,
        leased_until: DateTime<Utc>,
    ) -> Result<SliceClaim, StoreError> {
        let mut transaction = self.database.begin().await?;
        let claimed: Option<ClaimedRow> = transaction
            .query(
                "UPDATE run_slices
                 SET leased_by = $3, leased_until = $4
                 WHERE billing_date = $1
                    AND pass = $2
                    AND NOT is_done
                    AND (leased_until IS NULL OR leased_until < $5 OR leased_until > $6)
                    AND slice = (
                        SELECT MIN(slice)
                        FROM run_slices
                        WHERE billing_date = $1
                            AND pass = $2
                            AND NOT is_done
                            AND (leased_until IS NULL OR leased_until < $5 OR leased_until > $6)
                    )
                 RETURNING slice, first_account_id, last_account_id, next_account_id, counts",
            )
            .bind(date)
            .bind(pass.as_str())
            .bind(leased_by)
            .bind(leased_until)
            .bind(now)
            // A lease this long was written by a clock that is ahead.
            .bind(leased_until + TimeDelta::hours(1))
            .fetch_optional()
            .await?;
        transaction.commit().await?;
        if let Some(row) = claimed {
            return Ok(SliceClaim::Claimed(Slice {
                billing_date: date,
                pass,
                index: row.slice,
                leased_by: leased_by.to_owned(),
                first: account_of(row.first_account_id)?,
                last: account_of(row.last_account_id)?,
                next: Some(account_of(row.next_account_id)?),
                counts: row.counts.0,
            }));
        }
        let (open,): (i64,) = self
            .database
            .query("SELECT COUNT(*) FROM run_slices WHERE billing_date = $1 AND pass = $2 AND NOT is_done")
            .bind(date)
            .bind(pass.as_str())
            .fetch_one()
            .await?;
        Ok(if open == 0 { SliceClaim::AllDone } else { SliceClaim::Busy })
    }

    /// # Errors
    /// [`StoreError::LeaseLost`] if another process has leased the slice.
    pub async fn extend_lease(
        &self,
        slice: &Slice,
        leased_until: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        let extended = transaction
            .query(
                "UPDATE run_slices
                 SET leased_until = $5
                 WHERE billing_date = $1 AND pass = $2 AND slice = $3 AND leased_by = $4",
            )
            .bind(slice.billing_date)
            .bind(slice.pass.as_str())
            .bind(slice.index)
            .bind(&slice.leased_by)
            .bind(leased_until)
            .execute()
            .await?;
        if extended == 0 {
            return Err(StoreError::LeaseLost);
        }
        transaction.commit().await
    }

    /// Releases the lease, so that another process can continue at once.
    pub async fn give_back(&self, slice: &Slice) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        transaction
            .query(
                "UPDATE run_slices
                 SET leased_by = NULL, leased_until = NULL
                 WHERE billing_date = $1 AND pass = $2 AND slice = $3 AND leased_by = $4",
            )
            .bind(slice.billing_date)
            .bind(slice.pass.as_str())
            .bind(slice.index)
            .bind(&slice.leased_by)
            .execute()
            .await?;
        transaction.commit().await
    }

    /// Puts numbers back on sale whose hold ends on the billing date of `slice` or earlier, and counts
    /// them in the slice; returns how many.
    pub async fn return_held_numbers(
        &self,
        mut slice: Slice,
        now: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        let mut transaction = self.database.begin().await?;
        let returned = transaction
            .query(
                "UPDATE numbers
                 SET status = 'available', account_id = NULL, held_until = NULL
                 WHERE status = 'held' AND held_until <= $1",
            )
            .bind(slice.billing_date)
            .execute()
            .await?;
        slice.next = None;
        slice.counts.returned += returned;
        let progress = SliceProgress { slice: &slice, leased_until: now, failures: &[] };
        write_progress(&mut transaction, &progress, 0).await?;
        transaction.commit().await?;
        Ok(returned)
    }
}

/// Divides the account ids into `slices` ranges of the same width: the first and last id of each.
pub fn divide_accounts(slices: u32) -> Vec<(AccountId, AccountId)> {
    let slices = u64::from(slices.max(1));
    let bound = |index: u64| (index << 32) / slices;
    let id = |id: u64| AccountId::new(u32::try_from(id).expect("it is below 2^32"));
    (0..slices).map(|index| (id(bound(index)), id(bound(index + 1) - 1))).collect()
}

/// Inserts the slices of each pass of a run.
pub(in crate::store) async fn insert_slices(
    transaction: &mut Transaction,
    date: NaiveDate,
    slices: u32,
) -> Result<(), StoreError> {
    for pass in Pass::ALL {
        // Numbers on hold are not divided by account, so there is one slice.
        let slices = if pass == Pass::Return { 1 } else { slices };
        for (slice, (first, last)) in (0_i64..).zip(divide_accounts(slices)) {
            transaction
                .query(
                    "INSERT INTO run_slices (billing_date, pass, slice, first_account_id,
                        last_account_id, next_account_id, is_done, counts)
                     VALUES ($1, $2, $3, $4, $5, $4, FALSE, $6)",
                )
                .bind(date)
                .bind(pass.as_str())
                .bind(slice)
                .bind(first.to_i64())
                .bind(last.to_i64())
                .bind(Json(RunCounts::default()))
                .execute()
                .await?;
        }
    }
    Ok(())
}

/// Restarts the slices of an ended run; their counts continue.
pub(in crate::store) async fn restart_slices(
    transaction: &mut Transaction,
    date: NaiveDate,
) -> Result<(), StoreError> {
    let slices: Vec<(String, i64, Json<RunCounts>)> = transaction
        .query("SELECT pass, slice, counts FROM run_slices WHERE billing_date = $1")
        .bind(date)
        .fetch_all()
        .await?;
    for (pass, slice, Json(counts)) in slices {
        transaction
            .query(
                "UPDATE run_slices
                 SET next_account_id = first_account_id, is_done = FALSE, leased_by = NULL,
                    leased_until = NULL, counts = $4
                 WHERE billing_date = $1 AND pass = $2 AND slice = $3",
            )
            .bind(date)
            .bind(pass)
            .bind(slice)
            .bind(Json(counts.carried_over()))
            .execute()
            .await?;
    }
    Ok(())
}

/// Writes the progress of a slice and adds `queued` notices to its counts, if the lease is still held.
pub(in crate::store) async fn write_progress(
    transaction: &mut Transaction,
    progress: &SliceProgress<'_>,
    queued: u64,
) -> Result<(), StoreError> {
    let slice = progress.slice;
    let mut counts = slice.counts.clone();
    counts.notices += queued;
    let written = transaction
        .query(
            "UPDATE run_slices
             SET next_account_id = $5, is_done = $6, counts = $7, leased_until = $8
             WHERE billing_date = $1 AND pass = $2 AND slice = $3 AND leased_by = $4",
        )
        .bind(slice.billing_date)
        .bind(slice.pass.as_str())
        .bind(slice.index)
        .bind(&slice.leased_by)
        .bind(slice.next.unwrap_or(slice.last).to_i64())
        .bind(slice.next.is_none())
        .bind(Json(&counts))
        .bind(progress.leased_until)
        .execute()
        .await?;
    if written == 0 {
        return Err(StoreError::LeaseLost);
    }
    for failure in progress.failures {
        transaction
            .query(
                "INSERT INTO run_failures (billing_date, account_id, reason)
                 VALUES ($1, $2, $3)
                 ON CONFLICT (billing_date, account_id) DO UPDATE SET reason = EXCLUDED.reason",
            )
            .bind(slice.billing_date)
            .bind(failure.account.to_i64())
            .bind(storable(&failure.reason, REASON_CHARS_MAX))
            .execute()
            .await?;
    }
    Ok(())
}
