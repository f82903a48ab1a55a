//! Who follows the work from outside: a progress bar, the daemon's metrics.

use std::time::Duration;

use crate::store::{Pass, Tally};

/// Is told what goes on, as soon as it is committed. What it does not care for it need not take.
pub trait Observer: Send + Sync {
    /// So many accounts were looked at.
    fn looked_at(&self, _accounts: u64) {}
    /// This was done, and is in the database.
    fn did(&self, _done: &Tally) {}
    /// A pass of a run came to its end, well or not.
    fn pass_ended(&self, _pass: Pass, _took: Duration) {}
}

/// Nobody.
#[derive(Debug, Clone, Copy)]
pub struct Unobserved;

impl Observer for Unobserved {}
