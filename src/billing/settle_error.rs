//! Why a change of one account was not made.

use thiserror::Error;

use crate::decision::BrokenSnapshot;
use crate::ids::{AccountId, ReloadId};
use crate::ledger::PostError;
use crate::money::Money;
use crate::rental::Msisdn;
use crate::store::StoreError;

/// Why a change of one account was not made. The account is unchanged.
#[derive(Debug, Error)]
pub enum SettleError {
    #[error("there is no account {0}")]
    UnknownAccount(AccountId),
    /// The account cannot have another subscription.
    #[error("the account's count of subscriptions is broken")]
    TooMany,
    /// The subscription ended while the change was made.
    #[error("the rental of {0} has ended already")]
    RentalEnded(Msisdn),
    /// The balance does not cover it, or it is in another currency.
    #[error(transparent)]
    Refused(#[from] PostError),
    /// The balance does not cover it, and the card did not pay.
    #[error("{short}; {not_funded}")]
    NotFunded { short: PostError, not_funded: NotFunded },
    /// The account's data contradict each other.
    #[error(transparent)]
    Broken(#[from] BrokenSnapshot),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why no money was raised by card.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotFunded {
    #[error("there is no auto-reload in force")]
    NoOrder,
    /// A booking by hand is never paid by card.
    #[error("a booking is not paid by card")]
    Booking,
    #[error("the day's reloads are used up")]
    UsedUp,
    /// All reloads that are left today are not enough.
    #[error("the reloads that are left today come to {0} at most")]
    OutOfReach(Money),
    /// `retry_after` has not passed since the last decline.
    #[error("the card was declined a short time ago")]
    Later,
    /// With the gateway's reason.
    #[error("the card was declined: {0}")]
    Declined(String),
    /// The outcome of the reload is not yet known.
    #[error("it is not known yet whether the card was charged: {reason}")]
    Open { id: ReloadId, reason: String },
}
