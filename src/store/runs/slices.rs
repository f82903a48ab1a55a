//! A run's work, cut into slices of the account ids, and the leases by which several processes
//! share it.
//!
//! A slice's progress is written in the transaction of the work itself, and only by the holder
//! of its lease. So a run that was killed goes on where it stopped, and what it says it did is
//! exactly what it did.

use crate::run::{Failure, Pass, RunCounts};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sqlx::types::Json;

use crate::ids::AccountId;
use crate::store::columns::account_of;
use crate::store::engine::{Transaction, row_struct};
use crate::store::error::StoreError;
use crate::store::open::Store;

/// A slice of the account ids, leased to `leased_by`.
#[derive(Debug, Clone)]
pub struct Slice {
    /// The run's date.
    pub billing_date: NaiveDate,
    /// The pass.
    pub pass: Pass,
    /// Which slice of the pass.
    pub index: i64,
    /// Who holds the lease.
    pub leased_by: String,
    /// The first account of it.
    pub first: AccountId,
    /// The last account of it.
    pub last: AccountId,
    /// Accounts before this one are done; nothing is left where there is none.
    pub next: Option<AccountId>,
    /// What was done in it so far.
    pub counts: RunCounts,
}

/// What came of asking for a slice.
#[derive(Debug)]
pub enum Claim {
    /// This one is the caller's now.
    Claimed(Slice),
    /// What is left is leased to others.
    Busy,
    /// Nothing is left in this pass.
    AllDone,
}

/// How far a slice has come, to be written with the work itself.
#[derive(Debug)]
pub struct Progress<'a> {
    /// The slice as it shall be.
    pub slice: &'a Slice,
    /// Until when the lease goes on.
    pub leased_until: DateTime<Utc>,
    /// Whom this batch could not bill.
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
    /// Leases one slice of a pass to `leased_by`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn claim_slice(
        &self,
        date: NaiveDate,
        pass: Pass,
        leased_by: &str,
        now: DateTime<Utc>,
        leased_until: DateTime<Utc>,
    ) -> Result<Claim, StoreError> {
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
            // Written by a clock that was ahead: nobody honest leases for so long.
            .bind(leased_until + TimeDelta::hours(1))
            .fetch_optional()
            .await?;
        transaction.commit().await?;
        if let Some(row) = claimed {
            return Ok(Claim::Claimed(Slice {
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
        Ok(if open == 0 { Claim::AllDone } else { Claim::Busy })
    }

    /// Keeps the lease on a slice until `leased_until`.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] where somebody else has taken it over.
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

    /// Gives a slice back, so that another may go on with it at once.
    ///
    /// # Errors
    /// [`StoreError`].
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

    /// Puts on sale again what is held until the billing date of `slice` or an earlier day, and
    /// counts it there; returns how many.
    ///
    /// # Errors
    /// [`StoreError`].
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
        let progress = Progress { slice: &slice, leased_until: now, failures: &[] };
        write_progress(&mut transaction, &progress, 0).await?;
        transaction.commit().await?;
        Ok(returned)
    }
}

/// The account ids, cut into so many ranges of the same width: first and last of each.
pub fn cut(slices: u32) -> Vec<(AccountId, AccountId)> {
    let slices = u64::from(slices.max(1));
    let bound = |index: u64| (index << 32) / slices;
    let id = |id: u64| AccountId::new(u32::try_from(id).expect("it is below 2^32"));
    (0..slices).map(|index| (id(bound(index)), id(bound(index + 1) - 1))).collect()
}

/// Inserts the slices of a run, for each pass that goes by account and for the one that does not.
pub(in crate::store) async fn insert(
    transaction: &mut Transaction,
    date: NaiveDate,
    slices: u32,
) -> Result<(), StoreError> {
    for pass in Pass::ALL {
        // Numbers on hold are not cut by account: there is one slice of them.
        let slices = if pass == Pass::Return { 1 } else { slices };
        for (slice, (first, last)) in (0_i64..).zip(cut(slices)) {
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

/// Begins the slices of an ended run anew, on top of what they did before.
pub(in crate::store) async fn reopen(
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

/// Writes how far a slice has come and that it `queued` so many notices just now, if its lease is still
/// the writer's.
pub(in crate::store) async fn write_progress(
    transaction: &mut Transaction,
    progress: &Progress<'_>,
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
            .bind(&failure.reason)
            .execute()
            .await?;
    }
    Ok(())
}
