//! What the letters tell: plain data, stored as one JSON object with the notice.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::Kind;
use crate::money::{Money, MoneyError};

/// What there is to tell, by kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    /// See [`Kind::Renewed`].
    Renewed(Receipt),
    /// See [`Kind::RenewalAhead`].
    RenewalAhead(Ahead),
    /// See [`Kind::LowBalance`].
    LowBalance(LowBalance),
    /// See [`Kind::ReloadCaptured`].
    ReloadCaptured(Captured),
    /// See [`Kind::ReloadDeclined`].
    ReloadDeclined(Declined),
    /// See [`Kind::AutoReloadSwitchedOff`].
    AutoReloadSwitchedOff(SwitchedOff),
    /// See [`Kind::PastDue`].
    PastDue(PastDue),
    /// See [`Kind::Released`].
    Released(Released),
    /// See [`Kind::PriceChange`].
    PriceChange(PriceChange),
    /// See [`Kind::Report`].
    Report(Box<Report>),
    /// See [`Kind::RunFailed`].
    RunFailed(RunFailed),
}

/// Numbers in a letter: the first of them, and how many there are in all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing<T> {
    /// The first fifty.
    pub first: Vec<T>,
    /// How many there are in all.
    pub count: u64,
    /// What all of them come to.
    pub total: Money,
}

/// Numbers that a letter names; of the others it says how many they are.
pub const LISTED_MAX: usize = 50;

impl<T> Listing<T> {
    /// A list of nothing, for amounts of the currency of `zero`.
    pub const fn empty(zero: Money) -> Self {
        Self { first: Vec::new(), count: 0, total: zero }
    }

    /// Adds an item of `amount`.
    ///
    /// # Errors
    /// [`MoneyError`] where the total overflows.
    pub fn push(&mut self, item: T, amount: Money) -> Result<(), MoneyError> {
        self.total = self.total.plus(amount)?;
        self.count += 1;
        if self.first.len() < LISTED_MAX {
            self.first.push(item);
        }
        Ok(())
    }

    /// Whether there is nothing in it.
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

/// A receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// What was renewed.
    pub numbers: Listing<Charged>,
    /// What is left.
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
    /// What it cost.
    pub price: Money,
}

/// What will renew in the next days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ahead {
    /// What renews, the soonest first.
    pub numbers: Listing<Upcoming>,
    /// What is left now.
    pub balance: Money,
    /// What has to be added for everything that is due by then; nothing where the balance covers it.
    pub missing: Option<Money>,
    /// Whether the card is charged for it.
    pub by_card: bool,
}

/// One renewal to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upcoming {
    /// E.164 without `+`, or a short code.
    pub number: String,
    /// When it renews.
    pub on: NaiveDate,
    /// What that costs.
    pub price: Money,
}

/// A balance below the account's own threshold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LowBalance {
    /// What is left.
    pub balance: Money,
    /// The threshold.
    pub threshold: Money,
}

/// A card that was charged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captured {
    /// What it was charged each time.
    pub reloads: Vec<Money>,
    /// What that comes to.
    pub total: Money,
    /// What is left after all that it paid.
    pub balance: Money,
}

/// A card that was declined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declined {
    /// What it was to be charged.
    pub amount: Money,
    /// Why, in the words of the gateway.
    pub reason: String,
    /// What is left.
    pub balance: Money,
    /// How often it is tried again before the standing order ends.
    pub tries_left: u32,
}

/// A standing order that ended after declines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchedOff {
    /// What the card was to be charged last.
    pub amount: Money,
    /// Why it was not, in the words of the gateway.
    pub reason: String,
    /// Declines in a row.
    pub declines: u32,
    /// What is left.
    pub balance: Money,
}

/// Renewals that could not be paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastDue {
    /// Which became past due.
    pub numbers: Listing<Unpaid>,
    /// What is left.
    pub balance: Money,
    /// What has to be added to pay all that is due.
    pub missing: Money,
    /// Whether money may still come by card; nothing is lost before that is known.
    pub by_card: bool,
}

/// One renewal that could not be paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unpaid {
    /// E.164 without `+`, or a short code.
    pub number: String,
    /// When it was due.
    pub due_on: NaiveDate,
    /// What it costs.
    pub price: Money,
    /// The day from which on the number can be lost.
    pub kept_until: NaiveDate,
}

/// Numbers that were lost for want of funds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Released {
    /// Which, with what a month of each costs.
    pub numbers: Listing<Freed>,
    /// What is left.
    pub balance: Money,
}

/// One number that was lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freed {
    /// E.164 without `+`, or a short code.
    pub number: String,
    /// What a month of it costs.
    pub price: Money,
    /// The last day on which nobody else can rent it; none where it is on sale at once.
    pub buy_back_until: Option<NaiveDate>,
}

/// What a run did and what it did not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// `complete` or `held`.
    pub status: String,
    /// Accounts that had something due.
    pub accounts: u64,
    /// Periods charged.
    pub renewed: u64,
    /// What they came to, one amount for each currency.
    pub amounts: Vec<Money>,
    /// Subscriptions that became past due.
    pub past_due: u64,
    /// Subscriptions that were released.
    pub released: u64,
    /// Subscriptions that the guard kept from being released.
    pub held_back: u64,
    /// Numbers that went back on sale.
    pub returned: u64,
    /// Cards charged.
    pub reloads: ReportReloads,
    /// Accounts that could not be billed: the first of them.
    pub unbilled: Vec<Unbilled>,
    /// How many accounts could not be billed in all.
    pub unbilled_count: u64,
    /// The oldest due date that is still not charged.
    pub oldest_unbilled: Option<NaiveDate>,
    /// Notices that were given up since the day before.
    pub failed_notices: u64,
    /// Days without a run just before this one.
    pub missed_days: u64,
    /// The last thirty days, oldest first.
    pub days: Vec<Day>,
}

/// Reloads of a run, by outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportReloads {
    /// Paid.
    pub captured: u64,
    /// Refused.
    pub declined: u64,
    /// Not known yet.
    pub in_doubt: u64,
}

/// An account that could not be billed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unbilled {
    /// Its key.
    pub account: String,
    /// Why.
    pub reason: String,
}

/// What was done on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// Which.
    pub on: NaiveDate,
    /// Whether there was a run.
    pub was_run: bool,
    /// Periods charged.
    pub renewed: u64,
    /// Subscriptions released.
    pub released: u64,
}

/// Prices that change: all that is agreed by now. Nothing is in it where what was agreed before was taken
/// back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceChange {
    /// Whose price changes, the soonest first, once for each time; the total is of the last prices.
    pub numbers: Listing<Repriced>,
    /// What all of these numbers cost now.
    pub total_now: Money,
}

/// One number that will cost something else from some renewal on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repriced {
    /// E.164 without `+`, or a short code.
    pub number: String,
    /// That renewal.
    pub on: NaiveDate,
    /// What a period costs before that.
    pub now: Money,
    /// What it costs from then on.
    pub price: Money,
}

/// A run that could not be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFailed {
    /// Why.
    pub reason: String,
    /// What can be done about it.
    pub remedies: Vec<String>,
}

impl Content {
    /// Its kind.
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
            Self::Report(_) => Kind::Report,
            Self::RunFailed(_) => Kind::RunFailed,
        }
    }

    /// Adds what `later` tells, so that one mail tells both: what is a list grows, what is a state is
    /// the later one's.
    ///
    /// # Errors
    /// [`MoneyError`] where the sums do not add up.
    pub fn merge(&mut self, later: Self) -> Result<(), MoneyError> {
        match (&mut *self, later) {
            (Self::Renewed(mine), Self::Renewed(later)) => {
                mine.numbers.append(later.numbers)?;
                mine.balance = later.balance;
            }
            (Self::RenewalAhead(mine), Self::RenewalAhead(later)) => {
                mine.numbers.append(later.numbers)?;
                mine.balance = later.balance;
                mine.missing = later.missing;
                mine.by_card = later.by_card;
            }
            (Self::ReloadCaptured(mine), Self::ReloadCaptured(later)) => {
                mine.total = mine.total.plus(later.total)?;
                mine.reloads.extend(later.reloads);
                mine.balance = later.balance;
            }
            (Self::PastDue(mine), Self::PastDue(later)) => {
                mine.numbers.append(later.numbers)?;
                mine.balance = later.balance;
                mine.missing = later.missing;
                mine.by_card = later.by_card;
            }
            (Self::Released(mine), Self::Released(later)) => {
                mine.numbers.append(later.numbers)?;
                mine.balance = later.balance;
            }
            (mine, later) => *mine = later,
        }
        Ok(())
    }
}
