//! Runs as JSON.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::billing::RunReport;
use crate::money::{Money, currency_of};
use crate::run::{Failure, HeldBy, ReloadCounts};

/// What was done for a billing date, and what was not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct RunView {
    /// The date.
    pub billing_date: NaiveDate,
    /// `running`, `complete`, `held`, `undoing` or `undone`.
    pub status: &'static str,
    /// The guard that holds it: `releases` or `clock`.
    pub held_by: Option<&'static str>,
    /// Accounts that had something due.
    pub accounts: u64,
    /// Periods charged.
    pub renewed: u64,
    /// What they came to; none where they were of more than one currency.
    pub renewed_amount: Option<Decimal>,
    /// The currency of `renewed_amount`.
    pub currency: Option<String>,
    /// What they came to in each currency.
    pub renewed_amounts: Vec<AmountView>,
    /// Subscriptions that became past due.
    pub past_due: u64,
    /// Subscriptions that were released.
    pub released: u64,
    /// Subscriptions that the release guard kept from being released.
    pub held_back: u64,
    /// Numbers that went back on sale.
    pub returned: u64,
    /// Cards charged.
    pub reloads: ReloadCountsView,
    /// Notices queued.
    pub notices: u64,
    /// How many accounts could not be billed.
    pub failed_accounts: u64,
    /// Which, and why.
    pub failures: Vec<FailureView>,
    /// The oldest due date that is still not charged.
    pub oldest_unbilled: Option<NaiveDate>,
}

/// An amount with its currency beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct AmountView {
    /// In units.
    pub amount: Decimal,
    /// ISO 4217.
    pub currency: String,
}

/// An account that could not be billed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct FailureView {
    /// Its key.
    pub account: String,
    /// Why.
    pub reason: String,
}

/// Reloads by outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct ReloadCountsView {
    /// Reloads requested.
    pub requested: u64,
    /// Reloads captured: charged and credited.
    pub captured: u64,
    /// Reloads declined.
    pub declined: u64,
    /// Open at the end: the outcome is not yet known.
    pub in_doubt: u64,
}

impl From<&RunReport> for RunView {
    fn from(report: &RunReport) -> Self {
        let counts = &report.counts;
        let renewed_amounts = amounts(&counts.amounts);
        let (renewed_amount, currency) = match renewed_amounts.as_slice() {
            [] => (Some(Decimal::ZERO), None),
            [only] => (Some(only.amount), Some(only.currency.clone())),
            _ => (None, None),
        };
        Self {
            billing_date: report.billing_date,
            status: report.status.as_str(),
            held_by: report.held_by.map(HeldBy::as_str),
            accounts: counts.accounts,
            renewed: counts.renewed,
            renewed_amount,
            currency,
            renewed_amounts,
            past_due: counts.past_due,
            released: counts.released,
            held_back: counts.held_back,
            returned: counts.returned,
            reloads: counts.reloads.into(),
            notices: counts.notices,
            failed_accounts: report.failures.len() as u64,
            failures: report.failures.iter().map(FailureView::from).collect(),
            oldest_unbilled: report.oldest_unbilled_on,
        }
    }
}

impl From<&Failure> for FailureView {
    fn from(failure: &Failure) -> Self {
        Self { account: failure.account.to_string(), reason: failure.reason.clone() }
    }
}

impl From<ReloadCounts> for ReloadCountsView {
    fn from(ReloadCounts { requested, captured, declined, in_doubt }: ReloadCounts) -> Self {
        Self { requested, captured, declined, in_doubt }
    }
}

pub(super) fn amounts(amounts: &BTreeMap<String, i64>) -> Vec<AmountView> {
    amounts
        .iter()
        .map(|(code, micros)| {
            let amount = currency_of(code).map_or_else(
                |_| Decimal::new(*micros, 6),
                |currency| Money::from_micros(*micros, currency).amount(),
            );
            AmountView { amount, currency: code.clone() }
        })
        .collect()
}
