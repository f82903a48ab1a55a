//! An account that is locked before it is read, for a change that would otherwise conflict again and again.

use chrono::{DateTime, NaiveDate, Utc};

use crate::decision::AccountSnapshot;
use crate::ids::AccountId;
use crate::policy::Hold;
use crate::rng::Rng;
use crate::store::accounts::snapshots::{SNAPSHOTS, read_snapshots};
use crate::store::changes::{AccountChange, write_all};
use crate::store::engine::Transaction;
use crate::store::error::StoreError;
use crate::store::open::Store;

/// A transaction that has locked an account. It is rolled back if it is dropped.
pub struct LockedAccount {
    account: AccountId,
    transaction: Transaction,
}

impl Store {
    /// Locks the account's row by a write that changes nothing. Other writers of the account wait.
    pub async fn lock_account(&self, account: AccountId) -> Result<LockedAccount, StoreError> {
        let mut transaction = self.database.begin().await?;
        transaction
            .query("UPDATE accounts SET version = version WHERE account_id = $1")
            .bind(account.to_i64())
            .execute()
            .await?;
        Ok(LockedAccount { account, transaction })
    }
}

impl LockedAccount {
    /// As [`Store::find_snapshot`]. No other change can come before the one that is computed from it.
    pub async fn find_snapshot(
        &mut self,
        renewing_by: NaiveDate,
        today: NaiveDate,
    ) -> Result<Option<AccountSnapshot>, StoreError> {
        let query = self.transaction.query(SNAPSHOTS).bind(renewing_by).bind(today);
        let rows = query.bind_rows(vec![(self.account.to_i64(),)]).fetch_all().await?;
        let found = read_snapshots(rows)?.pop();
        found.map(|found| found.snapshot).transpose()
    }

    /// Writes `change` and commits, as [`Store::write`] does. Returns how many notices were queued.
    pub async fn write(
        mut self,
        change: AccountChange,
        hold: Hold,
        today: NaiveDate,
        now: DateTime<Utc>,
        rng: &dyn Rng,
    ) -> Result<u64, StoreError> {
        let queued = write_all(&mut self.transaction, &[change], hold, today, now, rng).await?;
        self.transaction.commit().await?;
        Ok(queued)
    }
}
