//! What an account's history is made of: transfers, rentals and held runs, as the tables have them.

use chrono::{DateTime, NaiveDate, Utc};

use crate::calendar::Period;
use crate::ids::AccountId;
use crate::ledger::Code;
use crate::money::{Currency, Money};
use crate::rental::Prices;

/// Which part of an account's history to read. Both dates are included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub account: AccountId,
    /// The currency of the account.
    pub currency: Currency,
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    /// At most this many, the newest.
    pub limit: u32,
}

/// A transfer, with the rental or the reload that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferFact {
    /// Sequence number within the account: 1-based, without gaps.
    pub sequence: i64,
    /// The billing date.
    pub on: NaiveDate,
    pub at: DateTime<Utc>,
    pub code: Code,
    /// Positive if it increases the balance.
    pub amount: Money,
    pub balance_after: Money,
    /// The operator's reference, or the id of the reload.
    pub reference: Option<String>,
    /// The operator's reason.
    pub reason: Option<String>,
    /// The number, and the first day of its rental.
    pub rental: Option<(String, NaiveDate)>,
    pub period: Option<Period>,
    /// The reload's name at the gateway, and its reason.
    pub reload: (Option<String>, Option<String>),
}

/// How a subscription began and ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RentalFact {
    /// Sequence number within the account: 1-based, without gaps.
    pub ordinal: i64,
    pub msisdn: String,
    pub started_on: NaiveDate,
    pub prices: Prices,
    /// The first day of the first period that is not charged.
    pub next_renewal_on: NaiveDate,
    /// Billing date of the first failed attempt to charge the oldest unpaid period.
    pub past_due_since: Option<NaiveDate>,
    /// The subscription ends, or ended, instead of renewing.
    pub ends_at_period_end: bool,
    /// The date, and the reason: `cancelled` or `unfunded`.
    pub ended: Option<(NaiveDate, String)>,
    /// Why the account's previous rental of the same number ended.
    pub before: Option<String>,
}

/// A run that held back releases while the account had something past due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldFact {
    /// The billing date.
    pub on: NaiveDate,
    pub approved_at: Option<DateTime<Utc>>,
}
