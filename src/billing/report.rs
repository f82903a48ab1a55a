//! What a run did.

use chrono::NaiveDate;

use crate::run::{Failure, Run, RunCounts, RunStatus};

/// What was done for a billing date, and what was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunReport {
    pub billing_date: NaiveDate,
    pub status: RunStatus,
    pub counts: RunCounts,
    /// The accounts that could not be billed.
    pub failures: Vec<Failure>,
    /// The oldest due date that is still not charged.
    pub oldest_unbilled_on: Option<NaiveDate>,
}

impl RunReport {
    pub(super) fn new(
        billing_date: NaiveDate,
        status: RunStatus,
        counts: &RunCounts,
        failures: &[Failure],
        oldest_unbilled_on: Option<NaiveDate>,
    ) -> Self {
        let (counts, failures) = (counts.clone(), failures.to_vec());
        Self { billing_date, status, counts, failures, oldest_unbilled_on }
    }

    /// All that was done for the date of `run`.
    pub fn of(run: &Run) -> Self {
        let Run { billing_date, status, counts, failures, oldest_unbilled_on, .. } = run;
        Self::new(*billing_date, *status, counts, failures, *oldest_unbilled_on)
    }
}
