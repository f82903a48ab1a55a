//! The clock guard: at a date that may be wrong, nothing is charged or released.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use tracing::{debug, error};

use super::account_writer::AccountWriter;
use super::context::{Context, RunError};
use super::report::RunReport;
use super::run_report_notice;
use crate::run::{ClockFault, HeldBy};
use crate::store::StoreError;

/// How far this machine's clock and the database server's may differ.
const DIFFERENCE_MAX: TimeDelta = TimeDelta::days(1);

impl AccountWriter {
    /// Why this machine's date may be wrong; `None` for a sandbox, which has a clock of its own.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find_clock_fault(&self) -> Result<Option<ClockFault>, StoreError> {
        if !self.is_production {
            return Ok(None);
        }
        let server = match self.clock.is_machine() {
            true => self.store.find_server_time().await?,
            false => None,
        };
        if let Some(fault) = server.and_then(|theirs| disagreement(self.clock.now(), theirs)) {
            return Ok(Some(fault));
        }
        let (today, days_max) = (self.moment.on, self.policy.run.ahead_days_max);
        let run = self.store.find_last_run().await?.map(|run| run.on);
        if run.is_some_and(|latest| find_ahead(today, latest, days_max).is_none()) {
            return Ok(None);
        }
        // Only now, because it takes long.
        let latest = run.max(self.store.find_latest_transfer_date().await?);
        Ok(latest.and_then(|latest| find_ahead(today, latest, days_max)))
    }
}

fn disagreement(ours: DateTime<Utc>, theirs: DateTime<Utc>) -> Option<ClockFault> {
    let is_far = (ours - theirs).abs() > DIFFERENCE_MAX;
    is_far.then_some(ClockFault::ServerDisagrees { ours, theirs })
}

fn find_ahead(today: NaiveDate, latest: NaiveDate, days_max: u32) -> Option<ClockFault> {
    let is_ahead = (today - latest).num_days() > i64::from(days_max);
    is_ahead.then_some(ClockFault::Ahead { today, latest })
}

impl Context {
    /// The clock fault for which this run is held; `None` if an operator has approved it.
    pub(super) async fn find_clock_fault(&self) -> Result<Option<ClockFault>, RunError> {
        match self.approval {
            Some(HeldBy::Clock) => Ok(None),
            Some(HeldBy::Releases) | None => Ok(self.writer.find_clock_fault().await?),
        }
    }

    /// Refuses to do anything about accounts at a date that may be wrong.
    pub(super) async fn refuse_if_clock_is_wrong(&self) -> Result<(), RunError> {
        self.refuse_if_clock_went_back().await?;
        match self.find_clock_fault().await? {
            Some(fault) => Err(RunError::ClockWrong(fault)),
            None => Ok(()),
        }
    }

    /// Ends the run as held, for `fault`, and queues the operator's report of that.
    pub(super) async fn hold(&self, fault: ClockFault) -> Result<RunReport, RunError> {
        let AccountWriter { store, moment, policy, clock, rng, .. } = &self.writer;
        let notice = match policy.notices.has_operator {
            true => Some(run_report_notice::report_of_hold(self, fault).await?),
            false => None,
        };
        let queued = store.hold_run(moment.on, notice.as_ref(), clock.now(), &**rng).await?;
        let (date, reason) = (moment.on, fault.to_string());
        match queued {
            Some(_) => {
                error!(run.date = %date, reason, "the clock guard holds the run: nothing is charged or released");
            }
            // A daemon tries it every minute.
            None => debug!(run.date = %date, reason, "the clock guard still holds the run"),
        }
        Ok(RunReport::held(date, fault, queued.unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn a_date_is_ahead_from_one_day_above_the_limit() {
        let latest = date("2026-01-31");
        assert_eq!(find_ahead(date("2026-05-11"), latest, 100), None);
        let today = date("2026-05-12");
        assert_eq!(find_ahead(today, latest, 100), Some(ClockFault::Ahead { today, latest }));
        assert_eq!(find_ahead(date("2020-01-01"), latest, 100), None);
    }

    #[test]
    fn clocks_disagree_if_they_differ_by_more_than_a_day_in_either_direction() {
        let ours: DateTime<Utc> = "2026-01-31T12:00:00Z".parse().expect("an instant");
        for theirs in [ours - TimeDelta::days(1), ours, ours + TimeDelta::days(1)] {
            assert_eq!(disagreement(ours, theirs), None);
        }
        for theirs in [ours - TimeDelta::hours(25), ours + TimeDelta::hours(25)] {
            let fault = ClockFault::ServerDisagrees { ours, theirs };
            assert_eq!(disagreement(ours, theirs), Some(fault));
        }
    }
}
