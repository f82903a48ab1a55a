//! Notifications to the service manager, if there is one (`sd_notify(3)`).

use std::io;
use std::os::unix::net::UnixDatagram;
use std::sync::Arc;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio_util::task::AbortOnDropHandle;
use tracing::debug;

use crate::clock::Clock;

fn tell(states: &[NotifyState<'_>]) {
    // The daemon works without a service manager too.
    if let Err(error) = send(states) {
        debug!(%error, "the service manager was not notified");
    }
}

/// As `sd_notify::notify`, which waits if the service manager does not read: that would stop the work.
fn send(states: &[NotifyState<'_>]) -> io::Result<()> {
    let Some(path) = std::env::var_os("NOTIFY_SOCKET") else { return Ok(()) };
    let message: String = states.iter().map(|state| format!("{state}\n")).collect();
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    socket.connect(path)?;
    socket.send(message.as_bytes()).map(|_| ())
}

/// The daemon is ready.
pub(super) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// Sets the status line.
pub(super) fn status(line: &str) {
    tell(&[NotifyState::Status(line)]);
}

/// The configuration is being read again, until [`ready`].
pub(super) fn rereading() {
    if let Ok(now) = NotifyState::monotonic_usec_now() {
        tell(&[NotifyState::Reloading, now]);
    }
}

/// The daemon stops, within `grace` and a few seconds.
pub(super) fn stopping(grace: Duration) {
    let patience = grace.saturating_add(Duration::from_secs(5)).as_micros();
    let patience = u32::try_from(patience).unwrap_or(u32::MAX);
    tell(&[NotifyState::Stopping, NotifyState::ExtendTimeoutUsec(patience)]);
}

/// Sends the watchdog notification regularly, if the service manager expects it. It runs on the same threads as the
/// work, so it stops if these hang.
pub(super) fn stay_alive(clock: Arc<dyn Clock>) -> Option<AbortOnDropHandle<()>> {
    let patience = sd_notify::watchdog_enabled()?;
    Some(AbortOnDropHandle::new(tokio::spawn(async move {
        loop {
            tell(&[NotifyState::Watchdog]);
            clock.timer(patience / 3).await;
        }
    })))
}
