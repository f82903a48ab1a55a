//! Numbers as JSON.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::configurations::ConfigurationView;
use crate::operations::numbers::search::FoundNumbers;
use crate::operations::numbers::show::ShownNumber;
use crate::operations::rentals::rent_any::RentPreview;
use crate::rental::{InventoryNumber, NumberStatus};

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

impl From<&ShownNumber> for InventoryView {
    fn from(it: &ShownNumber) -> Self {
        let configuration = it.configuration.as_ref().map(ConfigurationView::from);
        Self { configuration, ..Self::from(&it.number) }
    }
}

/// One page of what was found.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Found")]
pub struct FoundView {
    /// How many there are on all pages.
    pub count: u64,
    /// This page, in order.
    pub numbers: Vec<NumberView>,
}

impl From<&FoundNumbers> for FoundView {
    fn from(it: &FoundNumbers) -> Self {
        Self { count: it.count, numbers: it.numbers.iter().map(NumberView::from).collect() }
    }
}

/// What would be rented, and what that takes.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
#[schemars(rename = "RentPreview")]
pub struct RentPreviewView {
    /// The key of who would rent.
    pub account: String,
    /// The numbers, in order.
    pub numbers: Vec<NumberView>,
    /// The setup prices and first periods of all of them.
    pub total: Decimal,
    /// What the account can spend, its credit limit included.
    pub available: Decimal,
    /// What it would lack; 0 where the balance covers all.
    pub missing: Decimal,
    /// ISO 4217.
    pub currency: String,
    /// Whether a standing order would be asked for what is missing.
    pub auto_reload: bool,
}

impl From<&RentPreview> for RentPreviewView {
    fn from(it: &RentPreview) -> Self {
        Self {
            account: it.account.to_string(),
            numbers: it.numbers.iter().map(NumberView::from).collect(),
            total: it.total.amount(),
            available: it.available.amount(),
            missing: it.missing.amount(),
            currency: it.total.currency().code().to_owned(),
            auto_reload: it.has_auto_reload,
        }
    }
}
