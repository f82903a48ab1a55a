//! Lines of statements.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::statement::StatementLine;

/// One line of a statement.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct StatementView {
    /// The billing date.
    pub on: NaiveDate,
    /// `rental`, `setup`, `reload`, `top-up`, `adjustment` or `refund`.
    pub code: &'static str,
    /// The number that was paid for.
    pub number: Option<String>,
    /// The first day that was paid for; null for a setup price.
    pub period_start: Option<NaiveDate>,
    /// The day after the last day that was paid for.
    pub period_end: Option<NaiveDate>,
    /// As the account sees it: negative if the balance went down.
    pub amount: Decimal,
    /// The balance afterwards.
    pub balance_after: Decimal,
    /// ISO 4217.
    pub currency: String,
    /// The operator's reference, or the id of the reload.
    pub reference: Option<String>,
    /// The operator's explanation.
    pub reason: Option<String>,
}

impl From<&StatementLine> for StatementView {
    fn from(line: &StatementLine) -> Self {
        Self {
            on: line.on,
            code: line.code.as_str(),
            number: line.msisdn.clone(),
            period_start: line.period.map(|period| period.start),
            period_end: line.period.map(|period| period.end),
            amount: line.amount.amount(),
            balance_after: line.balance_after.amount(),
            currency: line.amount.currency().code().to_owned(),
            reference: line.reference.clone(),
            reason: line.reason.clone(),
        }
    }
}
