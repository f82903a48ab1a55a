//! Runs: one execution of the daily work for one billing date, its passes and what it counts.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::AccountId;

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStatus {
    /// Begun and not ended: at work, or interrupted.
    Running,
    /// Everything that was to be done is done.
    Complete,
    /// Done but for the releases, which the guard held back.
    Held,
}

impl RunStatus {
    pub const ALL: [Self; 3] = [Self::Running, Self::Complete, Self::Held];

    /// As it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Complete => "complete",
            Self::Held => "held",
        }
    }
}

/// A run of one billing date, with all that its slices did.
#[derive(Debug, Clone)]
pub struct Run {
    /// Which date's.
    pub billing_date: NaiveDate,
    /// Where it stands.
    pub status: RunStatus,
    /// When it first began.
    pub started_at: DateTime<Utc>,
    /// When it last ended; a run that is under way again has ended before.
    pub finished_at: Option<DateTime<Utc>>,
    /// Whether the operator let the guarded releases go on.
    pub is_approved: bool,
    /// The oldest due date that was still not charged when it ended.
    pub oldest_unbilled_on: Option<NaiveDate>,
    /// What was done.
    pub counts: RunCounts,
    /// Whom it could not bill.
    pub failures: Vec<Failure>,
}

/// How a run ends.
#[derive(Debug, Clone, Copy)]
pub struct RunEnd {
    /// Which date's.
    pub date: NaiveDate,
    /// As what.
    pub status: RunStatus,
    /// The oldest due date that is still not charged.
    pub oldest_unbilled_on: Option<NaiveDate>,
}

/// An account that could not be billed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Which.
    pub account: AccountId,
    /// Why.
    pub reason: String,
}

/// One pass of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// Charge what the balances cover.
    Renew,
    /// Carry out what is asked of cards, and charge what that covers.
    Reload,
    /// What is still unpaid becomes past due or is released.
    Unfunded,
    /// Holds that ended go back on sale.
    Return,
    /// Those are told whose renewals to come are not covered.
    Ahead,
}

impl Pass {
    /// Every pass, in order.
    pub const ALL: [Self; 5] =
        [Self::Renew, Self::Reload, Self::Unfunded, Self::Return, Self::Ahead];

    /// As it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Renew => "renew",
            Self::Reload => "reload",
            Self::Unfunded => "unfunded",
            Self::Return => "return",
            Self::Ahead => "ahead",
        }
    }
}

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema, Deserialize)]
pub struct RunCounts {
    /// Accounts that had something due.
    pub accounts: u64,
    /// Periods charged.
    pub renewed: u64,
    /// What they came to, in 10⁻⁶ units, by currency.
    pub amounts: BTreeMap<String, i64>,
    /// Subscriptions that became past due.
    pub past_due: u64,
    /// Subscriptions that were released.
    pub released: u64,
    /// Subscriptions that the guard kept from being released.
    pub held_back: u64,
    /// Numbers that went back on sale.
    pub returned: u64,
    /// Reloads; a run of an earlier version has none.
    #[serde(default)]
    pub reloads: ReloadCounts,
    /// Notices queued; a run of an earlier version has none.
    #[serde(default)]
    pub notices: u64,
}

impl RunCounts {
    /// Adds what `other` counts.
    pub fn add(&mut self, other: &Self) {
        self.accounts += other.accounts;
        self.renewed += other.renewed;
        self.past_due += other.past_due;
        self.released += other.released;
        self.held_back += other.held_back;
        self.returned += other.returned;
        self.reloads.add(&other.reloads);
        self.notices += other.notices;
        for (currency, micros) in &other.amounts {
            let sum = self.amounts.entry(currency.clone()).or_default();
            // A count for people: it must not stop a run, however absurd the prices.
            *sum = sum.saturating_add(*micros);
        }
    }

    /// What still counts when the same date is run again: what was done stays done, what was held
    /// back or in doubt is judged anew.
    pub fn carried_over(self) -> Self {
        let reloads = ReloadCounts { in_doubt: 0, ..self.reloads };
        Self { held_back: 0, reloads, ..self }
    }
}

/// Reloads by outcome.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, schemars::JsonSchema, Deserialize,
)]
pub struct ReloadCounts {
    /// Asked for.
    pub requested: u64,
    /// Paid.
    pub captured: u64,
    /// Refused.
    pub declined: u64,
    /// Not known yet.
    pub in_doubt: u64,
}

impl ReloadCounts {
    /// Adds what `other` counts.
    pub const fn add(&mut self, other: &Self) {
        self.requested += other.requested;
        self.captured += other.captured;
        self.declined += other.declined;
        self.in_doubt += other.in_doubt;
    }
}
