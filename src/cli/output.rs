//! What is printed: data to stdout, all else to stderr.

use std::ffi::OsStr;
use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::refusals::{self, CommandRefusal, RefusalView, RefusedView};
use crate::billing::{Day, Observer};
use crate::clock::SystemClock;
use crate::lifecycle::stop_on_signal;
use crate::operations::run::Watch;
use crate::text::{harmless, harmless_json, harmless_lines, shortened};
use anyhow::{Context as _, Result};
use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use serde::Serialize;

pub use crate::cli::table::{table, width};

/// How the caller wants to be answered.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    pub json: bool,
    pub yes: bool,
}

impl Screen {
    /// Prints `data` as JSON where that was asked for, or as the text that `people` makes of it.
    pub fn show<T: Serialize>(self, data: &T, people: impl FnOnce(&T) -> String) -> Result<()> {
        if self.json {
            return print(&harmless_json(&serde_json::to_string_pretty(data)?));
        }
        print(&harmless_lines(&people(data)))
    }

    /// Prints the newest `limit` of a short list that was read with one more, and notes if there are more.
    pub fn show_newest<T: Serialize>(
        self,
        mut list: Vec<T>,
        limit: u32,
        thing: &str,
        people: impl FnOnce(&[T]) -> String,
    ) -> Result<()> {
        let shown = usize::try_from(limit).unwrap_or(usize::MAX);
        let are_more = list.len() > shown;
        list.truncate(shown);
        self.show(&list, |list| people(list))?;
        if are_more {
            note_more(limit, thing);
        }
        Ok(())
    }

    /// Whether there is a person to ask: on a terminal.
    pub fn has_person() -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Asks before something is ended, where there is a person to ask: on a terminal. A script has
    /// said what it wants.
    ///
    /// Ctrl-C ends the program here, and does so only until [`watch`] is called,
    /// which catches it: what is to be looked at first is [`followed`].
    pub fn confirm(self, question: &str) -> Result<()> {
        if self.yes || !Self::has_person() {
            return Ok(());
        }
        let mut stderr = std::io::stderr();
        write!(stderr, "{} [y/N] ", harmless_lines(question))
            .and_then(|()| stderr.flush())
            .context("asking")?;
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).context("reading the answer")?;
        if !answer.ends_with('\n') {
            // The input ended, by Ctrl-D: what is told next has a line of its own.
            note("");
        }
        if matches!(answer.trim(), "y" | "Y" | "yes") {
            return Ok(());
        }
        Err(CommandRefusal::NotConfirmed.into())
    }
}

/// Notes that a list of the newest `things` ends at `limit`.
pub fn note_more(limit: u32, thing: &str) {
    let shown = counted(limit.into(), thing);
    note(&format!("{shown} shown, newest first; there are more\nhint: `--limit` shows more"));
}

/// Writes `text` and a line's end to stdout.
pub fn print(text: &str) -> Result<()> {
    print_part(&format!("{text}\n")).map(drop)
}

/// Writes `text` to stdout. Returns false if the reader has ended, for example `head`.
pub fn print_part(text: &str) -> Result<bool> {
    write_to_stdout(text.as_bytes())
}

/// As [`print_part`], for a document.
pub fn write_to_stdout(bytes: &[u8]) -> Result<bool> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error).context("writing to stdout"),
    }
}

/// The number of characters of a line on stderr. Longer lines are not read, and may hide the next one.
const NOTE_CHARS_MAX: usize = 4_000;

/// Tells something beside the data.
pub fn note(text: &str) {
    let text = harmless_lines(text);
    let lines: Vec<_> = text.split('\n').map(|line| shortened(line, NOTE_CHARS_MAX)).collect();
    // If stderr is closed, the message cannot be shown.
    let _ = writeln!(std::io::stderr(), "{}", lines.join("\n"));
}

/// Tells an error: what was tried and why it failed, then each remedy on a line of its own.
pub fn complain(error: &anyhow::Error) {
    let (reasons, mut hints) = crate::remedies::explain(error);
    hints.extend(refusals::hints_of_failure(error));
    note(&format!("error: {reasons}"));
    for hint in hints {
        note(&format!("hint: {hint}"));
    }
}

/// Reports a refusal on stderr, and with `--json` as one document on stdout.
pub fn complain_of_refusal(refusal: RefusalView, screen: Screen) {
    note(&format!("error: {}", refusal.message));
    for hint in &refusal.hints {
        note(&format!("hint: {hint}"));
    }
    let refused = RefusedView { refused: refusal };
    if screen.json
        && let Ok(document) = serde_json::to_string_pretty(&refused)
    {
        // The exit code says the same if stdout is closed.
        let _ = print(&harmless_json(&document));
    }
}

/// One thing for people: a name and a value on each line. The further lines of a value are indented.
pub fn fields(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let indent = format!("\n{:width$}  ", "");
    let lines: Vec<_> = rows
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| {
            let value: Vec<_> = value.split('\n').map(harmless).collect();
            format!("{name:width$}  {}", value.join(&indent))
        })
        .collect();
    lines.join("\n")
}

/// Reads a date that every database can hold, for the command line.
pub fn date_of(text: &str) -> Result<NaiveDate, &'static str> {
    let date = text.parse().ok().filter(|date: &NaiveDate| (1..=9999).contains(&date.year()));
    date.ok_or("not a date; use YYYY-MM-DD")
}

/// Words that a value can be, for the help and for shells to offer. Any other is refused as all else that
/// breaks a rule is: by what is asked, with exit code 1.
#[derive(Debug, Clone)]
pub struct OneOf(Vec<&'static str>);

/// A value that can be one of `words`.
pub fn one_of(words: impl IntoIterator<Item = &'static str>) -> OneOf {
    OneOf(words.into_iter().collect())
}

impl TypedValueParser for OneOf {
    type Value = String;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().map(PossibleValue::new)))
    }
}

/// A value that may be missing.
pub fn or_blank(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// To the second: who needs more asks for JSON.
pub fn instant(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// `1 number`, `2 numbers`.
pub fn counted(count: u64, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

/// How far a long work has come, told on stderr, on a terminal only, while it goes on. A signal ends the
/// work after the batch in hand.
pub fn watch(what: &'static str) -> (Watch, ProgressBar) {
    let (watch, bar) = followed(what);
    (Watch { stop: stop_on_signal(Arc::new(SystemClock::default())), ..watch }, bar)
}

/// As [`watch`], but a signal is not caught: it ends the program.
pub fn followed(what: &'static str) -> (Watch, ProgressBar) {
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("{spinner} {msg}, {elapsed}");
    bar.set_style(style.expect("the template is well formed"));
    bar.set_message(what);
    bar.enable_steady_tick(TICK);
    let progress = Progress { bar: bar.clone(), what, is_by_day: AtomicBool::new(false) };
    (Watch { observer: Arc::new(progress), ..Watch::default() }, bar)
}

/// How often a bar is redrawn without progress, to show that the command still runs.
pub const TICK: Duration = Duration::from_millis(100);

/// What is done, and how far it has come: the day where it goes by days, else what was counted.
struct Progress {
    bar: ProgressBar,
    what: &'static str,
    is_by_day: AtomicBool,
}

impl Progress {
    fn count(&self, count: u64, thing: &str) {
        if self.is_by_day.load(Ordering::Relaxed) {
            return;
        }
        self.bar.inc(count);
        let count = self.bar.position();
        let plural = if count == 1 { "" } else { "s" };
        self.bar.set_message(format!("{}, {} {thing}{plural}", self.what, HumanCount(count)));
    }
}

impl Observer for Progress {
    fn looked_at(&self, accounts: u64) {
        self.count(accounts, "account");
    }

    fn delivered(&self, notices: u64) {
        self.count(notices, "notice");
    }

    fn day_began(&self, Day { on, number, of }: Day) {
        self.is_by_day.store(true, Ordering::Relaxed);
        self.bar.set_message(format!("{}, {on}, day {number} of {of}", self.what));
    }
}
