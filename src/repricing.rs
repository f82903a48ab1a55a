//! Repricings: orders that change the monthly price of all numbers of one tariff.

use chrono::{DateTime, Utc};

use crate::money::Currency;
use crate::rental::{NewPrice, NumberType};

/// Numbers that have one price: those of a country and a type that are sold in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Tariff {
    /// ISO 3166, two letters in upper case.
    pub country: String,
    pub kind: NumberType,
    pub currency: Currency,
}

/// An order to change the price of a tariff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repricing {
    pub price: NewPrice,
    pub ordered_at: DateTime<Utc>,
}
