//! What every part of a run, a check or a forecast needs, and why one of them stops.

use std::sync::Arc;

use chrono::NaiveDate;
use thiserror::Error;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::account_writer::AccountWriter;
use super::observer::Observer;
use super::reload_processor::ReloadProcessor;
use crate::run::{ClockFault, HeldBy, RunCounts};
use crate::store::StoreError;

/// What every part of a run needs. Each of its workers has a clone.
#[derive(Clone)]
pub struct Context {
    pub writer: AccountWriter,
    pub reload_processor: ReloadProcessor,
    /// Whether to start a run again that has ended.
    pub rerun_finished: bool,
    /// The guard that an operator's approval of this run overrules.
    pub approval: Option<HeldBy>,
    /// Cancelled to stop after the current batch.
    pub stop: CancellationToken,
    pub observer: Arc<dyn Observer>,
}

/// Why a run stopped. What was committed stays valid, and the next run continues.
#[derive(Debug, Error)]
pub enum RunError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// [`Context::stop`] was cancelled.
    #[error("the run was interrupted")]
    Interrupted,
    /// A run of a later date exists.
    #[error("today is {today} by the clock, and {latest} has been run already")]
    ClockWentBack {
        today: NaiveDate,
        /// The latest date that was run.
        latest: NaiveDate,
    },
    #[error("the clock may be wrong: {0}")]
    ClockWrong(ClockFault),
    #[error("the run of {0} is being undone")]
    BeingUndone(NaiveDate),
}

impl RunError {
    /// Whether the same run may succeed later without an operator: the database is unavailable for a moment, other
    /// processes were faster, or this clock is slightly behind that of another daemon at midnight.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Store(StoreError::Conflict | StoreError::LeaseLost) => true,
            Self::Store(failure) => failure.is_passing(),
            Self::ClockWentBack { today, latest } => today.succ_opt() == Some(*latest),
            Self::Interrupted | Self::ClockWrong(_) | Self::BeingUndone(_) => false,
        }
    }
}

impl Context {
    pub(super) fn refuse_if_stopped(&self) -> Result<(), RunError> {
        if self.stop.is_cancelled() { Err(RunError::Interrupted) } else { Ok(()) }
    }

    /// Refuses a billing date before the latest run, so that a clock that is behind does not repeat past days.
    pub(super) async fn refuse_if_clock_went_back(&self) -> Result<(), RunError> {
        let today = self.writer.moment.on;
        let latest = self.writer.store.find_last_run().await?.map(|run| run.on);
        match latest.filter(|latest| *latest > today) {
            Some(latest) => Err(RunError::ClockWentBack { today, latest }),
            None => Ok(()),
        }
    }

    pub(super) async fn refuse_if_a_run_is_being_undone(&self) -> Result<(), RunError> {
        match self.writer.store.find_run_being_undone().await? {
            Some(date) => Err(RunError::BeingUndone(date)),
            None => Ok(()),
        }
    }

    /// Starts `work` as often as `run.workers` says, and returns what they did together.
    pub(super) async fn spawn_workers<W>(
        &self,
        work: impl Fn(Self) -> W,
    ) -> Result<RunCounts, RunError>
    where
        W: Future<Output = Result<RunCounts, RunError>> + Send + 'static,
    {
        let mut workers = JoinSet::new();
        for _ in 0..self.writer.policy.run.workers.max(1) {
            workers.spawn(work(self.clone()).in_current_span());
        }
        let mut done = RunCounts::default();
        let mut failed = None;
        // Waits for all, so that an error of one worker does not abort another in the middle of a batch.
        while let Some(outcome) = workers.join_next().await {
            match outcome.expect("a worker does not panic, and is not aborted") {
                Ok(counts) => done.add(&counts),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(done), Err)
    }
}
