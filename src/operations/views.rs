//! The objects of the JSON interface (DESIGN 4). Money is a decimal string with its currency
//! beside it.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::account::Account;
use crate::money::Money;
use crate::reload::{AutoReload, OrderStatus};
use crate::rental::SubscriptionRecord;

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
    /// Its own threshold for being told of a low balance.
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

/// A subscription.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct SubscriptionView {
    /// What is rented.
    pub number: String,
    /// The key of who rents.
    pub account: String,
    /// The first day.
    pub started_on: NaiveDate,
    /// The start of the next period to charge; none once it has ended.
    pub next_renewal_on: Option<NaiveDate>,
    /// What the period costs that was charged last.
    pub monthly_price: Decimal,
    /// What later ones cost, where another price is agreed.
    pub next_monthly_price: Option<Decimal>,
    /// The first renewal at that price.
    pub next_monthly_price_on: Option<NaiveDate>,
    /// ISO 4217.
    pub currency: String,
    /// `active`, `past_due` or `ended`.
    pub status: &'static str,
    /// The billing date of the run that could not charge the oldest unpaid period for the first time.
    pub past_due_since: Option<NaiveDate>,
    /// Whether it ends on `next_renewal_on` instead of renewing.
    pub ends_at_period_end: bool,
    /// When it ended.
    pub ended_on: Option<NaiveDate>,
    /// `cancelled` or `unfunded`.
    pub end_reason: Option<&'static str>,
}

impl From<&SubscriptionRecord> for SubscriptionView {
    fn from(record: &SubscriptionRecord) -> Self {
        let subscription = &record.subscription;
        let is_live = subscription.ended.is_none();
        // Dates beyond the calendar cannot be shown; whoever bills it says so.
        let present = subscription.present_price().unwrap_or(subscription.prices.agreed());
        let steps = subscription.price_steps().unwrap_or_default();
        let next = steps.first().filter(|_| is_live);
        Self {
            number: subscription.msisdn.to_string(),
            account: record.account.to_string(),
            started_on: subscription.started_on,
            next_renewal_on: subscription.next_renewal_on().ok().filter(|_| is_live),
            monthly_price: present.amount(),
            next_monthly_price: next.map(|step| step.price.amount()),
            next_monthly_price_on: next.map(|step| step.on),
            currency: present.currency().code().to_owned(),
            status: subscription.status(),
            past_due_since: subscription.past_due_since,
            ends_at_period_end: subscription.ends_at_period_end,
            ended_on: subscription.ended.map(|(on, _)| on),
            end_reason: subscription.ended.map(|(_, reason)| reason.as_str()),
        }
    }
}
