//! What a run says of itself.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::money::{Money, currency_of};
use crate::run::{Failure, ReloadCounts, Run, RunCounts};

/// What was done for a billing date, and what was not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct RunReport {
    /// The date.
    pub billing_date: NaiveDate,
    /// `running`, `complete` or `held`.
    pub status: &'static str,
    /// Accounts that had something due.
    pub accounts: u64,
    /// Periods charged.
    pub renewed: u64,
    /// What they came to; none where they were of more than one currency.
    pub renewed_amount: Option<Decimal>,
    /// The currency of `renewed_amount`.
    pub currency: Option<String>,
    /// What they came to in each currency.
    pub renewed_amounts: Vec<MoneyAmount>,
    /// Subscriptions that became past due.
    pub past_due: u64,
    /// Subscriptions that were released.
    pub released: u64,
    /// Subscriptions that the release guard kept from being released.
    pub held_back: u64,
    /// Numbers that went back on sale.
    pub returned: u64,
    /// Cards charged.
    pub reloads: ReloadCounts,
    /// Notices queued.
    pub notices: u64,
    /// How many accounts could not be billed.
    pub failed_accounts: u64,
    /// Which, and why.
    pub failures: Vec<FailedAccount>,
    /// The oldest due date that is still not charged.
    pub oldest_unbilled: Option<NaiveDate>,
}

/// An amount with its currency beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct MoneyAmount {
    /// In units.
    pub amount: Decimal,
    /// ISO 4217.
    pub currency: String,
}

/// An account that could not be billed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct FailedAccount {
    /// Its key.
    pub account: String,
    /// Why.
    pub reason: String,
}

impl From<&Failure> for FailedAccount {
    fn from(failure: &Failure) -> Self {
        Self { account: failure.account.to_string(), reason: failure.reason.clone() }
    }
}

impl RunReport {
    /// The report of `status` on `date` with these counts.
    pub(super) fn new(
        billing_date: NaiveDate,
        status: &'static str,
        counts: &RunCounts,
        failures: &[Failure],
        oldest_unbilled: Option<NaiveDate>,
    ) -> Self {
        let renewed_amounts = money_amounts(&counts.amounts);
        let (renewed_amount, currency) = match renewed_amounts.as_slice() {
            [] => (Some(Decimal::ZERO), None),
            [only] => (Some(only.amount), Some(only.currency.clone())),
            _ => (None, None),
        };
        Self {
            billing_date,
            status,
            accounts: counts.accounts,
            renewed: counts.renewed,
            renewed_amount,
            currency,
            renewed_amounts,
            past_due: counts.past_due,
            released: counts.released,
            held_back: counts.held_back,
            returned: counts.returned,
            reloads: counts.reloads,
            notices: counts.notices,
            failed_accounts: failures.len() as u64,
            failures: failures.iter().map(FailedAccount::from).collect(),
            oldest_unbilled,
        }
    }

    /// All that was done for the date of `run`.
    pub fn of(run: &Run) -> Self {
        Self::new(
            run.billing_date,
            run.status.as_str(),
            &run.counts,
            &run.failures,
            run.oldest_unbilled_on,
        )
    }
}

fn money_amounts(amounts: &BTreeMap<String, i64>) -> Vec<MoneyAmount> {
    amounts
        .iter()
        .map(|(code, micros)| {
            let amount = currency_of(code).map_or_else(
                |_| Decimal::new(*micros, 6),
                |currency| Money::from_micros(*micros, currency).amount(),
            );
            MoneyAmount { amount, currency: code.clone() }
        })
        .collect()
}
