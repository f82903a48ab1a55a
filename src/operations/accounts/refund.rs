//! `account refund`: books that the balance was paid back.

use super::book::positive;
use crate::account::Account;
use crate::billing::refund::{self, RefundError, Sum, Wanted};
use crate::ids::AccountId;
use crate::ledger::{Code, reference_key};
use crate::money::{Amount, Money};
use crate::operations::error::Result;
use crate::operations::settle_refusal::settle_refusal_for;
use crate::operations::texts::one_line;
use crate::operations::{App, Error, Refusal};

/// What was refunded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refunded {
    pub account: AccountId,
    /// What is paid back.
    pub amount: Money,
    /// The balance afterwards.
    pub balance: Money,
    /// Whether it was booked now. False if the same amount was booked under the reference before.
    pub is_new: bool,
}

/// Books under `reference` that `amount`, or the whole balance without one, was paid back.
///
/// # Errors
/// Refuses an amount that is not positive or more than the balance, a refund while something is due or
/// a reload is open, one that auto-reload would undo, and a reference that was used for another amount.
pub async fn refund(
    app: &App,
    account: AccountId,
    amount: Option<Amount>,
    reference: &str,
    reason: Option<&str>,
) -> Result<Refunded> {
    let writer = app.account_writer(app.billing_moment().await?);
    let account = app.open_account(account).await?;
    let sum = match amount {
        None => Sum::All,
        Some(amount) => Sum::Of(positive(amount, &account, "refund")?),
    };
    let reference = one_line(reference, "reference")?;
    let reason = reason.map(|text| one_line(text, "reason")).transpose()?;
    if let Some(refunded) = find_refunded(app, &account, sum, reference).await? {
        return Ok(refunded);
    }
    let wanted = Wanted { sum, reference, reason };
    match refund::refund(&writer, account.id, &wanted).await {
        Ok(booked) => Ok(Refunded {
            account: account.id,
            amount: booked.amount,
            balance: booked.balance,
            is_new: true,
        }),
        // Another process may have just booked the same reference, and left too little for this one.
        Err(error) => match find_refunded(app, &account, sum, reference).await? {
            Some(refunded) => Ok(refunded),
            None => Err(refusal(app, account.id, error).await),
        },
    }
}

/// The answer if the reference was used before.
async fn find_refunded(
    app: &App,
    account: &Account,
    sum: Sum,
    reference: &str,
) -> Result<Option<Refunded>> {
    let key = reference_key(Code::Refund, reference);
    let Some(booked) = app.store.find_booked(account.id, &key).await? else { return Ok(None) };
    let amount = booked.negated().map_err(anyhow::Error::from)?;
    if matches!(sum, Sum::Of(wanted) if wanted != amount) {
        return Err(Refusal::ReferenceUsed { booked: amount }.into());
    }
    let Account { id, balance, .. } = app.account(account.id).await?;
    Ok(Some(Refunded { account: id, amount, balance, is_new: false }))
}

async fn refusal(app: &App, account: AccountId, error: RefundError) -> Error {
    let refusal = match error {
        RefundError::Settle(error) => return settle_refusal_for(app, account, error).await,
        RefundError::Nothing(balance) => Refusal::NothingToRefund { account, balance },
        RefundError::TooMuch { wanted, balance } => {
            Refusal::RefundExceedsBalance { wanted, balance }
        }
        RefundError::Due(amount) => Refusal::RenewalsDue { account, amount },
        RefundError::Open(reload) => Refusal::ReloadUnsettled { reload },
        RefundError::Reloaded { left, threshold } => {
            Refusal::RefundWouldTriggerReload { account, left, threshold }
        }
    };
    refusal.into()
}
