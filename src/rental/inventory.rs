//! The inventory: numbers with where they stand, and what to search for among those on sale.

use super::{Number, NumberStatus};
use crate::money::Currency;

/// A number and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InventoryNumber {
    /// The number.
    pub number: Number,
    /// Where it stands.
    pub status: NumberStatus,
}

/// How a pattern of digits is to match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// The number starts with it.
    Starts,
    /// The number contains it.
    Contains,
    /// The number ends with it.
    Ends,
}

/// What to look for among the numbers on sale.
#[derive(Debug, Clone)]
pub struct NumberSearch {
    /// ISO 3166, two letters in upper case.
    pub country: String,
    /// A type, or any.
    pub kind: Option<String>,
    /// All of these, sorted.
    pub features: Vec<String>,
    /// Digits and how they match.
    pub pattern: Option<(String, Match)>,
    /// What it is sold in, or any.
    pub currency: Option<Currency>,
    /// Results to skip.
    pub offset: u32,
    /// Results to return at most.
    pub limit: u32,
}
