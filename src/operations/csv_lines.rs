//! A CSV file of which every line is looked at before anything is done: what is wrong with it is
//! said of all lines at once, each by its number.

use std::io::Read;

use anyhow::{Context as _, Result};
use serde::de::DeserializeOwned;

use super::Refusal;

/// Something wrong with a line.
pub(super) type LineError = (u64, String);

/// Errors that are shown; the rest is counted.
const ERRORS_SHOWN_MAX: usize = 50;

/// What a file is to look like.
pub(super) struct Form {
    /// The columns that it must have.
    pub columns: &'static [&'static str],
    /// The columns that it may have.
    pub optional: &'static [&'static str],
    /// What did not happen where it is refused, such as `nothing was imported`.
    pub nothing_done: &'static str,
    /// What it holds, in the plural.
    pub things: &'static str,
}

/// The things on the good lines, each with the line's number, and what is wrong with the others.
type Sorted<T> = (Vec<(u64, T)>, Vec<LineError>);

impl Form {
    /// Everything in `file`.
    pub fn content(mut file: impl Read) -> Result<Vec<u8>> {
        let mut content = Vec::new();
        file.read_to_end(&mut content).context("reading the file")?;
        Ok(content)
    }

    /// Reads every line by `meaning`: the good ones with their numbers, and what is wrong with the
    /// others. A thing whose name and earlier line `first_line_of` finds is there twice.
    pub fn read<L: DeserializeOwned, T>(
        &self,
        content: &[u8],
        meaning: impl Fn(L) -> Result<T, String>,
        mut first_line_of: impl FnMut(&T, u64) -> Option<(String, u64)>,
    ) -> Result<Sorted<T>, Refusal> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(content);
        let headers = match reader.headers() {
            Ok(headers) => headers.clone(),
            Err(error) => return Err(self.bad_heading(describe(&error))),
        };
        self.check_heading(&headers)?;
        let mut lines = Lines { content, at: 0, line: 1 };
        let (mut good, mut errors) = (Vec::new(), Vec::new());
        let mut record = csv::StringRecord::new();
        loop {
            let line = lines.of_record_from(reader.position().byte());
            let read = match reader.read_record(&mut record) {
                Ok(false) => return Ok((good, errors)),
                Ok(true) => record.deserialize(Some(&headers)),
                Err(error) => Err(error),
            };
            match read.map_err(|error| describe(&error)).and_then(&meaning) {
                Ok(thing) => match first_line_of(&thing, line) {
                    Some((name, first)) => {
                        errors.push((line, format!("{name} is on line {first} already")));
                    }
                    None => good.push((line, thing)),
                },
                Err(error) => errors.push((line, error)),
            }
        }
    }

    /// Refuses the file where anything is wrong with it.
    pub fn refuse_if_any(&self, mut errors: Vec<LineError>) -> Result<()> {
        if errors.is_empty() {
            return Ok(());
        }
        errors.sort();
        let plural = if errors.len() == 1 { "" } else { "s" };
        let mut message = format!("{}: {} error{plural}", self.nothing_done, errors.len());
        for (line, error) in errors.iter().take(ERRORS_SHOWN_MAX) {
            let error = error.split('\n').next().unwrap_or(error);
            message.push_str(&format!("\nline {line}: {error}"));
        }
        if errors.len() > ERRORS_SHOWN_MAX {
            message.push_str(&format!("\nand {} more", errors.len() - ERRORS_SHOWN_MAX));
        }
        Err(Refusal::new(message).into())
    }

    /// Refuses a file in which nothing stands.
    pub fn refuse_if_empty<T>(&self, lines: &[T]) -> Result<()> {
        if lines.is_empty() {
            let message = format!("the file has no {}", self.things);
            return Err(Refusal::with_hint(message, self.hint()).into());
        }
        Ok(())
    }

    /// What is wrong with the heading is wrong with every line, so it alone is told.
    fn check_heading(&self, headers: &csv::StringRecord) -> Result<(), Refusal> {
        let count = |name: &str| headers.iter().filter(|header| *header == name).count();
        let is_known = |name: &str| self.columns.contains(&name) || self.optional.contains(&name);
        if !headers.iter().any(is_known) {
            // An empty file says nothing wrong.
            let is_empty = headers.is_empty();
            return if is_empty { Ok(()) } else { Err(self.bad_heading("it names no columns")) };
        }
        let missing = self.columns.iter().filter(|name| count(name) == 0);
        let twice = self.columns.iter().chain(self.optional).filter(|name| count(name) > 1);
        let unknown = headers.iter().filter(|name| !is_known(name));
        let errors: Vec<_> = missing
            .map(|name| format!("`{name}` is missing"))
            .chain(twice.map(|name| format!("`{name}` is there more than once")))
            .chain(unknown.map(|name| format!("`{name}` is unknown")))
            .collect();
        if errors.is_empty() { Ok(()) } else { Err(self.bad_heading(errors.join(", "))) }
    }

    fn bad_heading(&self, error: impl std::fmt::Display) -> Refusal {
        let message = format!("{}: the heading is wrong: {error}", self.nothing_done);
        Refusal::with_hint(message, self.hint())
    }

    fn hint(&self) -> String {
        let optional: String = self.optional.iter().map(|name| format!("[,{name}]")).collect();
        format!("the columns are {}{optional}, separated by commas", self.columns.join(","))
    }
}

/// Counts lines. The reader skips blank ones, and takes them for the beginning of the record
/// that follows.
struct Lines<'a> {
    content: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line on which the record begins that is read from `byte` on.
    fn of_record_from(&mut self, byte: u64) -> u64 {
        let is_blank = |byte: &&u8| matches!(byte, b'\r' | b'\n');
        let from = usize::try_from(byte).unwrap_or(usize::MAX).clamp(self.at, self.content.len());
        let start = from + self.content[from..].iter().take_while(is_blank).count();
        let skipped = &self.content[self.at..start];
        self.line += skipped.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.at = start;
        self.line
    }
}

fn describe(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => err.to_string(),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            let plural = if *len == 1 { "" } else { "s" };
            format!("it has {len} column{plural}, the heading has {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8".to_owned(),
        _ => error.to_string(),
    }
}

/// What is wrong with one line.
#[derive(Default)]
pub(super) struct Faults(Vec<String>);

impl Faults {
    /// One thing more.
    pub fn add(&mut self, fault: String) {
        self.0.push(fault);
    }

    /// The value, or none and its fault noted, without the hint: there may be many.
    pub fn note<T, E: std::fmt::Display>(&mut self, outcome: Result<T, E>) -> Option<T> {
        outcome
            .map_err(|error| {
                self.add(error.to_string().lines().next().unwrap_or_default().to_owned())
            })
            .ok()
    }

    /// `value`, if nothing is wrong.
    pub fn unless_any<T>(self, value: Option<T>) -> Result<T, String> {
        value.filter(|_| self.0.is_empty()).ok_or_else(|| self.0.join("; "))
    }
}
