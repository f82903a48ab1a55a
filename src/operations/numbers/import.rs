//! `number import`: a CSV file into the inventory, all of it or nothing.

use std::collections::{HashMap, HashSet};
use std::io::Read;

use linerent_number_plans::Verdict;
use serde::Deserialize;

use crate::money::{Currency, Money, currency_of};
use crate::operations::csv_lines::{Faults, Form, LineError};
use crate::operations::error::Result;
use crate::operations::{App, Refusal};
use crate::rental::{Msisdn, Number, NumberType, country_of, features_of};
use crate::store::StoreError;
use crate::text::quoted;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The number of numbers.
    pub imported: usize,
    /// By line.
    pub warnings: Vec<ImportWarning>,
}

/// A number that was imported although it is probably wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportWarning {
    pub line: u64,
    pub msisdn: Msisdn,
    /// The reason, of the numbering plan.
    pub warning: String,
}

/// The progress of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The check of this many numbers begins.
    Looking(u64),
    /// The storing of this many numbers begins.
    Storing(u64),
    /// This many more numbers of the step are done.
    Done(u64),
}

/// A number and the line that it is on.
type NumberOnLine = (u64, Number);

const FORM: Form = Form {
    columns: &["msisdn", "country", "type", "features", "monthly_price", "setup_price", "currency"],
    optional: &["shared"],
    nothing_done: "nothing was imported",
    things: "numbers",
};

/// The values of one number as text: a line of a file, or the options of a command.
#[derive(Debug, Deserialize)]
pub struct NumberLine {
    pub msisdn: String,
    pub country: String,
    pub r#type: String,
    pub features: String,
    pub monthly_price: String,
    pub setup_price: String,
    pub currency: String,
    #[serde(default)]
    pub shared: Option<String>,
}

/// Imports the numbers of a CSV file with the columns
/// `msisdn,country,type,features,monthly_price,setup_price,currency[,shared]`.
///
/// # Errors
/// Refuses a file with a malformed or duplicate line, or with a number that cannot exist in its country, with the
/// line of each; nothing is imported then. Fails if the file cannot be read.
pub async fn import(app: &App, file: impl Read) -> Result<Imported> {
    import_and_tell(app, file, &|_| {}).await
}

/// As [`import`]; calls `told` with its progress.
///
/// # Errors
/// As [`import`].
pub async fn import_and_tell(
    app: &App,
    file: impl Read,
    told: &(dyn Fn(Step) + Send + Sync),
) -> Result<Imported> {
    let (lines, mut errors) = read(&FORM.content(file)?)?;
    told(Step::Looking(lines.len() as u64));
    let (wrong, warnings) = judge(&lines, told);
    errors.extend(wrong);
    let numbers: Vec<Number> = lines.iter().map(|(_, number)| number.clone()).collect();
    errors.extend(known(app, &lines, &numbers).await?);
    FORM.refuse_if_any(errors)?;
    FORM.refuse_if_empty(&numbers)?;
    told(Step::Storing(numbers.len() as u64));
    let outcome = app.store.import_numbers(&numbers, &|count| told(Step::Done(count))).await;
    if matches!(outcome, Err(StoreError::Refused(_))) {
        // Another import may have come first.
        FORM.refuse_if_any(known(app, &lines, &numbers).await?)?;
    }
    outcome?;
    Ok(Imported { imported: numbers.len(), warnings })
}

/// Checks the numbers against the numbering plans. Returns errors and warnings by line.
fn judge(lines: &[NumberOnLine], told: &dyn Fn(Step)) -> (Vec<LineError>, Vec<ImportWarning>) {
    let (mut errors, mut warnings) = (Vec::new(), Vec::new());
    for (line, number) in lines {
        // Short codes are not part of numbering plans.
        let verdict = match number.kind {
            NumberType::ShortCode => Verdict::Valid,
            _ => linerent_number_plans::check(number.msisdn.as_str(), &number.country),
        };
        match verdict {
            Verdict::Valid => {}
            Verdict::Invalid(error) => errors.push((*line, error)),
            Verdict::Unlikely(warning) => {
                let msisdn = number.msisdn.clone();
                warnings.push(ImportWarning { line: *line, msisdn, warning });
            }
        }
        told(Step::Done(1));
    }
    (errors, warnings)
}

/// The lines whose numbers the inventory has already.
async fn known(app: &App, lines: &[NumberOnLine], numbers: &[Number]) -> Result<Vec<LineError>> {
    let known: HashSet<String> = app.store.known_numbers(numbers).await?.into_iter().collect();
    let lines = lines.iter().filter(|(_, number)| known.contains(number.msisdn.as_str()));
    Ok(lines
        .map(|(line, number)| (*line, format!("{} is in the inventory already", number.msisdn)))
        .collect())
}

/// Reads every line. Returns the good ones with their line numbers, and the errors of the others.
fn read(content: &[u8]) -> Result<(Vec<NumberOnLine>, Vec<LineError>), Refusal> {
    let mut first_lines: HashMap<Msisdn, u64> = HashMap::new();
    FORM.read(content, number_of, |number, line| {
        let first = *first_lines.entry(number.msisdn.clone()).or_insert(line);
        (first != line).then(|| (number.msisdn.to_string(), first))
    })
}

/// The number on a line, or everything that is wrong with it.
fn number_of(line: NumberLine) -> Result<Number, String> {
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
        // If the currency is unknown, the amount is checked in any currency.
        let price = faults.note(Money::parse(amount, currency.unwrap_or(Currency::EUR)))?;
        if price.is_negative() {
            faults.add(format!("the price {} is negative", quoted(amount)));
        }
        Some(price)
    };
    let (monthly_price, setup_price) = (price(&line.monthly_price), price(&line.setup_price));
    let is_shared = matches!(line.shared.as_deref(), Some("true" | "yes" | "1"));
    if !is_shared && !matches!(line.shared.as_deref(), None | Some("" | "false" | "no" | "0")) {
        let shared = line.shared.unwrap_or_default();
        faults.add(format!("{} in `shared` is neither true nor false", quoted(&shared)));
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
    let number = number();
    faults.unless_any(number)
}

impl NumberLine {
    /// The number, or everything that is wrong with its values.
    pub fn parse(self) -> Result<Number, String> {
        number_of(self)
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
