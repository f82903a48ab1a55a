//! The account statement: what was booked on an account in a period, and what was there before and after.
//!
//! An accountant files it, so it adds up or is not written: see `check`.

mod check;
mod columns;
mod figures;
mod layout;
mod sheet;

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use thiserror::Error;

use super::Issuer;
use super::canvas::{About, Canvas, CanvasError};
use super::fonts::printable;
use crate::calendar::Period;
use crate::ledger::Code;
use crate::money::{Money, MoneyError};

/// What a statement says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Who issues it.
    pub issuer: Issuer,
    /// The account's key.
    pub key: String,
    /// The customer's name.
    pub name: String,
    /// Where notices go.
    pub email: String,
    /// The first date; none for the account's beginning.
    pub from: Option<NaiveDate>,
    /// The last date.
    pub to: NaiveDate,
    /// The date of issue.
    pub on: NaiveDate,
    /// When exactly that is.
    pub at: DateTime<Utc>,
    /// The balance before the first line.
    pub opening: Money,
    /// What was booked, oldest first.
    pub lines: Vec<Line>,
    /// The balance after the last line.
    pub closing: Money,
}

/// One line: money that moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The billing date.
    pub on: NaiveDate,
    /// Why.
    pub code: Code,
    /// The number that was paid for.
    pub number: Option<String>,
    /// The days that were paid for.
    pub period: Option<Period>,
    /// Negative where the balance went down.
    pub amount: Money,
    /// The balance afterwards.
    pub balance: Money,
    /// The operator's reference, or the id of the reload.
    pub reference: Option<String>,
    /// The operator's words.
    pub reason: Option<String>,
}

/// A statement as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The PDF.
    pub pdf: Vec<u8>,
    /// How many pages it has.
    pub pages: usize,
    /// Characters that no font has: a sign stands in their place.
    pub missing: BTreeSet<char>,
}

/// Why there is no statement.
#[derive(Debug, Error)]
pub enum StatementError {
    /// It would be wrong.
    #[error(
        "the statement does not add up: {place} the balance should be {expected}, and it is {found}\nhint: `linerent audit` says whether the ledger is right; a clock that was set back mixes dates up, and a statement without `--from` and `--to` has all"
    )]
    DoesNotAddUp {
        /// Where in it.
        place: String,
        /// What follows from what is before.
        expected: Money,
        /// What is there.
        found: Money,
    },
    /// Its sums cannot be held.
    #[error("the statement cannot be added up")]
    Money(#[from] MoneyError),
    /// It could not be written.
    #[error(transparent)]
    Canvas(#[from] CanvasError),
}

impl Statement {
    /// Writes it as a PDF.
    ///
    /// # Errors
    /// [`StatementError`].
    pub fn write(mut self) -> Result<Written, StatementError> {
        let totals = self.check()?;
        let missing = self.make_printable();
        let about = About {
            title: format!("Account statement {}, {}", self.key, self.dates()),
            author: self.issuer.name.clone(),
            at: self.at,
        };
        let mut canvas = Canvas::new(self.issuer.paper, &about)?;
        let layout = layout::Layout::new(&self, &totals);
        let pages = layout.pages();
        for page in 0..pages {
            canvas.page(&layout.page(page))?;
        }
        Ok(Written { pdf: canvas.finish()?, pages, missing })
    }

    /// The dates that it is about.
    fn dates(&self) -> String {
        match self.from {
            Some(from) => format!("{from} to {}", self.to),
            None => format!("all to {}", self.to),
        }
    }

    /// Puts a sign in place of every character that cannot be printed, and returns them.
    fn make_printable(&mut self) -> BTreeSet<char> {
        let mut missing = BTreeSet::new();
        let issuer = &mut self.issuer;
        let written = [&mut issuer.name, &mut self.key, &mut self.name, &mut self.email];
        let written = written.into_iter().chain(&mut issuer.address);
        let written = written.chain(&mut issuer.tax_id).chain(&mut issuer.email);
        let of_lines = self.lines.iter_mut().flat_map(|line| {
            [&mut line.number, &mut line.reference, &mut line.reason].into_iter().flatten()
        });
        for text in written.chain(of_lines) {
            *text = printable(text, &mut missing);
        }
        missing
    }
}
