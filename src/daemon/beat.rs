//! The beat of a loop: one round after the other, with a pause between them and a longer one after each
//! that failed. A round that panics has failed, and takes nothing with it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use tokio::sync::Notify;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, debug, error, info, info_span, warn};

use super::opening::may_pass;
use super::state::State;
use crate::billing::backoff;
use crate::operations::Desk;
use crate::operations::run::Watch;
use crate::telemetry::explain;

/// The daemon's loops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoopName {
    /// The daily run, once it is due.
    Run,
    /// Balances below their threshold, between runs.
    Check,
    /// What is in doubt at the gateway.
    Lookup,
    /// Notices.
    Delivery,
}

impl LoopName {
    /// Every loop.
    pub const ALL: [Self; 4] = [Self::Run, Self::Check, Self::Lookup, Self::Delivery];

    /// As it is logged and measured.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Check => "check",
            Self::Lookup => "lookup",
            Self::Delivery => "delivery",
        }
    }
}

/// How a round went that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Round {
    /// Well.
    Fair,
    /// The other side lets nobody through now: it is left alone for longer each time.
    Foul,
}

/// When the next round comes.
pub(super) struct Rhythm<'a> {
    pub(super) name: LoopName,
    /// After one that went well, as it is configured now.
    pub(super) every: fn(&Desk) -> Duration,
    /// Or when this is rung.
    pub(super) bell: Option<&'a Notify>,
    /// After several that did not, at most.
    pub(super) retry_max: Duration,
}

impl Rhythm<'_> {
    /// By the clock alone.
    pub(super) const fn of(name: LoopName, every: fn(&Desk) -> Duration) -> Self {
        Self { name, every, bell: None, retry_max: RETRY_MAX }
    }
}

/// The pause after the first failure, and the longest as a rule.
const RETRY_MIN: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(600);

/// Does round after round until asked to stop; the round in hand comes to its end by itself.
pub(super) async fn beat<R>(
    state: &Arc<State>,
    stop: &CancellationToken,
    rhythm: Rhythm<'_>,
    round: impl Fn(Arc<Desk>, Watch) -> R,
) where
    R: Future<Output = Result<Round>> + Send + 'static,
{
    let mut trouble = Trouble::default();
    while !stop.is_cancelled() {
        let watch = Watch { stop: stop.clone(), observer: Arc::clone(&state.metrics) as _ };
        let begun = Instant::now();
        let outcome = alone(rhythm.name, round(state.desk(), watch)).await;
        if outcome.is_err() && stop.is_cancelled() {
            return;
        }
        let is_fair = matches!(outcome, Ok(Round::Fair));
        state.metrics.round_ended(rhythm.name, begun.elapsed(), is_fair);
        trouble.note(rhythm.name, &outcome);
        let pause = match trouble.failures {
            // By what is configured now: it may have changed in this round.
            0 => (rhythm.every)(&state.desk()),
            failures => backoff(failures, RETRY_MIN, rhythm.retry_max),
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = rung(rhythm.bell.filter(|_| is_fair)) => {}
            () = stop.cancelled() => {}
        }
    }
}

async fn rung(bell: Option<&Notify>) {
    match bell {
        Some(bell) => bell.notified().await,
        None => std::future::pending().await,
    }
}

/// A round as a task of its own, which goes with whoever waits for it.
async fn alone(
    name: LoopName,
    round: impl Future<Output = Result<Round>> + Send + 'static,
) -> Result<Round> {
    let mut task = JoinSet::new();
    task.spawn(round.instrument(info_span!("round", loop.name = name.as_str())));
    match task.join_next().await {
        Some(Ok(outcome)) => outcome,
        Some(Err(failure)) => Err(panic_of(failure)),
        None => Err(anyhow!("the round vanished")),
    }
}

fn panic_of(failure: JoinError) -> anyhow::Error {
    let Ok(panic) = failure.try_into_panic() else { return anyhow!("the round was cut off") };
    let words = panic.downcast_ref::<String>().map(String::as_str);
    let words = words.or_else(|| panic.downcast_ref::<&str>().copied());
    anyhow!("this is a defect of linerent, it panicked: {}", words.unwrap_or("without a word"))
}

/// Rounds in a row that did not go well.
#[derive(Debug, Default)]
struct Trouble {
    failures: u32,
    told: Option<String>,
}

impl Trouble {
    /// Logs what is new: not the same failure again and again, and that it is over.
    fn note(&mut self, name: LoopName, outcome: &Result<Round>) {
        let name = name.as_str();
        match outcome {
            Ok(Round::Fair) => {
                if self.told.take().is_some() {
                    info!(loop.name = name, failures = self.failures, "it works again");
                }
                self.failures = 0;
            }
            Ok(Round::Foul) => self.failures = self.failures.saturating_add(1),
            Err(failure) => {
                self.failures = self.failures.saturating_add(1);
                let (error, hints) = explain(failure);
                if self.told.as_ref() == Some(&error) {
                    debug!(loop.name = name, error, failures = self.failures, "it failed again");
                } else {
                    let hint = hints.join("; ");
                    if may_pass(failure) {
                        warn!(loop.name = name, error, hint, "it failed, and is tried again");
                    } else {
                        error!(loop.name = name, error, hint, "it failed, and is tried again");
                    }
                    self.told = Some(error);
                }
            }
        }
    }
}
