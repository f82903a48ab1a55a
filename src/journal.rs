//! The journal: what is changed of an account by hand, noted in the transaction of the change, since the
//! tables that it overwrites forget what they said before.
//!
//! What billing does by itself stands in the ledger, the reloads and the notices; together they are an
//! account's history. To note something more: a variant here, its columns in `store::accounts::journal`, its words
//! in `operations::account_history::journal`.

use chrono::NaiveDate;

use crate::money::Money;

/// One thing that was changed. Subscriptions are meant by their ordinals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A standing order was set, in place of any earlier one.
    AutoReloadSet(StandingOrder),
    /// The standing order was taken off.
    AutoReloadOff(StandingOrder),
    /// A subscription is to end instead of renewing.
    EndsAtPeriodEnd {
        /// Which one.
        subscription: i64,
        /// The day on which it would renew.
        on: NaiveDate,
    },
    /// That was taken back.
    Kept {
        /// Which one.
        subscription: i64,
        /// The day on which it renews now.
        on: NaiveDate,
    },
    /// A subscription ended at once.
    Cancelled {
        /// Which one.
        subscription: i64,
    },
    /// A subscription costs something else from some renewal on.
    PriceAgreed {
        /// Which one.
        subscription: i64,
        /// What a period costs, as agreed for that renewal before and now.
        price: Change<Money>,
        /// The day of that renewal.
        from: NaiveDate,
    },
    /// The customer has another name.
    NameChanged(Change<String>),
    /// Notices go elsewhere.
    EmailChanged(Change<String>),
    /// The balance below which the account is told; none where it is not.
    LowBalanceChanged(Change<Option<Money>>),
    /// The account does without this kind of notices.
    NoticeSwitchedOff(String),
    /// The account has this kind of notices again.
    NoticeSwitchedOn(String),
    /// The account was closed. What ended with it is noted before it, in the same change.
    AccountClosed,
}

/// What a standing order says: below `threshold`, charge a multiple of `amount`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingOrder {
    /// The balance below which it charges.
    pub threshold: Money,
    /// What it charges a multiple of.
    pub amount: Money,
    /// What it charges, as the gateway names it.
    pub payment_method: String,
}

/// What was and what is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change<T> {
    /// What was.
    pub before: T,
    /// What is.
    pub after: T,
}

impl<T: Clone + PartialEq> Change<T> {
    /// From `before` to `after`, where they differ.
    pub fn find(before: &T, after: &T) -> Option<Self> {
        (before != after).then(|| Self { before: before.clone(), after: after.clone() })
    }
}

impl Event {
    /// As it is stored and shown.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::AutoReloadSet(_) => "auto_reload_set",
            Self::AutoReloadOff(_) => "auto_reload_off",
            Self::EndsAtPeriodEnd { .. } => "ends_at_period_end",
            Self::Kept { .. } => "kept",
            Self::Cancelled { .. } => "cancelled",
            Self::PriceAgreed { .. } => "price_agreed",
            Self::NameChanged(_) => "name_changed",
            Self::EmailChanged(_) => "email_changed",
            Self::LowBalanceChanged(_) => "low_balance_changed",
            Self::NoticeSwitchedOff(_) => "notice_switched_off",
            Self::NoticeSwitchedOn(_) => "notice_switched_on",
            Self::AccountClosed => "account_closed",
        }
    }
}
