//! Accounts and their standing orders as JSON. Money is a decimal string with its currency beside it.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::account::Account;
use crate::money::Money;
use crate::reload::{AutoReload, OrderStatus};

/// An account.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct AccountView {
    /// 8 hexadecimal characters.
    pub key: String,
    /// The customer's name.
    pub name: String,
    /// Where notices go.
    pub email: String,
    /// ISO 4217.
    pub currency: String,
    /// What is left.
    pub balance: Decimal,
    /// How far below zero the balance may go.
    pub credit_limit: Decimal,
    /// Its own threshold for the low-balance notice.
    pub low_balance: Option<Decimal>,
    /// Kinds of notices that it does without.
    pub notices_off: Vec<&'static str>,
    /// Its standing order for reloads, if one is in force.
    pub auto_reload: Option<AutoReloadView>,
    /// Its latest order, where that is not in force any more.
    pub auto_reload_ended: Option<AutoReloadView>,
    /// `open` or `closed`.
    pub status: &'static str,
}

/// A standing order for reloads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct AutoReloadView {
    /// Below this balance the card is charged.
    pub threshold: Decimal,
    /// What it is charged a multiple of.
    pub amount: Decimal,
    /// What is charged, as the gateway names it.
    pub payment_method: String,
    /// Whose that is at the gateway.
    pub customer: Option<String>,
    /// `on`, `off` (by the operator) or `switched_off` (after declines).
    pub status: &'static str,
    /// Declines in a row so far.
    pub declines: u32,
    /// When the latest of them came.
    pub declined_at: Option<DateTime<Utc>>,
}

impl From<&AutoReload> for AutoReloadView {
    fn from(order: &AutoReload) -> Self {
        Self {
            threshold: order.threshold.amount(),
            amount: order.amount.amount(),
            payment_method: order.payment_method.id.clone(),
            customer: order.payment_method.customer.clone(),
            status: order.status.as_str(),
            declines: order.declines,
            declined_at: order.declined_at,
        }
    }
}

impl From<&Account> for AccountView {
    fn from(account: &Account) -> Self {
        let order = |is_on| {
            let order = account.auto_reload.as_ref();
            order.filter(|it| (it.status == OrderStatus::On) == is_on).map(AutoReloadView::from)
        };
        Self {
            key: account.id.to_string(),
            name: account.name.clone(),
            email: account.email.clone(),
            currency: account.balance.currency().code().to_owned(),
            balance: account.balance.amount(),
            credit_limit: account.credit_limit.amount(),
            low_balance: account.low_balance.map(Money::amount),
            notices_off: account.notices_off.iter().map(|kind| kind.as_str()).collect(),
            auto_reload: order(true),
            auto_reload_ended: order(false),
            status: if account.is_open { "open" } else { "closed" },
        }
    }
}
