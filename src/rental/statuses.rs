//! What the status of a number or a subscription can be, for lists.

use std::str::FromStr;

use thiserror::Error;

use crate::text::quoted;

/// A word that is not a status.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{} is not a status of a {thing}", quoted(.word))]
pub struct UnknownStatus {
    word: String,
    thing: &'static str,
    /// Every status that there is.
    pub known: &'static [&'static str],
}

/// The status of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberStatusKind {
    Available,
    Rented,
    Held,
    Retired,
}

impl NumberStatusKind {
    pub const WORDS: [&'static str; 4] = ["available", "rented", "held", "retired"];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Rented => "rented",
            Self::Held => "held",
            Self::Retired => "retired",
        }
    }
}

impl FromStr for NumberStatusKind {
    type Err = UnknownStatus;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        [Self::Available, Self::Rented, Self::Held, Self::Retired]
            .into_iter()
            .find(|status| status.as_str() == word)
            .ok_or_else(|| {
                let (word, thing) = (word.to_owned(), "number");
                UnknownStatus { word, thing, known: &Self::WORDS }
            })
    }
}

/// The status of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscriptionStatus {
    Active,
    PastDue,
    Ended,
}

impl SubscriptionStatus {
    pub const WORDS: [&'static str; 3] = ["active", "past_due", "ended"];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::PastDue => "past_due",
            Self::Ended => "ended",
        }
    }
}

impl FromStr for SubscriptionStatus {
    type Err = UnknownStatus;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        [Self::Active, Self::PastDue, Self::Ended]
            .into_iter()
            .find(|status| status.as_str() == word)
            .ok_or_else(|| {
                let (word, thing) = (word.to_owned(), "subscription");
                UnknownStatus { word, thing, known: &Self::WORDS }
            })
    }
}
