//! `rent --file`: many accounts rent many numbers, each line on its own.

use std::collections::HashMap;
use std::io::Read;

use serde::Deserialize;

use crate::ids::AccountId;
use crate::operations::csv_lines::{Faults, Form};
use crate::operations::error::Result;
use crate::operations::rentals::file_work::{Done, FileWatch, LineOutcome, Order, work_through};
use crate::operations::{App, rentals::rent};
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
    fn number(&self) -> &Msisdn {
        &self.msisdn
    }

    fn account(&self) -> Option<AccountId> {
        Some(self.account)
    }
}

/// Rents what the lines of a CSV file with the columns `account,msisdn` say, one after the other. If the
/// file is given again, each line is refused, since the account rents the number already.
pub async fn rent_file(app: &App, file: impl Read, watch: &FileWatch) -> Result<Vec<LineOutcome>> {
    let lines = read(&FORM.content(file)?)?;
    let work = async |rental: &Rental| {
        rent::rent(app, rental.account, &rental.msisdn).await?;
        Ok((Done::Rented, rental.account))
    };
    Ok(work_through(&lines, watch, work).await)
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
