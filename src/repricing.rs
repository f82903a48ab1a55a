//! Repricings: orders that change the monthly price of all numbers of one tariff.

use chrono::{DateTime, Utc};

use crate::money::Currency;
use crate::rental::{NewPrice, NumberType};

/// Numbers that have one price: those of a country and a type that are sold in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Tariff {
    /// ISO 3166, two letters in upper case.
    pub country: String,
    /// Of this type.
    pub kind: NumberType,
    /// What they are sold in.
    pub currency: Currency,
}

/// An order for a tariff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repricing {
    /// The price, from when it holds, and when it was ordered.
    pub price: NewPrice,
    /// The instant of the order.
    pub ordered_at: DateTime<Utc>,
}
