//! The inventory: numbers with their status, and searches among the numbers on sale.

use super::{Number, NumberStatus, NumberType};
use crate::money::Currency;

/// A number of the inventory with its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InventoryNumber {
    pub number: Number,
    pub status: NumberStatus,
}

/// How a pattern of digits matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// The number starts with it.
    Starts,
    /// The number contains it.
    Contains,
    /// The number ends with it.
    Ends,
}

/// A search among the numbers on sale.
#[derive(Debug, Clone)]
pub struct NumberSearch {
    /// ISO 3166, two letters in upper case.
    pub country: String,
    /// `None` matches all types.
    pub kind: Option<NumberType>,
    /// The number must have all of these. Sorted.
    pub features: Vec<String>,
    pub pattern: Option<(String, Match)>,
    /// `None` matches all currencies.
    pub currency: Option<Currency>,
    pub offset: u32,
    pub limit: u32,
}
