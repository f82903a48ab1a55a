//! Runs a loop: one round after another, with a pause between them, which is longer after failures. A round that
//! panics counts as failed; the loop goes on.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use tokio::sync::Notify;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, debug, error, info, info_span};

use super::startup::is_transient;
use super::state::State;
use crate::billing::backoff;
use crate::metrics::LoopName;
use crate::operations::App;
use crate::operations::run::Watch;
use crate::remedies::explain;

/// The outcome of a round that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LoopOutcome {
    Healthy,
    /// The gateway or mail server is unavailable: the pauses become longer.
    Degraded,
}

/// When the next round begins.
pub(super) struct LoopSchedule<'a> {
    pub(super) name: LoopName,
    /// The pause after a healthy round, by the current configuration.
    pub(super) every: fn(&App) -> Duration,
    /// Ends the pause early.
    pub(super) wake: Option<&'a Notify>,
    /// The longest pause after failures.
    pub(super) retry_max: Duration,
}

impl LoopSchedule<'_> {
    /// With the usual pauses and without `wake`.
    pub(super) const fn of(name: LoopName, every: fn(&App) -> Duration) -> Self {
        Self { name, every, wake: None, retry_max: RETRY_MAX }
    }
}

/// The pause after the first failure, and the usual longest one.
const RETRY_MIN: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(600);

/// Runs rounds until it is asked to stop. The current round ends by itself.
pub(super) async fn run_loop<R>(
    state: &Arc<State>,
    stop: &CancellationToken,
    schedule: LoopSchedule<'_>,
    round: impl Fn(Arc<App>, Watch) -> R,
) where
    R: Future<Output = Result<LoopOutcome>> + Send + 'static,
{
    let mut failure_log = FailureLog::default();
    while !stop.is_cancelled() {
        let watch = Watch { stop: stop.clone(), observer: Arc::clone(&state.metrics) as _ };
        let begun = state.clock.monotonic();
        let outcome = alone(schedule.name, round(state.app(), watch)).await;
        if outcome.is_err() && stop.is_cancelled() {
            return;
        }
        let is_healthy = matches!(outcome, Ok(LoopOutcome::Healthy));
        let took = state.clock.monotonic().saturating_sub(begun);
        state.metrics.round_ended(schedule.name, state.clock.now(), took, is_healthy);
        failure_log.note(schedule.name, &outcome, state);
        let pause = match failure_log.failures {
            // The configuration may have changed during this round.
            0 => (schedule.every)(&state.app()),
            failures => backoff(failures, RETRY_MIN, schedule.retry_max, &*state.rng),
        };
        tokio::select! {
            () = state.clock.timer(pause) => {}
            () = woken(schedule.wake.filter(|_| is_healthy)) => {}
            () = stop.cancelled() => {}
        }
    }
}

async fn woken(wake: Option<&Notify>) {
    match wake {
        Some(wake) => wake.notified().await,
        None => std::future::pending().await,
    }
}

/// Runs a round as its own task, which is cancelled with this future.
async fn alone(
    name: LoopName,
    round: impl Future<Output = Result<LoopOutcome>> + Send + 'static,
) -> Result<LoopOutcome> {
    let mut task = JoinSet::new();
    task.spawn(round.instrument(info_span!("round", loop.name = name.as_str())));
    match task.join_next().await {
        Some(Ok(outcome)) => outcome,
        Some(Err(failure)) => Err(panic_of(failure)),
        None => Err(anyhow!("internal error: the round has no result")),
    }
}

fn panic_of(failure: JoinError) -> anyhow::Error {
    let Ok(panic) = failure.try_into_panic() else { return anyhow!("the round was cancelled") };
    let words = panic.downcast_ref::<String>().map(String::as_str);
    let words = words.or_else(|| panic.downcast_ref::<&str>().copied());
    anyhow!("internal error: the round panicked: {}", words.unwrap_or("(no message)"))
}

/// Consecutive rounds that failed or were degraded.
#[derive(Debug, Default)]
struct FailureLog {
    failures: u32,
    /// The last failure in the log.
    told: Option<String>,
}

impl FailureLog {
    /// Logs each failure once, and its end. A database that is unavailable is logged once for all loops.
    fn note(&mut self, name: LoopName, outcome: &Result<LoopOutcome>, state: &State) {
        let name = name.as_str();
        match outcome {
            Ok(LoopOutcome::Healthy) => {
                state.note_available();
                if self.told.take().is_some() {
                    info!(loop.name = name, failures = self.failures, "it works again");
                }
                self.failures = 0;
            }
            Ok(LoopOutcome::Degraded) => self.failures = self.failures.saturating_add(1),
            Err(failure) => {
                self.failures = self.failures.saturating_add(1);
                let (error, hints) = explain(failure);
                let hint = hints.join("; ");
                if is_transient(failure) {
                    state.note_unavailable(&error, &hint);
                    debug!(loop.name = name, error, failures = self.failures, "it failed, and is tried again");
                } else if self.told.as_ref() == Some(&error) {
                    debug!(loop.name = name, error, failures = self.failures, "it failed again");
                } else {
                    error!(loop.name = name, error, hint, "it failed, and is tried again");
                    self.told = Some(error);
                }
            }
        }
    }
}
