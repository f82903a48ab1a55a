//! What the system's service manager is told, where there is one (`sd_notify(3)`).

use std::sync::Arc;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio_util::task::AbortOnDropHandle;
use tracing::debug;

use crate::clock::Clock;

fn tell(states: &[NotifyState<'_>]) {
    // Whoever does not listen loses nothing.
    if let Err(error) = sd_notify::notify(states) {
        debug!(%error, "the service manager was not told");
    }
}

/// The work has begun.
pub(super) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// What there is to be seen at a glance.
pub(super) fn status(line: &str) {
    tell(&[NotifyState::Status(line)]);
}

/// The configuration is read again, until [`ready`] is told.
pub(super) fn rereading() {
    if let Ok(now) = NotifyState::monotonic_usec_now() {
        tell(&[NotifyState::Reloading, now]);
    }
}

/// The work ends, within `grace` and a little.
pub(super) fn stopping(grace: Duration) {
    let patience = grace.saturating_add(Duration::from_secs(5)).as_micros();
    let patience = u32::try_from(patience).unwrap_or(u32::MAX);
    tell(&[NotifyState::Stopping, NotifyState::ExtendTimeoutUsec(patience)]);
}

/// Says again and again that this process is alive, where somebody would kill it otherwise. It comes from
/// the same threads that do the work: where these hang, it is silent.
pub(super) fn stay_alive(clock: Arc<dyn Clock>) -> Option<AbortOnDropHandle<()>> {
    let patience = sd_notify::watchdog_enabled()?;
    Some(AbortOnDropHandle::new(tokio::spawn(async move {
        loop {
            tell(&[NotifyState::Watchdog]);
            clock.timer(patience / 3).await;
        }
    })))
}
