//! Exponential back-off with jitter, for every retry in the program.

use std::time::Duration;

use crate::rng::Rng;

/// The wait after `failures` in a row: `min` after the first, twice as long after each further one, at most `max`.
/// Half of it is random, so that several processes do not retry at the same instant.
pub(crate) fn backoff(failures: u32, min: Duration, max: Duration, rng: &dyn Rng) -> Duration {
    let doublings = failures.saturating_sub(1).min(20);
    let half = min.saturating_mul(1 << doublings).min(max) / 2;
    let half_ms = u64::try_from(half.as_millis()).unwrap_or(u64::MAX);
    half.saturating_add(Duration::from_millis(rng.below(half_ms.saturating_add(1))))
}
