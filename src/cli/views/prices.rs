//! Repricings as JSON.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::runs::FailureView;
use crate::operations::numbers::reprice::Repricing;

/// What a repricing comes to, or would.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct RepriceView {
    /// ISO 3166.
    pub country: String,
    /// `landline`, `mobile-lvn`, `landline-toll-free` or `shortcode`.
    pub r#type: &'static str,
    /// What a period costs: for new rentals from now on, for running ones from `effective_on` on.
    pub monthly_price: Decimal,
    /// ISO 4217.
    pub currency: String,
    /// Running subscriptions pay it from their first renewal on this date or later.
    pub effective_on: NaiveDate,
    /// Numbers whose price for new rentals changed.
    pub numbers: u64,
    /// Accounts whose subscriptions change.
    pub accounts: u64,
    /// These subscriptions.
    pub subscriptions: u64,
    /// What a month of all of them costs now.
    pub amount_now: Decimal,
    /// What it will cost.
    pub amount_then: Decimal,
    /// Mails that were queued, one for each account.
    pub notices: u64,
    /// Accounts whose prices could not be changed, and why. The next run tries again.
    pub failures: Vec<FailureView>,
}

impl From<&Repricing> for RepriceView {
    fn from(Repricing { tariff, price, numbers, repriced }: &Repricing) -> Self {
        Self {
            country: tariff.country.clone(),
            r#type: tariff.kind.as_str(),
            monthly_price: price.monthly_price.amount(),
            currency: tariff.currency.code().to_owned(),
            effective_on: price.from,
            numbers: *numbers,
            accounts: repriced.accounts,
            subscriptions: repriced.subscriptions,
            amount_now: repriced.before.amount(),
            amount_then: repriced.after.amount(),
            notices: repriced.notices,
            failures: repriced.failures.iter().map(FailureView::from).collect(),
        }
    }
}
