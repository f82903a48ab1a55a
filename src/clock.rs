//! The time, and the one place that asks for it. Everything else is told.

use chrono::{DateTime, NaiveDate, SubsecRound, Utc};

/// When something is done: the instant, and the billing date it counts for. In a sandbox both
/// are of its own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The instant.
    pub at: DateTime<Utc>,
    /// The billing date.
    pub on: NaiveDate,
}

/// The machine's time, to the microsecond, which is what every database can store. Leases between
/// processes go by it in a sandbox too, whose own clock stands still.
#[expect(clippy::disallowed_methods, reason = "the one place that asks for the time")]
pub fn system_now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}
