//! `account top-up`, `account adjust`: what the operator books by hand, once per reference.

use anyhow::Result;
use rust_decimal::Decimal;
use serde::Serialize;

use super::refusal::settle_refusal_for;
use super::{App, Refusal, refused};
use crate::account::Account;
use crate::billing::settle::{self, SettleError};
use crate::ledger::Entry;
use crate::money::Money;
use crate::store::StoreError;

/// What became of it.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Booked {
    /// The account's key.
    pub key: String,
    /// The balance, after what was due was paid from it.
    pub balance: Decimal,
    /// ISO 4217.
    pub currency: String,
    /// Whether it was booked now; not so where the same was booked under the reference before.
    pub booked: bool,
}

/// Credits `amount` under `reference` and pays what is due.
///
/// # Errors
/// Refuses an amount that is not positive, and a reference that was used for another amount.
pub async fn top_up(app: &App, key: &str, amount: &str, reference: &str) -> Result<Booked> {
    let account = app.open_account(super::account_id(key)?).await?;
    let amount = amount_of(amount, &account)?;
    if amount.is_negative() {
        return Err(Refusal::with_hint(
            format!("a top-up of {amount} takes money away"),
            "`linerent account adjust` books corrections of either sign",
        )
        .into());
    }
    book(app, &account, &Entry::top_up(amount, reference_of(reference)?)).await
}

/// Books a correction of either sign under `reference` and pays what is due.
///
/// # Errors
/// Refuses an amount of zero, a correction that the balance does not cover, and a reference that
/// was used for another amount.
pub async fn adjust(
    app: &App,
    key: &str,
    amount: &str,
    reason: &str,
    reference: &str,
) -> Result<Booked> {
    let account = app.open_account(super::account_id(key)?).await?;
    let amount = amount_of(amount, &account)?;
    let reason = one_line(reason, "a reason")?;
    book(app, &account, &Entry::adjustment(amount, reference_of(reference)?, reason)).await
}

async fn book(app: &App, account: &Account, entry: &Entry) -> Result<Booked> {
    let writer = app.account_writer(app.moment());
    if let Some(booked) = find_booked(app, account, entry).await? {
        return Ok(booked);
    }
    match settle::book(&writer, account.id, entry).await {
        Ok(balance) => Ok(answer(account, balance, true)),
        // The ledger's key refused it: somebody booked the same reference a moment ago.
        Err(error @ SettleError::Store(StoreError::Refused(_))) => {
            match find_booked(app, account, entry).await? {
                Some(booked) => Ok(booked),
                None => Err(settle_refusal_for(app, account.id, error).await.into()),
            }
        }
        Err(error) => Err(settle_refusal_for(app, account.id, error).await.into()),
    }
}

/// The answer where the reference was used before, if it was.
async fn find_booked(app: &App, account: &Account, entry: &Entry) -> Result<Option<Booked>> {
    let Some(booked) = app.store.find_booked(account.id, &entry.idempotency_key).await? else {
        return Ok(None);
    };
    if booked != entry.amount {
        return Err(Refusal::with_hint(
            format!("this reference was used before, for {booked}"),
            "use a reference of its own for each booking",
        )
        .into());
    }
    let now = app.account(account.id).await?;
    Ok(Some(answer(account, now.balance, false)))
}

fn answer(account: &Account, balance: Money, booked: bool) -> Booked {
    Booked {
        key: account.id.to_string(),
        balance: balance.amount(),
        currency: balance.currency().code().to_owned(),
        booked,
    }
}

pub(super) fn amount_of(text: &str, account: &Account) -> Result<Money> {
    let amount = Money::parse(text, account.balance.currency()).map_err(refused)?;
    if amount.is_zero() {
        return Err(Refusal::new("an amount of zero moves nothing").into());
    }
    Ok(amount)
}

pub(super) fn reference_of(text: &str) -> Result<&str> {
    one_line(text, "a reference")
}

pub(super) fn one_line<'a>(text: &'a str, what: &str) -> Result<&'a str> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 200 || text.chars().any(char::is_control) {
        return Err(Refusal::new(format!("{what} has 1 to 200 characters on one line")).into());
    }
    Ok(text)
}
