//! Reads accounts and writes their changes, at one moment and by one set of rules.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::NaiveDate;

use super::retry::until_written;
use super::settle_error::SettleError;
use crate::clock::{Clock, Moment};
use crate::decision::AccountSnapshot;
use crate::ids::AccountId;
use crate::policy::BillingPolicy;
use crate::rng::Rng;
use crate::store::{AccountChange, Progress, Store, StoreError};

/// What a change of accounts needs, from reading them to writing them.
#[derive(Debug, Clone)]
pub struct AccountWriter {
    pub store: Store,
    pub policy: Arc<BillingPolicy>,
    /// Whether the money is real, so that the clock is checked before it is charged.
    pub is_production: bool,
    /// The billing date, and the instant at which transfers are posted.
    pub moment: Moment,
    /// The time of leases, claims and back-offs.
    pub clock: Arc<dyn Clock>,
    /// The source of ids, tokens and jitter.
    pub rng: Arc<dyn Rng>,
}

/// How often a change is computed without a lock.
const UNLOCKED_ATTEMPTS: u32 = 3;

impl AccountWriter {
    /// Writes `changes` in one transaction, with the progress of the work that they are a part of. Returns how many
    /// notices that queued.
    pub(super) async fn write(
        &self,
        changes: &[AccountChange],
        progress: Option<Progress<'_>>,
    ) -> Result<u64, StoreError> {
        let (hold, today, now) = (self.policy.release.hold, self.moment.on, self.clock.now());
        self.store.write(changes, hold, today, now, &*self.rng, progress).await
    }

    /// Reads the account's snapshot, with the subscriptions that renew on `renewing_by` or earlier, writes the change
    /// that `compute` makes of it, and returns what else `compute` found. Computes again if another change comes
    /// first; if that happens again and again, for example beside a run over a large account, the account is locked
    /// before it is read.
    ///
    /// # Errors
    /// Those of `compute`; [`StoreError::Conflict`] if other changes keep coming first.
    pub(super) async fn change<T, E: From<SettleError> + From<StoreError>>(
        &self,
        account: AccountId,
        renewing_by: NaiveDate,
        compute: impl Fn(&AccountSnapshot) -> Result<(AccountChange, T), E>,
    ) -> Result<T, E> {
        let attempts = AtomicU32::new(0);
        until_written(|| async {
            if attempts.fetch_add(1, Ordering::Relaxed) >= UNLOCKED_ATTEMPTS {
                return self.change_locked(account, renewing_by, &compute).await;
            }
            let before = self.snapshot_of(account, renewing_by).await?;
            let (change, found) = compute(&before)?;
            Ok(self.write(&[change], None).await.map(|_| found))
        })
        .await
    }

    /// As [`Self::change`], once. The inner error is that of the lock or of the write.
    async fn change_locked<T, E: From<SettleError> + From<StoreError>>(
        &self,
        account: AccountId,
        renewing_by: NaiveDate,
        compute: &impl Fn(&AccountSnapshot) -> Result<(AccountChange, T), E>,
    ) -> Result<Result<T, StoreError>, E> {
        let mut locked = match self.store.lock_account(account).await {
            Ok(locked) => locked,
            Err(failure) => return Ok(Err(failure)),
        };
        let before = locked.find_snapshot(renewing_by, self.moment.on).await?;
        let before = before.ok_or(SettleError::UnknownAccount(account))?;
        let (change, found) = compute(&before)?;
        let (hold, today, now) = (self.policy.release.hold, self.moment.on, self.clock.now());
        let written = locked.write(change, hold, today, now, &*self.rng).await;
        Ok(written.map(|_| found))
    }

    /// The account's snapshot, with the subscriptions that renew on `renewing_by` or earlier.
    pub(super) async fn snapshot_of(
        &self,
        account: AccountId,
        renewing_by: NaiveDate,
    ) -> Result<AccountSnapshot, SettleError> {
        let snapshot = self.store.find_snapshot(account, renewing_by, self.moment.on).await?;
        snapshot.ok_or(SettleError::UnknownAccount(account))
    }
}
