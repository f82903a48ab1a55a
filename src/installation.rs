//! What a database is for.

use chrono::NaiveDate;

/// What a database is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstallationKind {
    /// Real accounts, real money, the machine's clock.
    Production,
    /// A clock of its own, which stands on a date until it is moved.
    Sandbox {
        /// That date.
        on: NaiveDate,
    },
}

/// What a database says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Installation {
    /// What it is for.
    pub kind: InstallationKind,
}
