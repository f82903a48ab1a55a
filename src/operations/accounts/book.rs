//! `account top-up`, `account adjust`: what the operator books by hand, once per reference.

use crate::account::Account;
use crate::billing::settle::{self, SettleError};
use crate::ids::AccountId;
use crate::ledger::Entry;
use crate::money::{Amount, Money};
use crate::operations::error::Result;
use crate::operations::refusal::InvalidValue;
use crate::operations::settle_refusal::settle_refusal_for;
use crate::operations::texts::one_line;
use crate::operations::{App, Refusal};
use crate::store::StoreError;

/// What was booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Booked {
    pub account: AccountId,
    /// The balance after what was due was paid from it.
    pub balance: Money,
    /// Whether it was booked now. False if the same amount was booked under the reference before.
    pub is_new: bool,
}

/// Credits `amount` under `reference` and pays what is due.
///
/// # Errors
/// Refuses an amount that is not positive, and a reference that was used for another amount.
pub async fn top_up(
    app: &App,
    account: AccountId,
    amount: Amount,
    reference: &str,
) -> Result<Booked> {
    let account = app.open_account(account).await?;
    let amount = positive(amount, &account, "top-up")?;
    book(app, &account, &Entry::top_up(amount, one_line(reference, "reference")?)).await
}

/// Books a correction of either sign under `reference` and pays what is due.
///
/// # Errors
/// Refuses an amount of zero, a correction that the balance does not cover, and a reference that
/// was used for another amount.
pub async fn adjust(
    app: &App,
    account: AccountId,
    amount: Amount,
    reason: &str,
    reference: &str,
) -> Result<Booked> {
    let account = app.open_account(account).await?;
    let amount = not_zero(amount, &account, "adjustment")?;
    let reason = one_line(reason, "reason")?;
    let reference = one_line(reference, "reference")?;
    book(app, &account, &Entry::adjustment(amount, reference, reason)).await
}

async fn book(app: &App, account: &Account, entry: &Entry) -> Result<Booked> {
    let writer = app.account_writer(app.billing_moment().await?);
    if let Some(booked) = find_booked(app, account, entry).await? {
        return Ok(booked);
    }
    match settle::book(&writer, account.id, entry).await {
        Ok(balance) => Ok(Booked { account: account.id, balance, is_new: true }),
        // The key of the ledger refused it: another process has just booked the same reference.
        Err(error @ SettleError::Store(StoreError::Refused(_))) => {
            match find_booked(app, account, entry).await? {
                Some(booked) => Ok(booked),
                None => Err(settle_refusal_for(app, account.id, error).await),
            }
        }
        Err(error) => Err(settle_refusal_for(app, account.id, error).await),
    }
}

/// The answer if the reference was used before.
async fn find_booked(app: &App, account: &Account, entry: &Entry) -> Result<Option<Booked>> {
    let Some(booked) = app.store.find_booked(account.id, &entry.idempotency_key).await? else {
        return Ok(None);
    };
    if booked != entry.amount {
        return Err(Refusal::ReferenceUsed { booked }.into());
    }
    let Account { id, balance, .. } = app.account(account.id).await?;
    Ok(Some(Booked { account: id, balance, is_new: false }))
}

/// The amount in the account's currency, which must be above zero.
pub(super) fn positive(
    amount: Amount,
    account: &Account,
    what: &'static str,
) -> Result<Money, Refusal> {
    let amount = not_zero(amount, account, what)?;
    if amount.is_negative() {
        let reason = InvalidValue::Negative(amount);
        return Err(Refusal::InvalidValue { what, reason });
    }
    Ok(amount)
}

fn not_zero(amount: Amount, account: &Account, what: &'static str) -> Result<Money, Refusal> {
    let amount = amount.of(account.balance.currency());
    if amount.is_zero() {
        return Err(Refusal::InvalidValue { what, reason: InvalidValue::Zero });
    }
    Ok(amount)
}
