//! Logs: to stderr, as text on a terminal and as JSON otherwise. And errors, in words.

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

/// What was tried and why it failed, in one line, and the remedies that the causes carry.
pub fn explain(error: &anyhow::Error) -> (String, Vec<String>) {
    let mut reasons: Vec<String> = Vec::new();
    let mut hints: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = cause.to_string();
        let (reason, hint) = text.split_once("\nhint: ").unwrap_or((&text, ""));
        // A wrapper may repeat what it wraps.
        if !reasons.iter().any(|earlier| earlier.contains(reason)) {
            reasons.push(reason.to_owned());
        }
        if !hint.is_empty() && !hints.iter().any(|earlier| earlier == hint) {
            hints.push(hint.to_owned());
        }
    }
    (reasons.join(": "), hints)
}
