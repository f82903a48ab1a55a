//! `rent --any`: the first numbers that match, all of them or none.

use std::collections::HashSet;

use crate::account::Account;
use crate::billing::settle::{SettleError, cost_of};
use crate::ids::AccountId;
use crate::money::Money;
use crate::operations::error::Result;
use crate::operations::refusal::InvalidValue;
use crate::operations::rentals::rent::rent_or_reload;
use crate::operations::settle_refusal::settle_refusal;
use crate::operations::{App, Refusal};
use crate::reload::OrderStatus;
use crate::rental::{
    InventoryNumber, Number, NumberSearch, SubscriptionFilter, SubscriptionRecord,
};
use crate::store::StoreError;

/// What would be rented, and what it costs.
#[derive(Debug, Clone)]
pub struct RentPreview {
    pub account: AccountId,
    /// In order.
    pub numbers: Vec<InventoryNumber>,
    /// The setup prices and first periods of all of them.
    pub total: Money,
    /// What the account can spend, its credit limit included.
    pub available: Money,
    /// What the account lacks; zero if the balance covers all.
    pub missing: Money,
    /// Whether auto-reload is on, and would be asked for what is missing.
    pub has_auto_reload: bool,
}

/// Numbers that are rented at once, at most.
const COUNT_MAX: u32 = 1_000;

/// How often the inventory is searched again if others rent the same numbers at the same time.
/// Of those who want the same number, one gets it each time.
const SEARCHES_MAX: u32 = 100;

/// Rents the first `count` numbers that match `search` and are sold in the account's currency.
pub async fn rent_any(
    app: &App,
    account: AccountId,
    search: &NumberSearch,
    count: u32,
) -> Result<Vec<SubscriptionRecord>> {
    let moment = app.billing_moment().await?;
    refuse_count_out_of_range(count)?;
    let account = app.open_account(account).await?;
    let mut last = SettleError::Store(StoreError::NumberTaken);
    for _ in 0..SEARCHES_MAX {
        let found = find_rentable(app, &account, search, count).await?;
        let numbers: Vec<&Number> = found.iter().map(|it| &it.number).collect();
        match rent_or_reload(app, &account, &numbers, moment).await {
            // Another rental took one of them first, or a key of the database says so.
            Err(error @ SettleError::Store(StoreError::NumberTaken | StoreError::Refused(_))) => {
                last = error;
            }
            Err(error) => return Err(settle_refusal(error)),
            Ok(rented) => {
                let account = account.id;
                let records = rented.into_iter();
                return Ok(records
                    .map(|subscription| SubscriptionRecord { account, subscription })
                    .collect());
            }
        }
    }
    Err(settle_refusal(last))
}

/// What [`rent_any`] would rent now. Nothing changes.
pub async fn preview(
    app: &App,
    account: AccountId,
    search: &NumberSearch,
    count: u32,
) -> Result<RentPreview> {
    refuse_count_out_of_range(count)?;
    let account = app.open_account(account).await?;
    let found = find_rentable(app, &account, search, count).await?;
    let numbers: Vec<&Number> = found.iter().map(|it| &it.number).collect();
    let currency = account.balance.currency();
    let invalid = |error| Refusal::AmountRefused { error };
    let total = cost_of(&numbers, currency).map_err(anyhow::Error::from)?;
    let available = account.balance.plus(account.credit_limit).map_err(invalid)?;
    let rest = available.minus(total).map_err(invalid)?;
    let is_short = rest.is_negative() && !total.is_zero();
    let missing = if is_short { rest.negated().map_err(invalid)? } else { Money::zero(currency) };
    let auto_reload = account.auto_reload.as_ref();
    let has_auto_reload = auto_reload.is_some_and(|order| order.status == OrderStatus::On);
    let account = account.id;
    Ok(RentPreview { account, numbers: found, total, available, missing, has_auto_reload })
}

fn refuse_count_out_of_range(count: u32) -> Result<()> {
    if (1..=COUNT_MAX).contains(&count) {
        return Ok(());
    }
    let (value, max) = (count.into(), COUNT_MAX.into());
    let reason = InvalidValue::OutOfRange { value, min: 1, max };
    Err(Refusal::InvalidValue { what: "count", reason }.into())
}

/// The first `count` numbers that the account may rent now.
async fn find_rentable(
    app: &App,
    account: &Account,
    search: &NumberSearch,
    count: u32,
) -> Result<Vec<InventoryNumber>> {
    let theirs = shared_codes_of(app, account).await?;
    let more = u32::try_from(theirs.len()).unwrap_or(u32::MAX);
    let currency = account.balance.currency();
    let limit = count.saturating_add(more);
    let search = NumberSearch { currency: Some(currency), limit, ..search.clone() };
    let mut found = app.store.offers(&search).await?;
    found.retain(|it| !theirs.contains(it.number.msisdn.as_str()));
    let (there_are, asked_for) = (found.len(), usize::try_from(count).unwrap_or(usize::MAX));
    if there_are >= asked_for {
        found.truncate(asked_for);
        return Ok(found);
    }
    let found = u32::try_from(there_are).unwrap_or(u32::MAX);
    Err(Refusal::NotEnoughNumbers { wanted: count, found, currency }.into())
}

/// Shared numbers stay on sale for others while the account rents them.
async fn shared_codes_of(app: &App, account: &Account) -> Result<HashSet<String>> {
    let filter = SubscriptionFilter::live_of(Some(account.id), None);
    let live = app.store.subscriptions(&filter).await?;
    let shared = live.into_iter().filter(|record| record.subscription.is_shared);
    Ok(shared.map(|record| record.subscription.msisdn.to_string()).collect())
}
