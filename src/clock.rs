//! Time as a parameter. Code that needs the time, or has to wait, takes a [`Clock`].
//!
//! [`SystemClock`] is the machine's. [`VirtualClock`] moves only when it is told to or when a caller
//! sleeps, so that with it and a seeded `Rng` a life of the application can be repeated exactly.

use std::fmt;
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, SubsecRound, TimeDelta, Utc};
use futures_util::future::{BoxFuture, FutureExt as _};
use tokio::sync::watch;

/// When something is done: the instant, and the billing date it counts for. In a sandbox both
/// are of its own clock. An operation takes one moment when it begins and passes it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The instant.
    pub at: DateTime<Utc>,
    /// The billing date.
    pub on: NaiveDate,
}

/// Tells the time, and waits.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The wall clock's time, to the microsecond, which is what every database can store. Leases
    /// between processes use it in a sandbox too, where billing dates come from the sandbox's own clock.
    fn now(&self) -> DateTime<Utc>;

    /// The time since an arbitrary instant; it never goes back.
    fn monotonic(&self) -> Duration;

    /// Whether it shows the time of this machine, so that it can be compared with another machine's clock.
    fn is_machine(&self) -> bool {
        true
    }

    /// Waits, while the caller does nothing else. A virtual clock moves on by `duration` at once.
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()>;

    /// Ends after `duration`, while the caller does something else or waits for several things. A
    /// virtual clock does not move for it: it ends once others have moved the clock so far.
    fn timer(&self, duration: Duration) -> BoxFuture<'_, ()>;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    started: Instant,
}

impl Default for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the machine's clock asks the machine")]
    fn default() -> Self {
        Self { started: Instant::now() }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the machine's clock asks the machine")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    #[expect(clippy::disallowed_methods, reason = "the machine's clock waits in real time")]
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        tokio::time::sleep(duration).boxed()
    }

    fn timer(&self, duration: Duration) -> BoxFuture<'_, ()> {
        self.sleep(duration)
    }
}

/// A clock for tests and simulations. Its clones are the same clock.
#[derive(Debug, Clone)]
pub struct VirtualClock {
    time: watch::Sender<VirtualTime>,
}

#[derive(Debug, Clone, Copy)]
struct VirtualTime {
    now: DateTime<Utc>,
    monotonic: Duration,
}

impl VirtualClock {
    /// A clock that shows `now`.
    pub fn new(now: DateTime<Utc>) -> Self {
        let time = VirtualTime { now: now.trunc_subsecs(6), monotonic: Duration::ZERO };
        Self { time: watch::Sender::new(time) }
    }

    /// Moves the clock on.
    pub fn advance(&self, duration: Duration) {
        self.time.send_modify(|time| time.advance(duration));
    }

    /// Sets the wall clock. Set to a later time, the monotonic time advances by as much; set to an
    /// earlier one, it stays.
    pub fn set(&self, now: DateTime<Utc>) {
        self.time.send_modify(|time| {
            let ahead = now.signed_duration_since(time.now).to_std().unwrap_or_default();
            time.monotonic = time.monotonic.saturating_add(ahead);
            time.now = now.trunc_subsecs(6);
        });
    }
}

impl VirtualTime {
    fn advance(&mut self, duration: Duration) {
        let delta = TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX);
        self.now = self.now.checked_add_signed(delta).unwrap_or(DateTime::<Utc>::MAX_UTC);
        self.now = self.now.trunc_subsecs(6);
        self.monotonic = self.monotonic.saturating_add(duration);
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> DateTime<Utc> {
        self.time.borrow().now
    }

    fn is_machine(&self) -> bool {
        false
    }

    fn monotonic(&self) -> Duration {
        self.time.borrow().monotonic
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        // Concurrent waits overlap: the clock advances by the longest one, not by their sum.
        let end = self.monotonic().saturating_add(duration);
        async move {
            self.time.send_if_modified(|time| {
                let missing = end.saturating_sub(time.monotonic);
                time.advance(missing);
                !missing.is_zero()
            });
            tokio::task::yield_now().await;
        }
        .boxed()
    }

    fn timer(&self, duration: Duration) -> BoxFuture<'_, ()> {
        let end = self.monotonic().saturating_add(duration);
        async move {
            let mut time = self.time.subscribe();
            let reached = time.wait_for(|time| time.monotonic >= end).await;
            reached.expect("the sender lives as long as the clock");
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join;

    use super::*;

    fn clock() -> VirtualClock {
        VirtualClock::new(DateTime::UNIX_EPOCH)
    }

    #[tokio::test]
    async fn a_virtual_sleep_moves_the_clock_at_once() {
        let clock = clock();
        join(clock.sleep(Duration::from_secs(90)), clock.sleep(Duration::from_secs(5))).await;
        assert_eq!(clock.now().timestamp(), 90);
        assert_eq!(clock.monotonic(), Duration::from_secs(90));
    }

    #[tokio::test]
    async fn a_virtual_timer_waits_until_others_have_moved_the_clock() {
        let clock = clock();
        let mut timer = clock.timer(Duration::from_secs(60));
        clock.advance(Duration::from_secs(59));
        assert_eq!((&mut timer).now_or_never(), None);
        clock.sleep(Duration::from_secs(1)).await;
        timer.await;
        assert_eq!(clock.now().timestamp(), 60);
    }

    #[test]
    fn a_wall_clock_that_is_set_back_leaves_the_monotonic_time() {
        let clock = clock();
        clock.set(DateTime::UNIX_EPOCH + TimeDelta::days(2));
        clock.set(DateTime::UNIX_EPOCH + TimeDelta::days(1));
        assert_eq!(clock.now().timestamp(), 86_400);
        assert_eq!(clock.monotonic(), Duration::from_secs(2 * 86_400));
    }
}
