//! Being asked to stop.

use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::clock::Clock;

/// Signals closer to the first one than this are the same wish.
const SECOND_WISH_AFTER: Duration = Duration::from_secs(1);

/// A token that SIGTERM or SIGINT sets: what is at work finishes the batch in hand. A second
/// signal ends the process at once, whatever is at work.
pub fn stop_on_signal(clock: Arc<dyn Clock>) -> CancellationToken {
    let stop = CancellationToken::new();
    let token = stop.clone();
    let mut first = Ending::listen();
    tokio::spawn(async move {
        first.comes().await;
        info!("stopping after the batch in hand");
        token.cancel();
        // Some senders signal the process and its group: that is one wish, not two.
        clock.sleep(SECOND_WISH_AFTER).await;
        Ending::listen().comes().await;
        warn!("stopping at once");
        std::process::exit(130);
    });
    stop
}

/// Signals to read the configuration again (SIGHUP), from now on; they end nothing any more.
pub fn hangups() -> Signal {
    signal(SignalKind::hangup()).expect("a process may listen to its signals")
}

/// The signals that ask for the end, from the moment of listening on.
struct Ending {
    terminate: Signal,
    interrupt: Signal,
}

impl Ending {
    fn listen() -> Self {
        let listen = |kind| signal(kind).expect("a process may listen to its signals");
        let (terminate, interrupt) = (SignalKind::terminate(), SignalKind::interrupt());
        Self { terminate: listen(terminate), interrupt: listen(interrupt) }
    }

    async fn comes(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
