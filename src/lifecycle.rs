//! Being asked to stop.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// Signals closer to the first one than this are the same wish.
const SECOND_WISH_AFTER: Duration = Duration::from_secs(1);

/// A token that SIGTERM or SIGINT sets: what is at work finishes the batch in hand. A second
/// signal ends the process at once, whatever is at work.
pub fn stop_on_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    let token = stop.clone();
    tokio::spawn(async move {
        ending().await;
        info!("stopping after the batch in hand");
        token.cancel();
        // Some senders signal the process and its group: that is one wish, not two.
        tokio::time::sleep(SECOND_WISH_AFTER).await;
        ending().await;
        warn!("stopping at once");
        std::process::exit(130);
    });
    stop
}

/// Signals to read the configuration again (SIGHUP), from now on; they end nothing any more.
pub fn hangups() -> Signal {
    signal(SignalKind::hangup()).expect("a process may listen to its signals")
}

async fn ending() {
    let mut terminate =
        signal(SignalKind::terminate()).expect("a process may listen to its signals");
    let mut interrupt =
        signal(SignalKind::interrupt()).expect("a process may listen to its signals");
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
