//! `account refund`: books that what is left was paid back.

use anyhow::Result;
use rust_decimal::Decimal;
use serde::Serialize;

use super::book::{amount_of, one_line, reference_of};
use super::refusal::settle_refusal_for;
use super::{App, Refusal};
use crate::account::Account;
use crate::billing::refund::{self, RefundError, Sum, Wanted};
use crate::ledger::{Code, reference_key};
use crate::money::Money;

/// What became of it.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Refunded {
    /// The account's key.
    pub key: String,
    /// What is paid back.
    pub amount: Decimal,
    /// The balance afterwards.
    pub balance: Decimal,
    /// ISO 4217.
    pub currency: String,
    /// Whether it was booked now; not so where the same was booked under the reference before.
    pub booked: bool,
}

/// Books under `reference` that `amount`, or all that is left where there is none, was paid back.
///
/// # Errors
/// Refuses an amount that is not positive or more than the balance, a refund while something is due or
/// a reload is open, one that auto-reload would undo, and a reference that was used for another amount.
pub async fn refund(
    app: &App,
    key: &str,
    amount: Option<&str>,
    reference: &str,
    reason: Option<&str>,
) -> Result<Refunded> {
    let writer = app.account_writer(app.moment());
    let account = app.open_account(super::account_id(key)?).await?;
    let sum = match amount {
        None => Sum::All,
        Some(text) => Sum::Of(positive(amount_of(text, &account)?)?),
    };
    let reference = reference_of(reference)?;
    let reason = reason.map(|text| one_line(text, "a reason")).transpose()?;
    if let Some(refunded) = find_refunded(app, &account, sum, reference).await? {
        return Ok(refunded);
    }
    let wanted = Wanted { sum, reference, reason };
    match refund::refund(&writer, account.id, &wanted).await {
        Ok(booked) => Ok(answer(&account, booked.amount, booked.balance, true)),
        // Somebody may have booked the same reference a moment ago, and left too little for it.
        Err(error) => match find_refunded(app, &account, sum, reference).await? {
            Some(refunded) => Ok(refunded),
            None => Err(refusal(app, &account, error).await),
        },
    }
}

/// The answer where the reference was used before, if it was.
async fn find_refunded(
    app: &App,
    account: &Account,
    sum: Sum,
    reference: &str,
) -> Result<Option<Refunded>> {
    let key = reference_key(Code::Refund, reference);
    let Some(booked) = app.store.find_booked(account.id, &key).await? else { return Ok(None) };
    let booked = booked.negated()?;
    if matches!(sum, Sum::Of(wanted) if wanted != booked) {
        return Err(Refusal::with_hint(
            format!("this reference was used before, for {booked}"),
            "use a reference of its own for each booking",
        )
        .into());
    }
    let now = app.account(account.id).await?;
    Ok(Some(answer(account, booked, now.balance, false)))
}

fn answer(account: &Account, amount: Money, balance: Money, booked: bool) -> Refunded {
    Refunded {
        key: account.id.to_string(),
        amount: amount.amount(),
        balance: balance.amount(),
        currency: balance.currency().code().to_owned(),
        booked,
    }
}

fn positive(amount: Money) -> Result<Money> {
    if amount.is_negative() {
        return Err(Refusal::with_hint(
            format!("a refund of {amount} adds money"),
            "write what is paid back, for example 12.50; `linerent account top-up` credits money",
        )
        .into());
    }
    Ok(amount)
}

async fn refusal(app: &App, account: &Account, error: RefundError) -> anyhow::Error {
    let (message, key) = (error.to_string(), account.id);
    let hint = match error {
        RefundError::Settle(error) => {
            return settle_refusal_for(app, account.id, error).await.into();
        }
        RefundError::Nothing(balance) if balance.is_negative() => {
            format!("`linerent account adjust {key}` writes a debt off")
        }
        RefundError::Nothing(_) => return Refusal::new(message).into(),
        RefundError::TooMuch { .. } => "`--all` refunds what is left".to_owned(),
        RefundError::Due(_) => format!(
            "`linerent run` charges what the balance covers; `linerent subscription list --account {key}` shows what is due, `linerent cancel` ends a rental"
        ),
        RefundError::Open(id) => format!(
            "`linerent reload check` asks the gateway about it, `linerent reload show {id}` tells more"
        ),
        RefundError::Reloaded { .. } => {
            format!("`linerent account auto-reload {key} --off` ends the standing order first")
        }
    };
    Refusal::with_hint(message, hint).into()
}
