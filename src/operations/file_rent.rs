//! `rent --file`: many accounts rent many numbers, each line on its own.

use std::collections::HashMap;
use std::io::Read;

use anyhow::Result;
use serde::Deserialize;

use super::csv_lines::{Faults, Form};
use super::file_work::{FileWatch, LineView, Order, carry_out};
use super::{App, rent};
use crate::ids::AccountId;
use crate::rental::Msisdn;

const FORM: Form = Form {
    columns: &["account", "msisdn"],
    optional: &[],
    nothing_done: "nothing was rented",
    things: "rentals",
};

#[derive(Debug, Deserialize)]
struct Line {
    account: String,
    msisdn: String,
}

/// Who is to rent what.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Rental {
    account: AccountId,
    msisdn: Msisdn,
}

impl Order for Rental {
    fn number(&self) -> String {
        self.msisdn.to_string()
    }

    fn account(&self) -> Option<String> {
        Some(self.account.to_string())
    }
}

/// Rents what the lines of a CSV file with the columns `account,msisdn` say, one after the other,
/// and says what came of each. A second time, each line is refused: the account rents the number
/// already.
///
/// # Errors
/// Refuses a file with a malformed or duplicate line, naming each; nothing is rented then. Fails
/// where the file cannot be read.
pub async fn rent_file(app: &App, file: impl Read, watch: &FileWatch) -> Result<Vec<LineView>> {
    let lines = read(&Form::content(file)?)?;
    let work = async |rental: &Rental| {
        let key = rental.account.to_string();
        rent::rent(app, &key, rental.msisdn.as_str()).await?;
        Ok(("rented", key))
    };
    Ok(carry_out(&lines, watch, work).await)
}

fn read(content: &[u8]) -> Result<Vec<(u64, Rental)>> {
    let mut first_lines = HashMap::new();
    let (lines, errors) = FORM.read(content, rental_of, |rental, line| {
        let first = *first_lines.entry(rental.clone()).or_insert(line);
        (first != line).then(|| (format!("{} for {}", rental.msisdn, rental.account), first))
    })?;
    FORM.refuse_if_any(errors)?;
    FORM.refuse_if_empty(&lines)?;
    Ok(lines)
}

fn rental_of(line: Line) -> Result<Rental, String> {
    let mut faults = Faults::default();
    let account = faults.note(line.account.parse::<AccountId>());
    let msisdn = faults.note(line.msisdn.parse::<Msisdn>());
    let rental = account.zip(msisdn).map(|(account, msisdn)| Rental { account, msisdn });
    faults.unless_any(rental)
}
