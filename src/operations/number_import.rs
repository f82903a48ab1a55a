//! `number import`: a CSV file into the inventory, all of it or nothing.

use std::collections::HashMap;
use std::io::Read;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::{Desk, Refusal};
use crate::money::{Money, currency_of};
use crate::rental::{Msisdn, Number, NumberType, country_of, features_of};

/// What was imported.
#[derive(Debug, Clone, Serialize)]
pub struct Imported {
    /// How many numbers.
    pub imported: usize,
}

/// Something wrong with a line.
type LineError = (u64, String);

/// Errors that are shown; the rest is counted.
const ERRORS_SHOWN_MAX: usize = 50;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    msisdn: String,
    country: String,
    r#type: String,
    features: String,
    monthly_price: String,
    setup_price: String,
    currency: String,
    #[serde(default)]
    shared: Option<String>,
}

/// Imports the numbers of a CSV file with the columns
/// `msisdn,country,type,features,monthly_price,setup_price,currency[,shared]`.
///
/// # Errors
/// Refuses a file with a malformed or duplicate line, naming each by its number; nothing is
/// imported then.
pub async fn import(desk: &Desk, file: impl Read) -> Result<Imported> {
    let (numbers, mut errors) = read(file);
    let lines: HashMap<&str, u64> =
        numbers.iter().map(|(line, number)| (number.msisdn.as_str(), *line)).collect();
    let only_numbers: Vec<Number> = numbers.iter().map(|(_, number)| number.clone()).collect();
    for known in desk.store.known_numbers(&only_numbers).await? {
        let line = lines.get(known.as_str()).copied().unwrap_or_default();
        errors.push((line, format!("{known} is in the inventory already")));
    }
    if !errors.is_empty() {
        return Err(refusal(errors).into());
    }
    if only_numbers.is_empty() {
        return Err(Refusal::new("the file has no numbers").into());
    }
    desk.store.import_numbers(&only_numbers).await?;
    Ok(Imported { imported: only_numbers.len() })
}

fn refusal(mut errors: Vec<LineError>) -> Refusal {
    errors.sort();
    let mut message = format!("nothing was imported: {} errors", errors.len());
    for (line, error) in errors.iter().take(ERRORS_SHOWN_MAX) {
        let error = error.split('\n').next().unwrap_or(error);
        message.push_str(&format!("\nline {line}: {error}"));
    }
    if errors.len() > ERRORS_SHOWN_MAX {
        message.push_str(&format!("\nand {} more", errors.len() - ERRORS_SHOWN_MAX));
    }
    Refusal::new(message)
}

/// Reads every line: the good ones with their line numbers, and what is wrong with the others.
fn read(file: impl Read) -> (Vec<(u64, Number)>, Vec<LineError>) {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
    let mut numbers = Vec::new();
    let mut errors = Vec::new();
    let mut first_lines: HashMap<Msisdn, u64> = HashMap::new();
    let headers = match reader.headers() {
        Ok(headers) => headers.clone(),
        Err(error) => return (numbers, vec![(1, error.to_string())]),
    };
    let mut record = csv::StringRecord::new();
    loop {
        let line = reader.position().line();
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {}
            Err(error) => {
                errors.push((line, describe(&error)));
                // Only a line that was read can be skipped: an unreadable file ends here.
                if matches!(error.kind(), csv::ErrorKind::Io(_)) {
                    break;
                }
                continue;
            }
        }
        let line = record.position().map_or(line, csv::Position::line);
        let number = record
            .deserialize(Some(&headers))
            .map_err(|error| describe(&error))
            .and_then(number_of);
        match number {
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
    (numbers, errors)
}

fn describe(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => err.to_string(),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("it has {len} columns, the heading has {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8".to_owned(),
        _ => error.to_string(),
    }
}

fn number_of(line: Line) -> Result<Number, String> {
    let text = |error: &dyn std::error::Error| error.to_string();
    let kind: NumberType = line.r#type.parse().map_err(|error| text(&error))?;
    let msisdn: Msisdn = line.msisdn.parse().map_err(|error| text(&error))?;
    if !msisdn.suits(kind) {
        return Err(format!("`{msisdn}` cannot be a {}", kind.as_str()));
    }
    let currency = currency_of(&line.currency).map_err(|error| text(&error))?;
    let price = |amount: &str| {
        let price = Money::parse(amount, currency).map_err(|error| text(&error))?;
        if price.is_negative() {
            Err(format!("the price `{amount}` is negative"))
        } else {
            Ok(price)
        }
    };
    let is_shared = match line.shared.as_deref().unwrap_or_default() {
        "" | "false" | "no" | "0" => false,
        "true" | "yes" | "1" => true,
        other => return Err(format!("`{other}` in `shared` is neither true nor false")),
    };
    if is_shared && kind != NumberType::ShortCode {
        return Err("only a short code can be shared".to_owned());
    }
    Ok(Number {
        msisdn,
        country: country_of(&line.country).map_err(|error| text(&error))?,
        kind,
        features: features_of(&line.features).map_err(|error| text(&error))?,
        monthly_price: price(&line.monthly_price)?,
        setup_price: price(&line.setup_price)?,
        is_shared,
    })
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
        );
        assert_eq!(numbers.len(), 1);
        let lines: Vec<_> = errors.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [3, 4, 5, 6, 7, 8]);
        assert_eq!(errors[0].1, "447700900001 is on line 2 already");
    }
}
