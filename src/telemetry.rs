//! Logs: to stderr, as text on a terminal and as JSON otherwise.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Sends logs of `default_level` and above to stderr; `RUST_LOG` overrides the level.
pub fn start(default_level: &str) {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default_level));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        logs.with_target(false).init();
    } else {
        logs.json().flatten_event(true).init();
    }
}
