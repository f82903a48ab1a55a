//! Subscriptions beside the account that rents.

use chrono::NaiveDate;

use super::{Msisdn, Subscription};
use crate::ids::AccountId;
use crate::money::Money;

/// A subscription and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionRecord {
    /// Whose.
    pub account: AccountId,
    /// What.
    pub subscription: Subscription,
}

/// Which subscriptions to list; `None` means any.
#[derive(Debug, Clone, Default)]
pub struct SubscriptionFilter {
    /// Of this account.
    pub account: Option<AccountId>,
    /// Of this number.
    pub msisdn: Option<Msisdn>,
    /// `active`, `past_due`, `ended`.
    pub status: Option<String>,
    /// Live, and renewing on this date or before.
    pub due_by: Option<NaiveDate>,
    /// Only those that have not ended.
    pub only_live: bool,
}

impl SubscriptionFilter {
    /// What the account rents now: the number, or whatever it is.
    pub fn live_of(account: Option<AccountId>, msisdn: Option<&Msisdn>) -> Self {
        Self { account, msisdn: msisdn.cloned(), only_live: true, ..Self::default() }
    }
}

/// A subscription that begins, with the price that its renter was told.
#[derive(Debug, Clone)]
pub struct Rental {
    /// Who rents.
    pub account: AccountId,
    /// The new subscription.
    pub subscription: Subscription,
    /// What the inventory asked for the setup.
    pub setup_price: Money,
    /// The day of rental.
    pub on: NaiveDate,
}
