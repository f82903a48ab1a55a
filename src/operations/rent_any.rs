//! `rent --any`: the first numbers that match, so many, all of them or none.

use std::collections::HashSet;

use anyhow::Result;
use rust_decimal::Decimal;
use serde::Serialize;

use super::number_search::Wanted;
use super::refusal::settle_refusal;
use super::rent::rent_or_reload;
use super::views::{NumberView, SubscriptionView};
use super::{App, Refusal};
use crate::account::Account;
use crate::billing::settle::{SettleError, cost_of};
use crate::money::Money;
use crate::reload::OrderStatus;
use crate::rental::{
    InventoryNumber, Number, NumberSearch, SubscriptionFilter, SubscriptionRecord,
};
use crate::store::StoreError;

/// What would be rented, and what that takes.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct RentPreview {
    /// The key of who would rent.
    pub account: String,
    /// The numbers, in order.
    pub numbers: Vec<NumberView>,
    /// The setup prices and first periods of all of them.
    pub total: Decimal,
    /// What the account can spend, its credit limit included.
    pub available: Decimal,
    /// What it would lack; 0 where the balance covers all.
    pub missing: Decimal,
    /// ISO 4217.
    pub currency: String,
    /// Whether a standing order would be asked for what is missing.
    pub auto_reload: bool,
}

/// Numbers that are rented at once, at most.
const COUNT_MAX: u32 = 1_000;

/// How often the inventory is looked at again when others rent the same numbers at the same time.
/// Of those who want the same, one gets it each time.
const LOOKS_MAX: u32 = 100;

/// Rents the first `count` numbers that match, in order, and are sold in the account's currency.
///
/// # Errors
/// Refuses where there are fewer, or the account cannot pay for all of them; fails where nobody
/// knows yet whether its card was charged.
pub async fn rent_any(
    app: &App,
    key: &str,
    wanted: &Wanted,
    count: u32,
) -> Result<Vec<SubscriptionView>> {
    let moment = app.moment();
    let account = app.open_account(super::account_id(key)?).await?;
    let search = search_for(&account, wanted, count)?;
    let mut last = SettleError::Store(StoreError::NumberTaken);
    for _ in 0..LOOKS_MAX {
        let found = look(app, &account, &search, count).await?;
        let numbers: Vec<&Number> = found.iter().map(|it| &it.number).collect();
        match rent_or_reload(app, &account, &numbers, moment).await {
            // Somebody else took one of them first, or a key of the database says so.
            Err(error @ SettleError::Store(StoreError::NumberTaken | StoreError::Refused(_))) => {
                last = error;
            }
            Err(error) => return Err(settle_refusal(error).into()),
            Ok(rented) => {
                let records = rented
                    .into_iter()
                    .map(|subscription| SubscriptionRecord { account: account.id, subscription });
                return Ok(records.map(|record| SubscriptionView::from(&record)).collect());
            }
        }
    }
    Err(settle_refusal(last).into())
}

/// What [`rent_any`] would rent now. Nothing changes.
///
/// # Errors
/// Refuses where there are fewer numbers.
pub async fn preview(app: &App, key: &str, wanted: &Wanted, count: u32) -> Result<RentPreview> {
    let account = app.open_account(super::account_id(key)?).await?;
    let search = search_for(&account, wanted, count)?;
    let found = look(app, &account, &search, count).await?;
    let numbers: Vec<&Number> = found.iter().map(|it| &it.number).collect();
    let currency = account.balance.currency();
    let total = cost_of(&numbers, currency)?;
    let available = account.balance.plus(account.credit_limit)?;
    let rest = available.minus(total)?;
    let is_short = rest.is_negative() && !total.is_zero();
    let missing = if is_short { rest.negated()? } else { Money::zero(currency) };
    let auto_reload = account.auto_reload.as_ref();
    Ok(RentPreview {
        account: account.id.to_string(),
        numbers: found.iter().map(NumberView::from).collect(),
        total: total.amount(),
        available: available.amount(),
        missing: missing.amount(),
        currency: currency.code().to_owned(),
        auto_reload: auto_reload.is_some_and(|order| order.status == OrderStatus::On),
    })
}

fn search_for(account: &Account, wanted: &Wanted, count: u32) -> Result<NumberSearch> {
    if count == 0 || count > COUNT_MAX {
        return Err(Refusal::with_hint(
            format!("{count} numbers cannot be rented at once"),
            format!("ask for 1 to {COUNT_MAX}"),
        )
        .into());
    }
    Ok(NumberSearch { currency: Some(account.balance.currency()), ..wanted.to_search()? })
}

/// The first `count` numbers that the account may rent now.
async fn look(
    app: &App,
    account: &Account,
    search: &NumberSearch,
    count: u32,
) -> Result<Vec<InventoryNumber>> {
    let theirs = shared_codes_of(app, account).await?;
    let more = u32::try_from(theirs.len()).unwrap_or(u32::MAX);
    let search = NumberSearch { limit: count.saturating_add(more), ..search.clone() };
    let mut found = app.store.offers(&search).await?;
    found.retain(|it| !theirs.contains(it.number.msisdn.as_str()));
    let (there_are, asked_for) = (found.len(), usize::try_from(count).unwrap_or(usize::MAX));
    if there_are >= asked_for {
        found.truncate(asked_for);
        return Ok(found);
    }
    let (are, numbers) = if there_are == 1 { ("is", "number") } else { ("are", "numbers") };
    Err(Refusal::with_hint(
        format!(
            "there {are} {there_are} such {numbers} on sale in {}, and {count} are asked for: nothing was rented",
            account.balance.currency().code()
        ),
        "ask for fewer, or for less of them; `linerent number search` shows what is on sale",
    )
    .into())
}

/// Shared numbers stay on sale for others while the account rents them.
async fn shared_codes_of(app: &App, account: &Account) -> Result<HashSet<String>> {
    let filter = SubscriptionFilter::live_of(Some(account.id), None);
    let live = app.store.subscriptions(&filter).await?;
    let shared = live.into_iter().filter(|record| record.subscription.is_shared);
    Ok(shared.map(|record| record.subscription.msisdn.to_string()).collect())
}
