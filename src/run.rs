//! Runs: one execution of the daily work for one billing date, its passes and what it counts.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::ids::AccountId;

#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr, strum::EnumString)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum RunStatus {
    /// Started and not finished: in progress or interrupted.
    Running,
    Complete,
    /// Stopped by a guard, which [`HeldBy`] names.
    Held,
    /// Its charges and releases are being reversed.
    Undoing,
    /// Its charges and releases were reversed. The date can be run again.
    Undone,
}

impl RunStatus {
    pub const ALL: [Self; 5] =
        [Self::Running, Self::Complete, Self::Held, Self::Undoing, Self::Undone];

    /// The name in the database and in JSON.
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }

    /// The status of a run that ends with these counts.
    pub const fn of_ended(counts: &RunCounts) -> Self {
        if counts.held_back > 0 { Self::Held } else { Self::Complete }
    }
}

/// The guard that holds a run until an operator approves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr, strum::EnumString)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum HeldBy {
    /// It would release too many subscriptions. All other work is done.
    Releases,
    /// The clock may be wrong. Nothing is done.
    Clock,
}

impl HeldBy {
    pub const ALL: [Self; 2] = [Self::Releases, Self::Clock];

    /// The name in the database and in JSON.
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }

    /// The guard that holds a run that ends with these counts.
    pub const fn of_ended(counts: &RunCounts) -> Option<Self> {
        if counts.held_back > 0 { Some(Self::Releases) } else { None }
    }
}

/// Why a date may be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ClockFault {
    #[error("{today} is {} days after the latest run or transfer, {latest}", (*today - *latest).num_days())]
    Ahead {
        today: NaiveDate,
        /// The date of the latest run or transfer.
        latest: NaiveDate,
    },
    #[error("this machine's clock shows {}, and that of the database server {}", minutes(*ours), minutes(*theirs))]
    ServerDisagrees { ours: DateTime<Utc>, theirs: DateTime<Utc> },
}

fn minutes(at: DateTime<Utc>) -> impl std::fmt::Display {
    at.format("%Y-%m-%d %H:%M UTC")
}

/// A run, with the counts of all its slices.
#[derive(Debug, Clone)]
pub struct Run {
    pub billing_date: NaiveDate,
    pub status: RunStatus,
    /// The guard that holds it.
    pub held_by: Option<HeldBy>,
    pub started_at: DateTime<Utc>,
    /// The last time it finished. Also set while a finished run is being repeated.
    pub finished_at: Option<DateTime<Utc>>,
    /// Whether the operator approved the releases that the guard prevented.
    pub is_approved: bool,
    /// The oldest due date that was not charged when it finished.
    pub oldest_unbilled_on: Option<NaiveDate>,
    pub counts: RunCounts,
    pub failures: Vec<Failure>,
}

/// The end of a run, to be recorded.
#[derive(Debug, Clone, Copy)]
pub struct RunEnd {
    pub date: NaiveDate,
    pub status: RunStatus,
    pub held_by: Option<HeldBy>,
    /// The oldest due date that is still not charged.
    pub oldest_unbilled_on: Option<NaiveDate>,
}

/// An account that a run could not bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub account: AccountId,
    pub reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumCount, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum Pass {
    /// Charge what the balances cover, and request reloads.
    Renew,
    /// Send the requested reloads to the gateway, and charge what they cover.
    Reload,
    /// Mark what is still unpaid as past due, or release it.
    Unfunded,
    /// Put numbers whose hold has ended back on sale.
    Return,
    /// Announce coming renewals.
    Ahead,
}

impl Pass {
    /// In the order in which a run does them.
    pub const ALL: [Self; <Self as strum::EnumCount>::COUNT] =
        [Self::Renew, Self::Reload, Self::Unfunded, Self::Return, Self::Ahead];

    /// The name in the database and in JSON.
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }
}

/// What a run or a part of it has done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunCounts {
    /// Accounts that had something due.
    pub accounts: u64,
    /// Periods charged.
    pub renewed: u64,
    /// The sum of the charges by currency, in 10⁻⁶ units.
    pub amounts: BTreeMap<String, i64>,
    /// Subscriptions that became past due.
    pub past_due: u64,
    /// Subscriptions that were released.
    pub released: u64,
    /// Subscriptions that the guard did not release.
    pub held_back: u64,
    /// Numbers that went back on sale.
    pub returned: u64,
    #[serde(default)]
    pub reloads: ReloadCounts,
    /// Notices queued.
    #[serde(default)]
    pub notices: u64,
}

impl RunCounts {
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
            // This is for display only, so an overflow must not stop the run.
            *sum = sum.saturating_add(*micros);
        }
    }

    /// The counts to start from if the same date is run again. What was held back or in doubt is counted anew.
    pub fn carried_over(self) -> Self {
        let reloads = ReloadCounts { in_doubt: 0, ..self.reloads };
        Self { held_back: 0, reloads, ..self }
    }
}

/// Reloads by outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReloadCounts {
    /// Reloads requested.
    pub requested: u64,
    /// Reloads captured: charged and credited.
    pub captured: u64,
    /// Reloads declined.
    pub declined: u64,
    /// Open at the end: the outcome is not yet known.
    pub in_doubt: u64,
}

impl ReloadCounts {
    pub const fn add(&mut self, other: &Self) {
        self.requested += other.requested;
        self.captured += other.captured;
        self.declined += other.declined;
        self.in_doubt += other.in_doubt;
    }
}
