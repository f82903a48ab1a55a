//! The time, and the one place that asks for it.

use chrono::{DateTime, NaiveDate, SubsecRound, Utc};

/// What the time is taken from. A sandbox has its own, which stands still until it is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The machine's.
    System,
    /// Always this instant.
    Standing(DateTime<Utc>),
}

impl Clock {
    /// The present instant, to the microsecond: what every database can store.
    pub fn now(self) -> DateTime<Utc> {
        match self {
            Self::System => system_now(),
            Self::Standing(at) => at,
        }
    }
}

/// When something is done: the instant, and the billing date it counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The instant.
    pub at: DateTime<Utc>,
    /// The billing date.
    pub on: NaiveDate,
}

/// The machine's time, for leases and measurements between processes, which go on while a
/// sandbox's clock stands still.
#[expect(clippy::disallowed_methods, reason = "the one place that asks for the time")]
pub fn system_now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}
