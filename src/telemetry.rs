//! Logs: to stderr, as text on a terminal and as JSON otherwise. And the reasons of an error, in one line.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Sends logs to stderr as `default_filter` says (`info`, `info,some_crate=warn`, `off`);
/// `RUST_LOG` overrides it.
pub fn start(default_filter: &str) {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default_filter));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        logs.with_target(false).init();
    } else {
        logs.json().flatten_event(true).with_span_list(false).init();
    }
}

/// Separates the message of an error from each remedy that it carries.
const REMEDY: &str = "\nhint: ";

/// What was tried and why it failed, in one line, without remedies.
pub fn reasons(error: &anyhow::Error) -> String {
    let mut reasons: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = cause.to_string();
        let reason = text.split(REMEDY).next().unwrap_or_default();
        // A wrapper may repeat what it wraps.
        if !reasons.iter().any(|earlier| earlier.contains(reason)) {
            reasons.push(reason.to_owned());
        }
    }
    reasons.join(": ")
}

/// The remedies that a message carries, such as one about a setting.
pub fn remedies_in(message: &str) -> Vec<String> {
    message.split(REMEDY).skip(1).map(str::to_owned).collect()
}
