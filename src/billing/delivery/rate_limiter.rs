//! Keeps below the number of mails per second that the mail server accepts.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use crate::clock::Clock;

/// Limits the mails per second.
pub(super) struct RateLimiter {
    pause: Option<Duration>,
    /// When the next mail may be sent, by the monotonic clock.
    next: Mutex<Duration>,
    clock: Arc<dyn Clock>,
}

impl RateLimiter {
    pub(super) fn new(rate_max_per_s: Option<u32>, clock: Arc<dyn Clock>) -> Self {
        let pause = rate_max_per_s.map(|rate| Duration::from_secs(1) / rate.max(1));
        Self { pause, next: Mutex::new(clock.monotonic()), clock }
    }

    pub(super) async fn wait(&self) {
        let Some(pause) = self.pause else { return };
        let mut next = self.next.lock().await;
        let now = self.clock.monotonic();
        let mine = (*next).max(now);
        *next = mine.saturating_add(pause);
        drop(next);
        let wait = mine.saturating_sub(now);
        if !wait.is_zero() {
            self.clock.sleep(wait).await;
        }
    }
}
