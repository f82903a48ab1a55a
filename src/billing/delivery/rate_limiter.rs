//! Keeps below the number of mails per second that the mail server accepts.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

/// Lets no more mails go than the other side wants to see in a second.
pub(super) struct RateLimiter {
    pause: Option<Duration>,
    next: Mutex<Instant>,
}

impl RateLimiter {
    pub(super) fn new(rate_max_per_s: Option<u32>) -> Self {
        let pause = rate_max_per_s.map(|rate| Duration::from_secs(1) / rate.max(1));
        Self { pause, next: Mutex::new(Instant::now()) }
    }

    pub(super) async fn wait(&self) {
        let Some(pause) = self.pause else { return };
        let mut next = self.next.lock().await;
        let mine = (*next).max(Instant::now());
        *next = mine + pause;
        drop(next);
        sleep_until(mine).await;
    }
}
