//! Money that was booked by hand.

use rust_decimal::Decimal;
use serde::Serialize;

use crate::operations::accounts::book::Booked;
use crate::operations::accounts::refund::Refunded;

/// What was booked.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Booked")]
pub struct BookedView {
    /// The account's key.
    pub key: String,
    /// The balance after what was due was paid from it.
    pub balance: Decimal,
    /// ISO 4217.
    pub currency: String,
    /// Whether it was booked now. False if the same amount was booked under the reference before.
    pub booked: bool,
}

impl From<&Booked> for BookedView {
    fn from(it: &Booked) -> Self {
        Self {
            key: it.account.to_string(),
            balance: it.balance.amount(),
            currency: it.balance.currency().code().to_owned(),
            booked: it.is_new,
        }
    }
}

/// What was refunded.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Refunded")]
pub struct RefundedView {
    /// The account's key.
    pub key: String,
    /// What is paid back.
    pub amount: Decimal,
    /// The balance afterwards.
    pub balance: Decimal,
    /// ISO 4217.
    pub currency: String,
    /// Whether it was booked now. False if the same amount was booked under the reference before.
    pub booked: bool,
}

impl From<&Refunded> for RefundedView {
    fn from(it: &Refunded) -> Self {
        Self {
            key: it.account.to_string(),
            amount: it.amount.amount(),
            balance: it.balance.amount(),
            currency: it.balance.currency().code().to_owned(),
            booked: it.is_new,
        }
    }
}
