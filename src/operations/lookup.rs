//! Finds what a verb is about, or refuses.

use super::error::Result;
use super::{App, Refusal};
use crate::ids::AccountId;
use crate::rental::{InventoryNumber, Msisdn, SubscriptionFilter, SubscriptionRecord};

/// The number, which must be in the inventory.
pub(super) async fn number_of(app: &App, msisdn: &Msisdn) -> Result<InventoryNumber> {
    let found = app.store.find_number(msisdn).await?;
    found.ok_or_else(|| Refusal::NumberNotFound { msisdn: msisdn.clone() }.into())
}

/// The live subscription to the number. `account` must be given if several accounts rent it.
pub(super) async fn live_subscription_of(
    app: &App,
    msisdn: &Msisdn,
    account: Option<AccountId>,
) -> Result<SubscriptionRecord> {
    let msisdn = number_of(app, msisdn).await?.number.msisdn;
    if let Some(account) = account {
        app.account(account).await?;
    }
    let filter = SubscriptionFilter::live_of(account, Some(&msisdn));
    let mut live = app.store.subscriptions(&filter).await?;
    let renters = live.len();
    match (live.pop(), renters) {
        (Some(only), 1) => Ok(only),
        (None, _) => Err(Refusal::NotRented { account, msisdn }.into()),
        (Some(_), _) => Err(Refusal::SeveralRenters { msisdn, renters }.into()),
    }
}
