//! The demo as JSON.

use std::path::PathBuf;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::accounts::AccountView;
use super::audit::AuditView;
use crate::money::Money;
use crate::operations::demo::{CURRENCY, Demo, Month};

/// What happened.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct DemoView {
    /// The sandbox's database, which is left for looking further.
    pub database: String,
    /// Its first date.
    pub from: NaiveDate,
    /// Its last date.
    pub to: NaiveDate,
    /// Runs, one a day.
    pub runs: usize,
    /// What they did, month by month.
    pub months: Vec<MonthView>,
    /// The accounts at the end.
    pub accounts: Vec<AccountView>,
    /// What became of some numbers, as the ledger tells it.
    pub stories: Vec<String>,
    /// What the audit says of it all.
    pub audit: AuditView,
    /// The folder with the mails.
    pub mail: PathBuf,
    /// How many mails were written to it.
    pub mails: u64,
}

/// What a month's runs did.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct MonthView {
    /// Such as `2026-02`.
    pub month: String,
    /// Periods charged.
    pub renewals: u64,
    /// What they came to.
    pub amount: Decimal,
    /// ISO 4217.
    pub currency: &'static str,
    /// Subscriptions that became past due.
    pub past_due: u64,
    /// Subscriptions that were released.
    pub released: u64,
    /// Numbers that went back on sale.
    pub returned: u64,
    /// Reloads that were captured.
    pub reloads: u64,
}

impl From<&Demo> for DemoView {
    fn from(demo: &Demo) -> Self {
        Self {
            database: demo.database.clone(),
            from: demo.from,
            to: demo.to,
            runs: demo.runs,
            months: demo.months.iter().map(MonthView::from).collect(),
            accounts: demo.accounts.iter().map(AccountView::from).collect(),
            stories: demo.stories.clone(),
            audit: AuditView::from(&demo.audit),
            mail: demo.mail.clone(),
            mails: demo.mails,
        }
    }
}

impl From<&Month> for MonthView {
    fn from(Month { name, counts }: &Month) -> Self {
        let micros = counts.amounts.get(CURRENCY.code()).copied().unwrap_or_default();
        Self {
            month: name.clone(),
            renewals: counts.renewed,
            amount: Money::from_micros(micros, CURRENCY).amount(),
            currency: CURRENCY.code(),
            past_due: counts.past_due,
            released: counts.released,
            returned: counts.returned,
            reloads: counts.reloads.captured,
        }
    }
}
