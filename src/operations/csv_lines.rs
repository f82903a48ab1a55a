//! A CSV file whose lines are all checked before anything is done. Its refusal names every wrong line.

use std::io::{ErrorKind, Read};

use anyhow::Context as _;
use serde::de::DeserializeOwned;

use super::Refusal;
use super::error::Result;
use crate::bounded_file;
use crate::text::quoted;

/// The largest file, in bytes: some two million numbers.
const FILE_BYTES_MAX: u64 = 128 << 20;
/// The longest line, in bytes; a line of a correct file has some hundred.
const LINE_BYTES_MAX: usize = 64 << 10;
const TOO_LONG: &str = "it has more than 65536 bytes";
/// The number of unknown columns that an error names.
const SHOWN_MAX: usize = 10;

/// Something wrong with a line.
pub(super) type LineError = (u64, String);

/// The columns of a file, and the words for its refusal.
pub(super) struct Form {
    /// The columns that it must have.
    pub columns: &'static [&'static str],
    /// The columns that it may have.
    pub optional: &'static [&'static str],
    /// What did not happen if it is refused, such as `nothing was imported`.
    pub nothing_done: &'static str,
    /// What it holds, in the plural.
    pub things: &'static str,
}

/// The things on the good lines, each with the line's number, and what is wrong with the others.
type Sorted<T> = (Vec<(u64, T)>, Vec<LineError>);

impl Form {
    /// Everything in `file`.
    ///
    /// # Errors
    /// Refuses a file of more than [`FILE_BYTES_MAX`].
    pub fn content(&self, file: impl Read) -> Result<Vec<u8>> {
        match bounded_file::read(file, FILE_BYTES_MAX) {
            Err(error) if error.kind() == ErrorKind::FileTooLarge => {
                let (nothing_done, max) = (self.nothing_done, FILE_BYTES_MAX);
                Err(Refusal::FileTooLarge { nothing_done, max }.into())
            }
            read => Ok(read.context("reading the file")?),
        }
    }

    /// Reads every line by `parse`: the good ones with their numbers, and what is wrong with the
    /// others. A thing whose name and earlier line `first_line_of` finds is there twice.
    pub fn read<L: DeserializeOwned, T>(
        &self,
        content: &[u8],
        parse: impl Fn(L) -> Result<T, String>,
        mut first_line_of: impl FnMut(&T, u64) -> Option<(String, u64)>,
    ) -> Result<Sorted<T>, Refusal> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(content);
        let headers = match reader.headers() {
            Ok(headers) => headers.clone(),
            Err(error) => return Err(self.bad_heading(describe(&error))),
        };
        if is_too_long(&headers) {
            return Err(self.bad_heading(TOO_LONG));
        }
        self.check_heading(&headers)?;
        let mut lines = Lines { content, at: 0, line: 1 };
        let (mut good, mut errors) = (Vec::new(), Vec::new());
        let mut record = csv::StringRecord::new();
        loop {
            let line = lines.of_record_from(reader.position().byte());
            let read = match reader.read_record(&mut record) {
                Ok(false) => return Ok((good, errors)),
                Ok(true) if is_too_long(&record) => {
                    errors.push((line, TOO_LONG.to_owned()));
                    continue;
                }
                Ok(true) => record.deserialize(Some(&headers)),
                Err(error) => Err(error),
            };
            match read.map_err(|error| describe(&error)).and_then(&parse) {
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

    /// Refuses the file if anything is wrong with it.
    pub fn refuse_if_any(&self, mut errors: Vec<LineError>) -> Result<()> {
        if errors.is_empty() {
            return Ok(());
        }
        errors.sort();
        Err(Refusal::LinesRefused { nothing_done: self.nothing_done, errors }.into())
    }

    /// Refuses a file without lines.
    pub fn refuse_if_empty<T>(&self, lines: &[T]) -> Result<()> {
        if lines.is_empty() {
            let (things, columns) = (self.things, self.all_columns());
            return Err(Refusal::FileEmpty { things, columns }.into());
        }
        Ok(())
    }

    /// An error in the heading is an error in every line, so it alone is reported.
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
            .chain(unknown.map(|name| format!("{} is unknown", quoted(name))).take(SHOWN_MAX))
            .collect();
        if errors.is_empty() { Ok(()) } else { Err(self.bad_heading(errors.join(", "))) }
    }

    fn bad_heading(&self, error: impl std::fmt::Display) -> Refusal {
        let (error, columns) = (error.to_string(), self.all_columns());
        Refusal::HeadingRefused { nothing_done: self.nothing_done, error, columns }
    }

    fn all_columns(&self) -> String {
        let optional: String = self.optional.iter().map(|name| format!("[,{name}]")).collect();
        format!("{}{optional}", self.columns.join(","))
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

fn is_too_long(record: &csv::StringRecord) -> bool {
    record.iter().map(str::len).sum::<usize>() > LINE_BYTES_MAX
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
