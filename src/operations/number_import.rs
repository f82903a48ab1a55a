//! `number import`: a CSV file into the inventory, all of it or nothing.

use std::collections::{HashMap, HashSet};
use std::io::Read;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use super::{Desk, Refusal};
use crate::money::{Currency, Money, currency_of};
use crate::rental::{Msisdn, Number, NumberType, country_of, features_of};
use crate::store::StoreError;

/// What was imported.
#[derive(Debug, Clone, Serialize)]
pub struct Imported {
    /// How many numbers.
    pub imported: usize,
}

/// A number and the line that it is on.
type NumberLine = (u64, Number);
/// Something wrong with a line.
type LineError = (u64, String);

/// The columns that a file must have, and the one that it may have.
const COLUMNS: [&str; 7] =
    ["msisdn", "country", "type", "features", "monthly_price", "setup_price", "currency"];
const SHARED: &str = "shared";

/// Errors that are shown; the rest is counted.
const ERRORS_SHOWN_MAX: usize = 50;

/// What is said of one number: a line of a file, or a command's options.
#[derive(Debug, Deserialize)]
pub(super) struct Line {
    pub(super) msisdn: String,
    pub(super) country: String,
    pub(super) r#type: String,
    pub(super) features: String,
    pub(super) monthly_price: String,
    pub(super) setup_price: String,
    pub(super) currency: String,
    #[serde(default)]
    pub(super) shared: Option<String>,
}

/// Imports the numbers of a CSV file with the columns
/// `msisdn,country,type,features,monthly_price,setup_price,currency[,shared]`.
///
/// # Errors
/// Refuses a file with a malformed or duplicate line, naming each by its number; nothing is
/// imported then. Fails where the file cannot be read.
pub async fn import(desk: &Desk, mut file: impl Read) -> Result<Imported> {
    let mut content = Vec::new();
    file.read_to_end(&mut content).context("reading the file")?;
    let (lines, mut errors) = read(&content)?;
    let numbers: Vec<Number> = lines.iter().map(|(_, number)| number.clone()).collect();
    errors.extend(known(desk, &lines, &numbers).await?);
    refuse_if_any(errors)?;
    if numbers.is_empty() {
        return Err(Refusal::with_hint("the file has no numbers", columns_hint()).into());
    }
    let outcome = desk.store.import_numbers(&numbers).await;
    if matches!(outcome, Err(StoreError::Refused(_))) {
        // Another import may have come first.
        refuse_if_any(known(desk, &lines, &numbers).await?)?;
    }
    outcome?;
    Ok(Imported { imported: numbers.len() })
}

/// The lines whose numbers the inventory has already.
async fn known(desk: &Desk, lines: &[NumberLine], numbers: &[Number]) -> Result<Vec<LineError>> {
    let known: HashSet<String> = desk.store.known_numbers(numbers).await?.into_iter().collect();
    let lines = lines.iter().filter(|(_, number)| known.contains(number.msisdn.as_str()));
    Ok(lines
        .map(|(line, number)| (*line, format!("{} is in the inventory already", number.msisdn)))
        .collect())
}

fn refuse_if_any(mut errors: Vec<LineError>) -> Result<()> {
    if errors.is_empty() {
        return Ok(());
    }
    errors.sort();
    let plural = if errors.len() == 1 { "" } else { "s" };
    let mut message = format!("nothing was imported: {} error{plural}", errors.len());
    for (line, error) in errors.iter().take(ERRORS_SHOWN_MAX) {
        let error = error.split('\n').next().unwrap_or(error);
        message.push_str(&format!("\nline {line}: {error}"));
    }
    if errors.len() > ERRORS_SHOWN_MAX {
        message.push_str(&format!("\nand {} more", errors.len() - ERRORS_SHOWN_MAX));
    }
    Err(Refusal::new(message).into())
}

fn columns_hint() -> String {
    format!("the columns are {}[,{SHARED}], separated by commas", COLUMNS.join(","))
}

/// Reads every line: the good ones with their line numbers, and what is wrong with the others.
fn read(content: &[u8]) -> Result<(Vec<NumberLine>, Vec<LineError>), Refusal> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(content);
    let headers = match reader.headers() {
        Ok(headers) => headers.clone(),
        Err(error) => return Err(bad_heading(describe(&error))),
    };
    check_heading(&headers)?;
    let mut lines = Lines { content, at: 0, line: 1 };
    let mut numbers = Vec::new();
    let mut errors = Vec::new();
    let mut first_lines: HashMap<Msisdn, u64> = HashMap::new();
    let mut record = csv::StringRecord::new();
    loop {
        let line = lines.of_record_from(reader.position().byte());
        let number = match reader.read_record(&mut record) {
            Ok(false) => return Ok((numbers, errors)),
            Ok(true) => record.deserialize(Some(&headers)),
            Err(error) => Err(error),
        };
        match number.map_err(|error| describe(&error)).and_then(number_of) {
            Ok(number) => match first_lines.insert(number.msisdn.clone(), line) {
                Some(first) => {
                    errors.push((line, format!("{} is on line {first} already", number.msisdn)));
                    first_lines.insert(number.msisdn, first);
                }
                None => numbers.push((line, number)),
            },
            Err(error) => errors.push((line, error)),
        }
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

/// What is wrong with the heading is wrong with every line, so it alone is told.
fn check_heading(headers: &csv::StringRecord) -> Result<(), Refusal> {
    let count = |name: &str| headers.iter().filter(|header| *header == name).count();
    let is_known = |name: &str| COLUMNS.contains(&name) || name == SHARED;
    if !headers.iter().any(is_known) {
        // An empty file says nothing wrong.
        let is_empty = headers.is_empty();
        return if is_empty { Ok(()) } else { Err(bad_heading("it names no columns")) };
    }
    let missing = COLUMNS.iter().filter(|name| count(name) == 0);
    let twice = COLUMNS.iter().chain([&SHARED]).filter(|name| count(name) > 1);
    let unknown = headers.iter().filter(|name| !is_known(name));
    let errors: Vec<_> = missing
        .map(|name| format!("`{name}` is missing"))
        .chain(twice.map(|name| format!("`{name}` is there more than once")))
        .chain(unknown.map(|name| format!("`{name}` is unknown")))
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(bad_heading(errors.join(", "))) }
}

fn bad_heading(error: impl std::fmt::Display) -> Refusal {
    Refusal::with_hint(
        format!("nothing was imported: the heading is wrong: {error}"),
        columns_hint(),
    )
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

/// The number on a line, or everything that is wrong with it.
pub(super) fn number_of(line: Line) -> Result<Number, String> {
    let mut faults = Faults::default();
    let kind = faults.note(line.r#type.parse::<NumberType>());
    let msisdn = faults.note(line.msisdn.parse::<Msisdn>());
    if let (Some(msisdn), Some(kind)) = (&msisdn, kind)
        && !msisdn.suits(kind)
    {
        faults.add(format!("`{msisdn}` cannot be a {}", kind.as_str()));
    }
    let country = faults.note(country_of(&line.country));
    let features = faults.note(features_of(&line.features));
    let currency = faults.note(currency_of(&line.currency));
    let mut price = |amount: &str| {
        // Where the currency is unknown, the amount is looked at in any.
        let price = faults.note(Money::parse(amount, currency.unwrap_or(Currency::EUR)))?;
        if price.is_negative() {
            faults.add(format!("the price `{amount}` is negative"));
        }
        Some(price)
    };
    let (monthly_price, setup_price) = (price(&line.monthly_price), price(&line.setup_price));
    let is_shared = matches!(line.shared.as_deref(), Some("true" | "yes" | "1"));
    if !is_shared && !matches!(line.shared.as_deref(), None | Some("" | "false" | "no" | "0")) {
        let shared = line.shared.unwrap_or_default();
        faults.add(format!("`{shared}` in `shared` is neither true nor false"));
    }
    if is_shared && kind.is_some_and(|kind| kind != NumberType::ShortCode) {
        faults.add("only a short code can be shared".to_owned());
    }
    let number = || {
        Some(Number {
            msisdn: msisdn?,
            country: country?,
            kind: kind?,
            features: features?,
            monthly_price: monthly_price?,
            setup_price: setup_price?,
            is_shared,
        })
    };
    number().filter(|_| faults.0.is_empty()).ok_or_else(|| faults.0.join("; "))
}

/// What is wrong with one line.
#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    fn add(&mut self, fault: String) {
        self.0.push(fault);
    }

    /// The value, or none and its fault noted, without the hint: there may be many.
    fn note<T, E: std::fmt::Display>(&mut self, outcome: Result<T, E>) -> Option<T> {
        outcome
            .map_err(|error| {
                self.add(error.to_string().lines().next().unwrap_or_default().to_owned())
            })
            .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bad_line_is_named() {
        let (numbers, errors) = read(
            "msisdn,country,type,features,monthly_price,setup_price,currency\n\
             447700900001,GB,mobile-lvn,\"SMS,VOICE\",1.00,0,EUR\n\
             447700900001,GB,mobile-lvn,SMS,1.00,0,EUR\n\
             447700900002,GB,mobile,SMS,1.00,0,EUR\n\
             447700900003,GB,mobile-lvn,SMS,1.0000001,0,EUR\n\
             447700900004,GB,mobile-lvn,SMS,-1,0,EUR\n\
             447700900005,GB,mobile-lvn,SMS\n\
             447700900006,GB,mobile-lvn,SMS,NaN,0,EUR\n"
                .as_bytes(),
        )
        .expect("a good heading");
        assert_eq!(numbers.len(), 1);
        let lines: Vec<_> = errors.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [3, 4, 5, 6, 7, 8]);
        assert_eq!(errors[0].1, "447700900001 is on line 2 already");
    }

    #[test]
    fn blank_lines_count_with_any_line_end() {
        let heading = "msisdn,country,type,features,monthly_price,setup_price,currency";
        let good = "447700900001,GB,mobile-lvn,\"SMS\n\",1.00,0,EUR";
        for end in ["\n", "\r\n"] {
            let content = [heading, good, "", "", "x", "", "447700900002", "y"].join(end);
            let (numbers, errors) = read(content.as_bytes()).expect("a good heading");
            let numbers: Vec<_> = numbers.iter().map(|(line, _)| *line).collect();
            let errors: Vec<_> = errors.iter().map(|(line, _)| *line).collect();
            assert_eq!((numbers, errors), (vec![2], vec![6, 8, 9]), "{end:?}");
        }
    }
}
