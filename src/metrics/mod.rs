//! Metrics for Prometheus: what a process counts, what it reads from the database, and the two ways out: the
//! daemon's `/metrics` and the textfile of a run by hand.
//!
//! To add one that is counted: a field in `Metrics` and where it is counted. One that is read: a field in
//! [`DatabaseStatus`](crate::store::DatabaseStatus) with its statement, and a line in `database_metrics`.

mod counters;
mod database_metrics;
mod process_metrics;
pub mod textfile;

pub(crate) use counters::Metrics;
pub(crate) use database_metrics::{DatabaseMetrics, Reading};
pub(crate) use process_metrics::Usage;

/// The daemon's loops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumCount)]
pub enum LoopName {
    /// The daily run, when it is due.
    Run,
    /// Checks balances below their threshold, between runs.
    Check,
    /// Looks up reloads in doubt.
    Lookup,
    /// Sending notices.
    Delivery,
}

impl LoopName {
    pub const ALL: [Self; <Self as strum::EnumCount>::COUNT] =
        [Self::Run, Self::Check, Self::Lookup, Self::Delivery];

    /// The name in logs and labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Check => "check",
            Self::Lookup => "lookup",
            Self::Delivery => "delivery",
        }
    }
}
