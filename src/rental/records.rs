//! Subscriptions with their accounts.

use chrono::NaiveDate;

use super::{Msisdn, Subscription, SubscriptionStatus};
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
    pub status: Option<SubscriptionStatus>,
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

/// A new subscription with its agreed prices.
#[derive(Debug, Clone)]
pub struct Rental {
    pub account: AccountId,
    pub subscription: Subscription,
    pub setup_price: Money,
    pub on: NaiveDate,
}
