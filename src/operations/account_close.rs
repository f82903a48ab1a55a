//! `account close`: for an account that has nothing left.

use anyhow::Result;

use super::views::AccountView;
use super::{Desk, Refusal, busy};
use crate::store::{OpenReloads, SubscriptionFilter};

/// Closes the account.
///
/// # Errors
/// Refuses while it rents numbers or its balance is not zero, and says what is left.
pub async fn close(desk: &Desk, key: &str) -> Result<AccountView> {
    let account = desk.open_account(key).await?;
    let filter =
        SubscriptionFilter { account: Some(account.id), only_live: true, ..Default::default() };
    let live = desk.store.subscriptions(&filter).await?;
    if let Some(first) = live.first() {
        let msisdn = &first.subscription.msisdn;
        let rentals = match live.len() {
            1 => msisdn.to_string(),
            many => format!("{many} numbers, {msisdn} among them"),
        };
        return Err(Refusal::with_hint(
            format!("account {} still rents {rentals}", account.id),
            format!("`linerent cancel {msisdn} --account {}` ends a rental", account.id),
        )
        .into());
    }
    if !account.balance.is_zero() {
        return Err(Refusal::with_hint(
            format!("account {} has a balance of {}", account.id, account.balance),
            "`linerent account adjust` books what was paid out or written off",
        )
        .into());
    }
    let open = desk.store.open_reloads(account.id, account.id, OpenReloads::All, 1).await?;
    if let Some(reload) = open.first() {
        return Err(Refusal::with_hint(
            format!("the reload {reload} of account {} is not settled", account.id),
            "`linerent reload check` asks the gateway about it",
        )
        .into());
    }
    desk.store.close_account(account.id, account.version).await.map_err(busy)?;
    super::account_show::show(desk, key).await
}
