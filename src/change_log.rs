//! The change log: what is changed by hand. An entry is written in the transaction of the change, because the tables
//! that the change updates do not keep the old values.
//!
//! What a run does is recorded in the ledger, the reloads and the notices. Together they are an account's history.
//! To log something more, add a variant here, its columns in `store::accounts::change_log` and its sentence in
//! `operations::accounts::history::change_log`.

use chrono::NaiveDate;

use crate::money::Money;

/// One thing that was changed. `subscription` is the subscription's ordinal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeLogEntry {
    /// A standing order was set. It replaces any earlier one.
    AutoReloadSet(StandingOrder),
    AutoReloadOff(StandingOrder),
    /// A subscription will end on its renewal date instead of renewing.
    EndsAtPeriodEnd {
        subscription: i64,
        on: NaiveDate,
    },
    /// `EndsAtPeriodEnd` was taken back: the subscription renews on that date.
    Kept {
        subscription: i64,
        on: NaiveDate,
    },
    /// A subscription ended at once.
    Cancelled {
        subscription: i64,
    },
    /// A subscription that ended on a date goes on as if it had not.
    Reinstated {
        subscription: i64,
        ended_on: NaiveDate,
    },
    /// The price of a subscription changes with the renewal on `from`.
    PriceAgreed {
        subscription: i64,
        price: Change<Money>,
        from: NaiveDate,
    },
    NameChanged(Change<String>),
    EmailChanged(Change<String>),
    /// The balance below which a notice is sent; none: no notice.
    LowBalanceChanged(Change<Option<Money>>),
    NoticeSwitchedOff(String),
    NoticeSwitchedOn(String),
    /// The account was closed. The entries of what ended with it precede this one in the same change.
    AccountClosed,
}

/// If the balance is below `threshold`, a multiple of `amount` is charged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingOrder {
    pub threshold: Money,
    pub amount: Money,
    /// The gateway's identifier.
    pub payment_method: String,
}

/// The old and the new value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change<T> {
    pub before: T,
    pub after: T,
}

impl<T: Clone + PartialEq> Change<T> {
    /// The change from `before` to `after`, if they differ.
    pub fn find(before: &T, after: &T) -> Option<Self> {
        (before != after).then(|| Self { before: before.clone(), after: after.clone() })
    }
}

impl ChangeLogEntry {
    /// As it is stored and shown.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::AutoReloadSet(_) => "auto_reload_set",
            Self::AutoReloadOff(_) => "auto_reload_off",
            Self::EndsAtPeriodEnd { .. } => "ends_at_period_end",
            Self::Kept { .. } => "kept",
            Self::Cancelled { .. } => "cancelled",
            Self::Reinstated { .. } => "reinstated",
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
