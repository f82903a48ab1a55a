//! The contents of notices: plain data, stored as one JSON object with the notice.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::Kind;
use crate::money::{Money, MoneyError};

/// The content of a notice; the variants are those of [`Kind`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    Renewed(Receipt),
    RenewalAhead(Ahead),
    LowBalance(LowBalance),
    ReloadCaptured(Captured),
    ReloadDeclined(Declined),
    AutoReloadSwitchedOff(SwitchedOff),
    PastDue(PastDue),
    Released(Released),
    PriceChange(PriceChange),
    Correction(Correction),
    Report(Box<Report>),
    RunFailed(RunFailed),
}

/// The first phone numbers of a list, and the count and total of all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing<T> {
    /// At most `LISTED_MAX`.
    pub first: Vec<T>,
    pub count: u64,
    pub total: Money,
}

/// The maximum number of phone numbers that a mail names. The others are counted.
pub const LISTED_MAX: usize = 50;

impl<T> Listing<T> {
    /// An empty list with amounts in the currency of `zero`.
    pub const fn empty(zero: Money) -> Self {
        Self { first: Vec::new(), count: 0, total: zero }
    }

    /// Adds an item of `amount`.
    ///
    /// # Errors
    /// [`MoneyError`] if the total overflows.
    pub fn push(&mut self, item: T, amount: Money) -> Result<(), MoneyError> {
        self.total = self.total.plus(amount)?;
        self.count += 1;
        if self.first.len() < LISTED_MAX {
            self.first.push(item);
        }
        Ok(())
    }

    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn append(&mut self, other: Self) -> Result<(), MoneyError> {
        self.total = self.total.plus(other.total)?;
        self.count += other.count;
        let room = LISTED_MAX.saturating_sub(self.first.len());
        self.first.extend(other.first.into_iter().take(room));
        Ok(())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub numbers: Listing<Charged>,
    /// After the renewals.
    pub balance: Money,
}

/// One period that was paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charged {
    /// E.164 without `+`, or a short code.
    pub number: String,
    /// The period's first day.
    pub start: NaiveDate,
    /// The first day after it.
    pub end: NaiveDate,
    pub price: Money,
}

/// The renewals of the next days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ahead {
    /// In the order of their dates.
    pub numbers: Listing<Upcoming>,
    pub balance: Money,
    /// The amount to add for everything that will be due by then; `None` if the balance covers it.
    pub missing: Option<Money>,
    /// Whether the card is charged for it.
    pub by_card: bool,
}

/// A future renewal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upcoming {
    /// E.164 without `+`, or a short code.
    pub number: String,
    /// The date of the renewal.
    pub on: NaiveDate,
    pub price: Money,
}

/// A balance below the account's own threshold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LowBalance {
    pub balance: Money,
    pub threshold: Money,
}

/// A card that was charged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captured {
    /// The amount of each charge.
    pub reloads: Vec<Money>,
    pub total: Money,
    /// After everything that was paid with it.
    pub balance: Money,
}

/// A card that was declined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declined {
    /// The amount of the declined charge.
    pub amount: Money,
    /// The gateway's message.
    pub reason: String,
    pub balance: Money,
    /// The number of further attempts before auto-reload is switched off.
    pub tries_left: u32,
}

/// Auto-reload was switched off after declines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchedOff {
    /// The amount of the last declined charge.
    pub amount: Money,
    /// The gateway's message.
    pub reason: String,
    /// Declines in a row.
    pub declines: u32,
    pub balance: Money,
}

/// Renewals that could not be paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastDue {
    /// The numbers that became past due.
    pub numbers: Listing<Unpaid>,
    pub balance: Money,
    /// The amount to add to pay everything that is due.
    pub missing: Money,
    /// Whether a charge to the card is still open. No number is released before its outcome is known.
    pub by_card: bool,
}

/// One renewal that could not be paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unpaid {
    /// E.164 without `+`, or a short code.
    pub number: String,
    pub due_on: NaiveDate,
    pub price: Money,
    /// The first day on which the number can be released.
    pub kept_until: NaiveDate,
}

/// Numbers that were released because they were not paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Released {
    /// The amounts are the monthly prices.
    pub numbers: Listing<Freed>,
    pub balance: Money,
}

/// A number that was released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freed {
    /// E.164 without `+`, or a short code.
    pub number: String,
    /// The monthly price.
    pub price: Money,
    /// The last day on which only this account can rent it; `None` if it is on sale at once.
    pub buy_back_until: Option<NaiveDate>,
    /// Whether several accounts can rent it at once. False in notices from before this field.
    #[serde(default)]
    pub is_shared: bool,
}

/// The report of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// `complete` or `held`.
    pub status: String,
    /// Accounts with something due.
    pub accounts: u64,
    /// Periods charged.
    pub renewed: u64,
    /// The sum of the charges, one amount for each currency.
    pub amounts: Vec<Money>,
    /// Subscriptions that became past due.
    pub past_due: u64,
    /// Subscriptions that were released.
    pub released: u64,
    /// Subscriptions that the guard held back from release.
    pub held_back: u64,
    /// Numbers that went back on sale.
    pub returned: u64,
    pub reloads: ReportReloads,
    /// The first accounts that could not be billed.
    pub unbilled: Vec<Unbilled>,
    /// The number of all accounts that could not be billed.
    pub unbilled_count: u64,
    /// The oldest due date that is still not charged.
    pub oldest_unbilled: Option<NaiveDate>,
    /// Notices that were given up since the previous day.
    pub failed_notices: u64,
    /// Days without a run just before this one.
    pub missed_days: u64,
    /// The last thirty days, oldest first.
    pub days: Vec<Day>,
    /// Why the clock guard holds the run, if it does.
    pub clock_fault: Option<String>,
}

/// Reloads of a run, by outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportReloads {
    pub captured: u64,
    pub declined: u64,
    /// The outcome is not known yet.
    pub in_doubt: u64,
}

/// An account that could not be billed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unbilled {
    /// The key of the account.
    pub account: String,
    pub reason: String,
}

/// One day in the chart of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    pub on: NaiveDate,
    /// Whether there was a run.
    pub was_run: bool,
    /// Periods charged.
    pub renewed: u64,
    /// Subscriptions released.
    pub released: u64,
}

/// What a run did by mistake, and what was done about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// The billing date of the run.
    pub run_on: NaiveDate,
    /// The charges that were reversed.
    pub reversed: Listing<Charged>,
    /// Numbers that had been released and are rented again.
    pub restored: Vec<String>,
    /// Numbers that had been released and that another account has rented since.
    pub lost: Vec<String>,
    pub balance: Money,
}

/// All price changes that are agreed now. Empty if an earlier change was cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceChange {
    /// In the order of their dates, one entry for each change. The total is the sum of the last prices.
    pub numbers: Listing<Repriced>,
    /// The sum of the present prices of these numbers.
    pub total_now: Money,
}

/// A new price of a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repriced {
    /// E.164 without `+`, or a short code.
    pub number: String,
    /// The first renewal with the new price.
    pub on: NaiveDate,
    /// The price of a period before.
    pub now: Money,
    /// The new price.
    pub price: Money,
}

/// A failed run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFailed {
    pub reason: String,
    pub remedies: Vec<String>,
}

impl Content {
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Renewed(_) => Kind::Renewed,
            Self::RenewalAhead(_) => Kind::RenewalAhead,
            Self::LowBalance(_) => Kind::LowBalance,
            Self::ReloadCaptured(_) => Kind::ReloadCaptured,
            Self::ReloadDeclined(_) => Kind::ReloadDeclined,
            Self::AutoReloadSwitchedOff(_) => Kind::AutoReloadSwitchedOff,
            Self::PastDue(_) => Kind::PastDue,
            Self::Released(_) => Kind::Released,
            Self::PriceChange(_) => Kind::PriceChange,
            Self::Correction(_) => Kind::Correction,
            Self::Report(_) => Kind::Report,
            Self::RunFailed(_) => Kind::RunFailed,
        }
    }

    /// Merges `later` into this content, so that one mail reports both: lists are joined, the other fields are
    /// those of `later`.
    ///
    /// # Errors
    /// [`MoneyError`] if a total overflows.
    pub fn merge(&mut self, later: Self) -> Result<(), MoneyError> {
        match (&mut *self, later) {
            (Self::Renewed(mine), Self::Renewed(Receipt { numbers, balance })) => {
                mine.numbers.append(numbers)?;
                mine.balance = balance;
            }
            (
                Self::RenewalAhead(mine),
                Self::RenewalAhead(Ahead { numbers, balance, missing, by_card }),
            ) => {
                mine.numbers.append(numbers)?;
                mine.balance = balance;
                mine.missing = missing;
                mine.by_card = by_card;
            }
            (
                Self::ReloadCaptured(mine),
                Self::ReloadCaptured(Captured { reloads, total, balance }),
            ) => {
                mine.total = mine.total.plus(total)?;
                mine.reloads.extend(reloads);
                mine.balance = balance;
            }
            (
                Self::Correction(mine),
                Self::Correction(Correction { run_on: _, reversed, restored, lost, balance }),
            ) => {
                mine.reversed.append(reversed)?;
                mine.restored.extend(restored);
                mine.lost.extend(lost);
                mine.balance = balance;
            }
            (
                Self::PastDue(mine),
                Self::PastDue(PastDue { numbers, balance, missing, by_card }),
            ) => {
                mine.numbers.append(numbers)?;
                mine.balance = balance;
                mine.missing = missing;
                mine.by_card = by_card;
            }
            (Self::Released(mine), Self::Released(Released { numbers, balance })) => {
                mine.numbers.append(numbers)?;
                mine.balance = balance;
            }
            // The later content of these kinds says everything.
            (
                mine,
                later @ (Self::LowBalance(_)
                | Self::ReloadDeclined(_)
                | Self::AutoReloadSwitchedOff(_)
                | Self::PriceChange(_)
                | Self::Report(_)
                | Self::RunFailed(_)),
            ) => *mine = later,
            // Contents of different kinds, which are not merged. Each kind in this list has an arm above.
            (
                mine,
                later @ (Self::Renewed(_)
                | Self::RenewalAhead(_)
                | Self::ReloadCaptured(_)
                | Self::PastDue(_)
                | Self::Released(_)
                | Self::Correction(_)),
            ) => *mine = later,
        }
        Ok(())
    }
}
