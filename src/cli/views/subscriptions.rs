//! Subscriptions as JSON.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::rental::SubscriptionRecord;

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
        // Dates beyond the calendar cannot be shown; billing the rental reports them.
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
