//! The objects of the JSON interface (DESIGN 4). Money is a decimal string with its currency
//! beside it.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::account::Account;
use crate::money::Money;
use crate::reload::{AutoReload, OrderStatus};
use crate::rental::configuration::Configuration;
use crate::rental::{InventoryNumber, NumberStatus, SubscriptionRecord};

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

/// A number as it is offered.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct NumberView {
    /// E.164 without `+`, or a short code.
    pub msisdn: String,
    /// ISO 3166.
    pub country: String,
    /// `landline`, `mobile-lvn`, `landline-toll-free` or `shortcode`.
    pub r#type: &'static str,
    /// Such as `SMS`, `VOICE`.
    pub features: Vec<String>,
    /// What a period costs.
    pub monthly_price: Decimal,
    /// What renting it costs once.
    pub setup_price: Decimal,
    /// ISO 4217.
    pub currency: String,
}

impl From<&InventoryNumber> for NumberView {
    fn from(found: &InventoryNumber) -> Self {
        let number = &found.number;
        Self {
            msisdn: number.msisdn.to_string(),
            country: number.country.clone(),
            r#type: number.kind.as_str(),
            features: number.features.clone(),
            monthly_price: number.monthly_price.amount(),
            setup_price: number.setup_price.amount(),
            currency: number.monthly_price.currency().code().to_owned(),
        }
    }
}

/// A number and where it stands.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct InventoryView {
    /// The number.
    #[serde(flatten)]
    pub number: NumberView,
    /// Whether many accounts may rent it at once.
    pub shared: bool,
    /// `available`, `rented`, `held` or `retired`.
    pub status: &'static str,
    /// The key of the account that rents it; a shared number's renters are its subscriptions'.
    pub rented_by: Option<String>,
    /// The key of the account that may rent it again.
    pub held_for: Option<String>,
    /// The day on which it goes back on sale.
    pub held_until: Option<NaiveDate>,
    /// How its renter has it configured; only where one rented number is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration: Option<ConfigurationView>,
}

impl From<&InventoryNumber> for InventoryView {
    fn from(found: &InventoryNumber) -> Self {
        let (rented_by, held_for, held_until) = match &found.status {
            NumberStatus::Rented(account) => (Some(account.to_string()), None, None),
            NumberStatus::Held { account, until } => {
                (None, Some(account.to_string()), Some(*until))
            }
            NumberStatus::Available | NumberStatus::Retired => (None, None, None),
        };
        Self {
            number: found.into(),
            shared: found.number.is_shared,
            status: found.status.as_str(),
            rented_by,
            held_for,
            held_until,
            configuration: None,
        }
    }
}

/// How a rented number is configured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct ConfigurationView {
    /// The webhook that messages to the number go to.
    pub inbound_sms_url: Option<String>,
    /// Where calls to the number go.
    pub voice_callback: Option<VoiceCallbackView>,
    /// The webhook that is told the state of calls.
    pub voice_status_url: Option<String>,
    /// The application that the number belongs to.
    pub application: Option<String>,
    /// The `system_type` that the number has over SMPP.
    pub smpp_system_type: Option<String>,
}

/// Where calls to a number go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct VoiceCallbackView {
    /// `sip`, `tel` or `url`.
    pub r#type: &'static str,
    /// A SIP address with its scheme, a number in E.164 without `+`, or a webhook.
    pub value: String,
}

impl From<&Configuration> for ConfigurationView {
    fn from(it: &Configuration) -> Self {
        let callback = it.voice_callback.as_ref();
        Self {
            inbound_sms_url: it.inbound_sms_url.as_ref().map(|url| url.as_str().to_owned()),
            voice_callback: callback.map(|callback| VoiceCallbackView {
                r#type: callback.kind(),
                value: callback.value().to_owned(),
            }),
            voice_status_url: it.voice_status_url.as_ref().map(|url| url.as_str().to_owned()),
            application: it.application.as_ref().map(|name| name.as_str().to_owned()),
            smpp_system_type: it.smpp_system_type.as_ref().map(|word| word.as_str().to_owned()),
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
    /// The billing date of the run that first tried the oldest unpaid period in vain.
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
