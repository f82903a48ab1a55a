//! Logs: to stderr, as text on a terminal and as JSON otherwise. And the reasons of an error, in one line.

use std::fmt;
use std::io::{self, IsTerminal as _, Write};

use tracing::field::Field;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format::{Writer, debug_fn};

use crate::text::{harmless, harmless_json};

/// Sends logs to stderr as `default_filter` says (`info`, `info,some_crate=warn`, `off`);
/// `RUST_LOG` overrides it.
pub fn start(default_filter: &str) {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default_filter));
    let logs = tracing_subscriber::fmt().with_env_filter(filter);
    if std::io::stderr().is_terminal() {
        let fields = debug_fn(write_field).delimited(" ");
        logs.with_writer(io::stderr).fmt_fields(fields).with_target(false).init();
    } else {
        let logs = logs.json().flatten_event(true).with_span_list(false);
        logs.with_writer(|| HarmlessJson(io::stderr())).init();
    }
}

/// A field of a log line for people, so that no value acts on the terminal.
fn write_field(line: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    let value = format!("{value:?}");
    match field.name() {
        "message" => write!(line, "{}", harmless(&value)),
        name => write!(line, "{name}={}", harmless(&value)),
    }
}

/// Writes log lines in JSON, each with one call.
struct HarmlessJson<W>(W);

impl<W: Write> Write for HarmlessJson<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match std::str::from_utf8(line) {
            Ok(text) => self.0.write_all(harmless_json(text).as_bytes())?,
            Err(_) => self.0.write_all(line)?,
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_line_in_json_has_no_character_that_acts_on_a_terminal() {
        let mut written = Vec::new();
        let line = "{\"message\":\"\u{9b}2J\u{202e}\"}\n";
        let count = HarmlessJson(&mut written).write(line.as_bytes()).expect("it is written");
        assert_eq!(count, line.len());
        let written = String::from_utf8(written).expect("text");
        assert_eq!(written, "{\"message\":\"\\u009b2J\\u202e\"}\n");
    }
}
