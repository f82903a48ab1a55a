//! The imperative shell: loads snapshots, calls the decision, writes what comes of it.
//!
//! [`run`] is the daily work, one pass per file; [`forecast`] foretells those of the days ahead.
//! [`settle`] does the same for one account at once, when money arrives or a number is rented.
//! [`reload_processor`] charges cards, for the run, for the [`check`] between runs, and for who rents. To add
//! a pass: a file here, its name in [`Pass`](crate::store::Pass), and its place in [`run::execute`].

mod backoff;
mod batch;
pub mod check;
mod circuit_breaker;
pub mod close_account;
pub mod delivery;
pub mod forecast;
mod guard;
mod observer;
pub mod preview;
pub mod refund;
mod reload;
pub mod reload_processor;
mod report;
pub mod reprice;
pub mod run;
mod run_report_notice;
pub mod settle;
mod worker;

pub(crate) use backoff::backoff;
pub use observer::{Day, NoopObserver, Observer};
pub use report::{FailedAccount, MoneyAmount, RunReport};

use std::time::Duration;

use rust_decimal::Decimal;

use crate::decision::{AheadWhen, Policy};
use crate::store::Hold;

/// The operator's rules for billing, and how the work is cut.
#[derive(Debug, Clone)]
pub struct Terms {
    /// How balances are reloaded, and when what is unpaid is released.
    pub policy: Policy,
    /// How long a released or cancelled number is kept for its last renter.
    pub hold: Hold,
    /// When a run releases nothing at all.
    pub guard: Guard,
    /// What people are told, as far as it is for the operator to say.
    pub notices: NoticeTerms,
    /// How the work is cut.
    pub concurrency: Concurrency,
}

/// The release guard (DESIGN 2.6): a run that would release more than both releases nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    /// Of all live subscriptions, in percent.
    pub percent: Decimal,
    /// Subscriptions.
    pub min: u64,
}

/// What people are told, as far as it is for the operator to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoticeTerms {
    /// Whether accounts are told of renewals to come.
    pub ahead: AheadWhen,
    /// So many days before.
    pub ahead_days: u32,
    /// Whether somebody reads the reports of runs.
    pub has_operator: bool,
}

/// How a run's work is cut.
#[derive(Debug, Clone, Copy)]
pub struct Concurrency {
    /// Accounts in one transaction.
    pub batch_accounts: u32,
    /// Batches under way at once.
    pub workers: u32,
    /// How long a slice stays with a worker that no longer says anything.
    pub lease: Duration,
    /// Cards charged at once in one process.
    pub charges: u32,
}
