//! Reloads as JSON.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::reload::Reload;
use crate::run::RunCounts;

/// A reload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct ReloadView {
    /// Its name, here and at the gateway.
    pub id: String,
    /// The account's key.
    pub account: String,
    /// What is charged.
    pub amount: Decimal,
    /// ISO 4217.
    pub currency: String,
    /// `requested`, `in_doubt`, `captured`, `declined` or `lapsed`.
    pub status: &'static str,
    /// How often the gateway was asked.
    pub attempts: u32,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// When its outcome was recorded.
    pub settled_at: Option<DateTime<Utc>>,
    /// Why it stands where it stands.
    pub reason: Option<String>,
    /// What is charged by.
    pub payment_method: String,
    /// Whose that is at the gateway.
    pub customer: Option<String>,
    /// Which gateway was asked.
    pub gateway: Option<String>,
    /// What the gateway calls it.
    pub reference: Option<String>,
}

impl From<&Reload> for ReloadView {
    fn from(reload: &Reload) -> Self {
        Self {
            id: reload.id.to_string(),
            account: reload.id.account().to_string(),
            amount: reload.amount.amount(),
            currency: reload.amount.currency().code().to_owned(),
            status: reload.status.as_str(),
            attempts: reload.attempts,
            requested_at: reload.requested.at,
            settled_at: reload.settled.map(|settled| settled.at),
            reason: reload.reason.clone(),
            payment_method: reload.payment_method.id.clone(),
            customer: reload.payment_method.customer.clone(),
            gateway: reload.gateway.clone(),
            reference: reload.reference.clone(),
        }
    }
}

/// What a check did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct CheckReport {
    /// Reloads asked for.
    pub requested: u64,
    /// Reloads paid.
    pub captured: u64,
    /// Reloads refused.
    pub declined: u64,
    /// Reloads that are still open.
    pub in_doubt: u64,
    /// Periods that the money paid for.
    pub renewed: u64,
}

impl From<RunCounts> for CheckReport {
    fn from(done: RunCounts) -> Self {
        Self {
            requested: done.reloads.requested,
            captured: done.reloads.captured,
            declined: done.reloads.declined,
            in_doubt: done.reloads.in_doubt,
            renewed: done.renewed,
        }
    }
}
