//! The account statement: the transactions of an account in a period, with its opening and closing balance.
//!
//! Accountants file it, so a statement that does not add up is not rendered: see `totals`.

mod columns;
mod cursor;
mod format;
mod layout;
mod totals;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use linerent_core::calendar::Period;
use linerent_core::money::{Money, MoneyError};
use thiserror::Error;

use crate::Issuer;
use crate::fonts::printable;
use crate::writer::{DocumentInfo, PdfError, PdfWriter};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub issuer: Issuer,
    /// The key of the account.
    pub account: String,
    pub customer_name: String,
    pub customer_email: String,
    /// `None` if the statement begins with the first transaction of the account.
    pub from: Option<NaiveDate>,
    /// The last day, included.
    pub to: NaiveDate,
    pub issued_on: NaiveDate,
    pub issued_at: DateTime<Utc>,
    /// The balance before the first row.
    pub opening_balance: Money,
    /// Oldest first.
    pub rows: Vec<Row>,
    /// The balance after the last row.
    pub closing_balance: Money,
    /// Every kind that a row can have, in the order in which the totals list them.
    pub kinds: Vec<&'static str>,
}

/// One transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The billing date.
    pub on: NaiveDate,
    /// For example `rental`; printed with a capital letter.
    pub kind: &'static str,
    /// The phone number that was paid for.
    pub number: Option<String>,
    /// The period that was paid for.
    pub period: Option<Period>,
    /// Negative if the balance decreased.
    pub amount: Money,
    /// The balance after this transaction.
    pub balance: Money,
    pub reference: Option<String>,
    pub reason: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedStatement {
    pub pdf: Vec<u8>,
    pub pages: usize,
    /// The characters that no font covers. They are printed as [`UNKNOWN`](crate::fonts::UNKNOWN).
    pub missing_characters: BTreeSet<char>,
}

#[derive(Debug, Error)]
pub enum StatementError {
    #[error(
        "the statement does not add up: {place} the balance should be {expected}, but it is {found}"
    )]
    DoesNotAddUp {
        /// For example `after row 3 of 2026-02-28`.
        place: String,
        expected: Money,
        found: Money,
    },
    #[error("cannot add up the statement")]
    Money(#[from] MoneyError),
    #[error(transparent)]
    Pdf(#[from] PdfError),
}

impl Statement {
    pub fn render(mut self) -> Result<RenderedStatement, StatementError> {
        let totals = self.verified_totals()?;
        let missing_characters = self.make_printable();
        let info = DocumentInfo {
            title: format!("Account statement {}, {}", self.account, self.dates()),
            author: self.issuer.name.clone(),
            created_at: self.issued_at,
        };
        let mut writer = PdfWriter::new(self.issuer.page_size, &info)?;
        let layout = layout::Layout::new(&self, &totals);
        let pages = layout.page_count();
        for index in 0..pages {
            writer.add_page(&layout.page(index))?;
        }
        Ok(RenderedStatement { pdf: writer.finish()?, pages, missing_characters })
    }

    fn dates(&self) -> String {
        match self.from {
            Some(from) => format!("{from} to {}", self.to),
            None => format!("all to {}", self.to),
        }
    }

    /// Replaces the characters that no font covers, and returns them.
    fn make_printable(&mut self) -> BTreeSet<char> {
        let mut missing = BTreeSet::new();
        let issuer = &mut self.issuer;
        let texts = [
            &mut issuer.name,
            &mut self.account,
            &mut self.customer_name,
            &mut self.customer_email,
        ];
        let texts = texts.into_iter().chain(&mut issuer.address);
        let texts = texts.chain(&mut issuer.tax_id).chain(&mut issuer.email);
        let of_rows = self.rows.iter_mut().flat_map(|row| {
            [&mut row.number, &mut row.reference, &mut row.reason].into_iter().flatten()
        });
        for text in texts.chain(of_rows) {
            *text = printable(text, &mut missing);
        }
        missing
    }
}
