//! `account statement`: what was booked and why.

use anyhow::Result;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::{App, Refusal};
use crate::ledger::Code;

/// One line of a statement.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct StatementView {
    /// The billing date it counts for.
    pub on: NaiveDate,
    /// `rental`, `setup`, `reload`, `top-up`, `adjustment` or `refund`.
    pub code: &'static str,
    /// The number that was paid for.
    pub number: Option<String>,
    /// The first day that was paid for; a setup price pays for no days.
    pub period_start: Option<NaiveDate>,
    /// The first day after them.
    pub period_end: Option<NaiveDate>,
    /// As the account sees it: negative where the balance went down.
    pub amount: Decimal,
    /// The balance afterwards.
    pub balance_after: Decimal,
    /// ISO 4217.
    pub currency: String,
    /// The operator's reference, or the id of the reload.
    pub reference: Option<String>,
    /// The operator's words.
    pub reason: Option<String>,
}

/// The account's transfers from one date to another, both included, oldest first.
///
/// # Errors
/// Refuses an unknown account, and dates the wrong way round.
pub async fn statement(
    app: &App,
    key: &str,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
) -> Result<Vec<StatementView>> {
    let account = app.account(super::account_id(key)?).await?;
    require_order(from, to)?;
    let lines = app.store.statement(account.id, from, to).await?;
    Ok(lines
        .into_iter()
        .map(|line| (line.period.filter(|_| line.code == Code::Rental), line))
        .map(|(period, line)| StatementView {
            on: line.on,
            code: line.code.as_str(),
            number: line.msisdn,
            period_start: period.map(|period| period.start),
            period_end: period.map(|period| period.end),
            amount: line.amount.amount(),
            balance_after: line.balance_after.amount(),
            currency: line.amount.currency().code().to_owned(),
            reference: line.reference,
            reason: line.reason,
        })
        .collect())
}

/// Refuses dates the wrong way round.
pub(super) fn require_order(from: Option<NaiveDate>, to: Option<NaiveDate>) -> Result<()> {
    match (from, to) {
        (Some(from), Some(to)) if from > to => {
            Err(Refusal::new(format!("from {from} to {to} is the wrong way round")).into())
        }
        _ => Ok(()),
    }
}
