//! What a database is for.

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
