//! Loads the snapshots of a batch of accounts.

use chrono::NaiveDate;
use tracing::debug;

use crate::ids::AccountId;
use crate::store::accounts::snapshots::LoadedSnapshot;
use crate::store::{Store, StoreError};

/// The snapshots of `accounts` on `today`, with the subscriptions that renew on `until` or earlier. If one row makes
/// the statement fail for all, each account is read alone; an account that cannot be read has the reason instead of
/// a snapshot.
pub(super) async fn load(
    store: &Store,
    accounts: &[AccountId],
    until: NaiveDate,
    today: NaiveDate,
) -> Result<Vec<LoadedSnapshot>, StoreError> {
    match store.snapshots(accounts, until, today).await {
        Ok(snapshots) if snapshots.len() == accounts.len() => return Ok(snapshots),
        Ok(_) => debug!("a batch has subscriptions without an account"),
        Err(error) if error.is_unavailable() => return Err(error),
        Err(error) => debug!(%error, "a batch cannot be read as a whole"),
    }
    let mut snapshots = Vec::with_capacity(accounts.len());
    for account in accounts {
        let snapshot = match store.find_snapshot(*account, until, today).await {
            Err(error) if error.is_unavailable() => return Err(error),
            Err(error) => Err(error),
            Ok(snapshot) => snapshot.ok_or_else(|| {
                StoreError::unreadable(format!("account {account}"), "it does not exist")
            }),
        };
        snapshots.push(LoadedSnapshot { account: *account, snapshot });
    }
    Ok(snapshots)
}
