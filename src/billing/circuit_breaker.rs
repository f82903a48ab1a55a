//! A circuit breaker for the gateway or the mail server, for the length of one pass.
//!
//! After a few failures in a row, each followed by a longer wait, the pass stops asking the peer and leaves the rest to
//! the next pass, instead of waiting for thousands of time-outs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use tracing::error;

use super::backoff::backoff;
use crate::clock::Clock;
use crate::rng::Rng;

#[derive(Debug)]
pub(super) struct CircuitBreaker {
    /// The peer as the log names it.
    peer: &'static str,
    /// Failures in a row since the last answer.
    failures: AtomicU32,
    has_warned: AtomicBool,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
}

/// Failures in a row that open the circuit.
const FAILURES_MAX: u32 = 5;
/// The wait after the first failure, and the longest.
const WAIT_MIN: Duration = Duration::from_millis(200);
const WAIT_MAX: Duration = Duration::from_secs(2);

impl CircuitBreaker {
    pub(super) fn of(peer: &'static str, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Self {
        let (failures, has_warned) = (AtomicU32::new(0), AtomicBool::new(false));
        Self { peer, failures, has_warned, clock, rng }
    }

    /// Logs once that reloads are open and this database may use no gateway.
    pub(super) fn warn_not_configured(&self) {
        if !self.has_warned.swap(true, Ordering::Relaxed) {
            error!(
                "reloads are open, and no gateway is configured that may charge cards in this database"
            );
        }
    }

    /// Whether the pass must stop asking the peer.
    pub(super) fn is_open(&self) -> bool {
        self.failures.load(Ordering::Relaxed) >= FAILURES_MAX
    }

    /// The peer answered.
    pub(super) fn record_success(&self) {
        self.failures.store(0, Ordering::Relaxed);
    }

    /// The peer did not answer. Waits before the caller makes the next request.
    pub(super) async fn record_failure(&self) {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        if failures == FAILURES_MAX {
            error!("{} is unavailable; remaining work is deferred", self.peer);
        }
        if failures >= FAILURES_MAX {
            return;
        }
        self.clock.sleep(backoff(failures, WAIT_MIN, WAIT_MAX, &*self.rng)).await;
    }
}
