//! Reads accounts and writes their changes, at one moment and by one set of rules.

use std::sync::Arc;

use chrono::NaiveDate;

use super::retry::until_written;
use super::settle_error::SettleError;
use crate::clock::{Clock, Moment};
use crate::decision::AccountSnapshot;
use crate::ids::AccountId;
use crate::policy::BillingPolicy;
use crate::rng::Rng;
use crate::store::runs::slices::SliceProgress;
use crate::store::{AccountChange, Store, StoreError};

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

impl AccountWriter {
    /// Writes `changes` in one transaction, with the progress of the slice that they are a part of. Returns how many
    /// notices that queued.
    pub(super) async fn write(
        &self,
        changes: &[AccountChange],
        progress: Option<&SliceProgress<'_>>,
    ) -> Result<u64, StoreError> {
        let (hold, today, now) = (self.policy.release.hold, self.moment.on, self.clock.now());
        self.store.write(changes, hold, today, now, &*self.rng, progress).await
    }

    /// Reads the account's snapshot, with the subscriptions that renew on `renewing_by` or earlier, writes the change
    /// that `compute` makes of it, and returns what else `compute` found. Computes again if another change comes
    /// first.
    ///
    /// # Errors
    /// Those of `compute`; [`StoreError::Conflict`] if other changes keep coming first.
    pub(super) async fn change<T, E: From<SettleError> + From<StoreError>>(
        &self,
        account: AccountId,
        renewing_by: NaiveDate,
        compute: impl Fn(&AccountSnapshot) -> Result<(AccountChange, T), E>,
    ) -> Result<T, E> {
        until_written(|| async {
            let before = self.snapshot_of(account, renewing_by).await?;
            let (change, found) = compute(&before)?;
            Ok(self.write(&[change], None).await.map(|_| found))
        })
        .await
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
