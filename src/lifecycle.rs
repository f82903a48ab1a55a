//! Being asked to stop.

use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// A token that SIGTERM or SIGINT sets: what is at work finishes the batch in hand. A second
/// signal ends the process at once, whatever is at work.
pub fn stop_on_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    let token = stop.clone();
    tokio::spawn(async move {
        signal().await;
        info!("stopping after the batch in hand");
        token.cancel();
        signal().await;
        warn!("stopping at once");
        std::process::exit(130);
    });
    stop
}

async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate =
        signal(SignalKind::terminate()).expect("a process may listen to its signals");
    let mut interrupt =
        signal(SignalKind::interrupt()).expect("a process may listen to its signals");
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
