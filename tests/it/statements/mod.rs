//! The account statement as a document: what is in it, page by page, and how it gets into a file.

mod files;
mod paper;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::Command;

use chrono::NaiveDate;
use linerent::calendar::Period;
use linerent::ledger::Code;
use linerent::money::{Currency, Money};
use linerent::paper::Issuer;
use linerent::paper::statement::{Line, Statement, Written};

use crate::world::date;

fn eur(micros: i64) -> Money {
    Money::from_micros(micros, Currency::EUR)
}

/// A statement of so many lines, which adds up: a top-up, and then rentals.
fn statement(lines: usize) -> Statement {
    let mut balance = 12_340_000_000;
    let opening = eur(balance);
    let lines: Vec<_> = (0..lines).map(|index| line(index, &mut balance)).collect();
    Statement {
        issuer: Issuer {
            name: "Example Numbers Ltd".to_owned(),
            address: vec!["1 High Street".to_owned(), "London".to_owned()],
            tax_id: Some("VAT GB123456789".to_owned()),
            email: Some("accounts@example.com".to_owned()),
            ..Issuer::default()
        },
        key: "a0000001".to_owned(),
        name: "Ada Lovelace".to_owned(),
        email: "ada@example.com".to_owned(),
        from: Some(date("2026-01-01")),
        to: date("2026-12-31"),
        on: date("2027-01-02"),
        at: date("2027-01-02").and_time(chrono::NaiveTime::MIN).and_utc(),
        opening,
        lines,
        closing: eur(balance),
    }
}

fn line(index: usize, balance: &mut i64) -> Line {
    let start: NaiveDate = date("2026-02-28");
    let is_rental = index > 0;
    let amount = if is_rental { -1_500_000 } else { 1_000_000_000 };
    *balance += amount;
    Line {
        on: start,
        code: if is_rental { Code::Rental } else { Code::TopUp },
        number: is_rental.then(|| format!("4477009{index:05}")),
        period: is_rental.then(|| Period { start, end: date("2026-03-31") }),
        amount: eur(amount),
        balance: eur(*balance),
        reference: (!is_rental).then(|| "BANK 2026/7".to_owned()),
        reason: None,
    }
}

/// The document, of which nothing is missing, and the text of each of its pages with single spaces.
fn pages(statement: Statement) -> (Written, Vec<String>) {
    let written = statement.write().expect("a statement that adds up");
    assert_eq!(written.missing, BTreeSet::new());
    let pages = text_of(&written.pdf);
    assert_eq!(pages.len(), written.pages);
    (written, pages)
}

/// The text of each page as `pdftotext` reads it, which ends each with a form feed.
fn text_of(pdf: &[u8]) -> Vec<String> {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(pdf).expect("room for the document");
    let mut program = Command::new("pdftotext");
    let output = program.args(["-raw", "-enc", "UTF-8"]).arg(file.path()).arg("-").output();
    let output = output.expect("`pdftotext`, which `./scripts/test` installs");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let pages = text.split_terminator('\u{c}');
    pages.map(|page| page.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// Whether the page says this, however its words are spaced.
fn says(page: &str, words: &str) -> bool {
    squeezed(page).contains(&squeezed(words))
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}
