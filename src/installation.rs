//! What a database is for.

use std::ops::RangeInclusive;

use chrono::NaiveDate;

/// What a database is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstallationKind {
    /// Real money, and the machine's clock.
    Production,
    /// Test payment methods only, and a clock of its own, which stays on a date until it is advanced.
    Sandbox { on: NaiveDate },
}

/// The installation that a database belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Installation {
    pub kind: InstallationKind,
}

/// The dates that a sandbox can have. Mails and signatures count seconds from the first day of 1970, and dates of mails
/// have years before 9999, in any time zone.
pub const SANDBOX_DATES: RangeInclusive<NaiveDate> = NaiveDate::from_ymd_opt(1970, 1, 2)
    .expect("a date")
    ..=NaiveDate::from_ymd_opt(9998, 12, 30).expect("a date");
