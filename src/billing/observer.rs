//! Who follows the work from outside: a progress bar, the daemon's metrics.

use std::time::Duration;

use chrono::NaiveDate;

use crate::run::{Pass, RunCounts};

/// A day among those that are gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// Its date.
    pub on: NaiveDate,
    /// Which one it is, from 1.
    pub number: u64,
    /// How many there are.
    pub of: u64,
}

/// Is told what goes on, as soon as it is committed. What it does not care for it need not take.
pub trait Observer: Send + Sync {
    /// So many accounts were looked at.
    fn looked_at(&self, _accounts: u64) {}
    /// So many notices were sent, put off or given up.
    fn delivered(&self, _notices: u64) {}
    /// A sandbox's next day begins.
    fn day_began(&self, _day: Day) {}
    /// This was done, and is in the database.
    fn committed(&self, _done: &RunCounts) {}
    /// A pass of a run came to its end, well or not.
    fn pass_ended(&self, _pass: Pass, _took: Duration) {}
}

/// Nobody.
#[derive(Debug, Clone, Copy)]
pub struct NoopObserver;

impl Observer for NoopObserver {}
