//! What a run did.

use chrono::NaiveDate;

use crate::run::{ClockFault, Failure, HeldBy, Run, RunCounts, RunStatus};

/// What was done for a billing date, and what was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunReport {
    pub billing_date: NaiveDate,
    pub status: RunStatus,
    /// The guard that holds it.
    pub held_by: Option<HeldBy>,
    /// What the clock guard found just now.
    pub clock_fault: Option<ClockFault>,
    pub counts: RunCounts,
    /// The accounts that could not be billed.
    pub failures: Vec<Failure>,
    /// The oldest due date that is still not charged.
    pub oldest_unbilled_on: Option<NaiveDate>,
}

impl RunReport {
    pub(super) fn new(
        billing_date: NaiveDate,
        (status, held_by): (RunStatus, Option<HeldBy>),
        counts: &RunCounts,
        failures: &[Failure],
        oldest_unbilled_on: Option<NaiveDate>,
    ) -> Self {
        let (counts, failures) = (counts.clone(), failures.to_vec());
        let clock_fault = None;
        Self { billing_date, status, held_by, clock_fault, counts, failures, oldest_unbilled_on }
    }

    /// A run that the clock guard holds for `fault`, which queues so many `notices`.
    pub(super) fn held(billing_date: NaiveDate, fault: ClockFault, notices: u64) -> Self {
        let counts = RunCounts { notices, ..RunCounts::default() };
        let status = (RunStatus::Held, Some(HeldBy::Clock));
        let report = Self::new(billing_date, status, &counts, &[], None);
        Self { clock_fault: Some(fault), ..report }
    }

    /// All that was done for the date of `run`.
    pub fn of(run: &Run) -> Self {
        let Run { billing_date, status, held_by, counts, failures, oldest_unbilled_on, .. } = run;
        Self::new(*billing_date, (*status, *held_by), counts, failures, *oldest_unbilled_on)
    }
}
