//! Progress events, for a progress bar or for metrics.

use std::time::Duration;

use chrono::NaiveDate;

use crate::run::{Pass, RunCounts};

/// One of several days that are processed one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    pub on: NaiveDate,
    /// 1-based.
    pub number: u64,
    /// The number of days.
    pub of: u64,
}

/// Receives progress events after commit. All methods default to no-ops.
pub trait Observer: Send + Sync {
    fn looked_at(&self, _accounts: u64) {}
    /// Notices were sent, deferred or given up.
    fn delivered(&self, _notices: u64) {}
    /// The next day of a sandbox began.
    fn day_began(&self, _day: Day) {}
    /// This was done and committed.
    fn committed(&self, _done: &RunCounts) {}
    /// A pass of a run ended, successfully or not.
    fn pass_ended(&self, _pass: Pass, _took: Duration) {}
}

/// Ignores all events.
#[derive(Debug, Clone, Copy)]
pub struct NoopObserver;

impl Observer for NoopObserver {}
