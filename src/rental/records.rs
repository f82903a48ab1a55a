//! Subscriptions beside the account that rents.

use chrono::NaiveDate;

use super::{Msisdn, Subscription};
use crate::ids::AccountId;
use crate::money::Money;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionRecord {
    pub account: AccountId,
    pub subscription: Subscription,
}

/// Which subscriptions to list. `None` matches all.
#[derive(Debug, Clone, Default)]
pub struct SubscriptionFilter {
    pub account: Option<AccountId>,
    pub msisdn: Option<Msisdn>,
    /// `active`, `past_due`, `ended`.
    pub status: Option<String>,
    /// Live, with the next renewal on or before this date.
    pub due_by: Option<NaiveDate>,
    pub only_live: bool,
}

impl SubscriptionFilter {
    /// The live subscriptions of the account, of one number or of all.
    pub fn live_of(account: Option<AccountId>, msisdn: Option<&Msisdn>) -> Self {
        Self { account, msisdn: msisdn.cloned(), only_live: true, ..Self::default() }
    }
}

/// A subscription that begins, with the prices that were agreed.
#[derive(Debug, Clone)]
pub struct Rental {
    pub account: AccountId,
    pub subscription: Subscription,
    pub setup_price: Money,
    pub on: NaiveDate,
}
