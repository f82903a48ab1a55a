//! Whether the other side (a gateway, a mail server) lets anybody through, as far as one pass has seen.
//!
//! Where it does not, a pass gives up after a few failures in a row, each after a longer wait: the
//! rest waits for the next pass, and nobody waits for ten thousand time-outs.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use tracing::error;

use crate::ids::random_below;

/// Failures in a row since the last answer.
#[derive(Debug)]
pub(super) struct Weather {
    /// Who that is.
    other_side: &'static str,
    failures: AtomicU32,
    has_told: AtomicBool,
}

/// So many in a row, and nobody is asked any more.
const FAILURES_MAX: u32 = 5;
/// The wait after the first of them, and the longest.
const WAIT_MIN: Duration = Duration::from_millis(200);
const WAIT_MAX: Duration = Duration::from_secs(2);

impl Weather {
    /// That of `other_side`, of whom nothing is known yet.
    pub(super) fn of(other_side: &'static str) -> Self {
        Self { other_side, failures: AtomicU32::new(0), has_told: AtomicBool::new(false) }
    }

    /// Tells, once, that there is nobody to ask at all.
    pub(super) fn tell_that_there_is_none(&self) {
        if !self.has_told.swap(true, Ordering::Relaxed) {
            error!(
                hint = "set `payments.gateway` to `stripe`",
                "reloads are open, and no gateway may charge cards in this database"
            );
        }
    }

    /// Whether nobody is to be asked any more.
    pub(super) fn is_foul(&self) -> bool {
        self.failures.load(Ordering::Relaxed) >= FAILURES_MAX
    }

    /// An answer came.
    pub(super) fn fair(&self) {
        self.failures.store(0, Ordering::Relaxed);
    }

    /// None came: waits a while before the caller goes on to the next.
    pub(super) async fn foul(&self) {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        if failures == FAILURES_MAX {
            error!(
                "{} is down or turns us away, what is left waits for another time",
                self.other_side
            );
        }
        if failures >= FAILURES_MAX {
            return;
        }
        tokio::time::sleep(backoff(failures, WAIT_MIN, WAIT_MAX)).await;
    }
}

/// How long to wait after so many failures: `min` after the first, twice as long after each further
/// one, `max` at most. Half of it is left to chance, so that they do not all come back at the same
/// instant.
pub(crate) fn backoff(failures: u32, min: Duration, max: Duration) -> Duration {
    let doublings = failures.saturating_sub(1).min(20);
    let half = min.saturating_mul(1 << doublings).min(max) / 2;
    let half_ms = u64::try_from(half.as_millis()).unwrap_or(u64::MAX);
    half.saturating_add(Duration::from_millis(random_below(half_ms.saturating_add(1))))
}
