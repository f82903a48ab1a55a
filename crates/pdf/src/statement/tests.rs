//! The text of rendered statements, page by page.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::Command;

use chrono::{NaiveDate, NaiveTime};
use linerent_core::calendar::Period;
use linerent_core::money::{Currency, Money};

use super::{RenderedStatement, Row, Statement, StatementError};
use crate::{Issuer, PageSize};

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn eur(micros: i64) -> Money {
    Money::from_micros(micros, Currency::EUR)
}

/// A statement that adds up: one top-up, then rentals.
fn statement(rows: usize) -> Statement {
    let mut balance = 12_340_000_000;
    let opening_balance = eur(balance);
    let rows: Vec<_> = (0..rows).map(|index| row(index, &mut balance)).collect();
    Statement {
        issuer: Issuer {
            name: "Example Numbers Ltd".to_owned(),
            address: vec!["1 High Street".to_owned(), "London".to_owned()],
            tax_id: Some("VAT GB123456789".to_owned()),
            email: Some("accounts@example.com".to_owned()),
            ..Issuer::default()
        },
        account: "a0000001".to_owned(),
        customer_name: "Ada Lovelace".to_owned(),
        customer_email: "ada@example.com".to_owned(),
        from: Some(date("2026-01-01")),
        to: date("2026-12-31"),
        issued_on: date("2027-01-02"),
        issued_at: date("2027-01-02").and_time(NaiveTime::MIN).and_utc(),
        opening_balance,
        rows,
        closing_balance: eur(balance),
        kinds: vec!["rental", "setup", "reload", "top-up", "adjustment", "refund"],
    }
}

fn row(index: usize, balance: &mut i64) -> Row {
    let start = date("2026-02-28");
    let is_rental = index > 0;
    let amount = if is_rental { -1_500_000 } else { 1_000_000_000 };
    *balance += amount;
    Row {
        on: start,
        kind: if is_rental { "rental" } else { "top-up" },
        number: is_rental.then(|| format!("4477009{index:05}")),
        period: is_rental.then(|| Period { start, end: date("2026-03-31") }),
        amount: eur(amount),
        balance: eur(*balance),
        reference: (!is_rental).then(|| "BANK 2026/7".to_owned()),
        reason: None,
    }
}

/// Renders a statement for which no character is missing, and returns the text of each page.
fn pages(statement: Statement) -> (RenderedStatement, Vec<String>) {
    let rendered = statement.render().expect("a statement that adds up");
    assert_eq!(rendered.missing_characters, BTreeSet::new());
    let pages = text_of(&rendered.pdf);
    assert_eq!(pages.len(), rendered.pages);
    (rendered, pages)
}

/// The text of each page as `pdftotext` reads it, with single spaces.
fn text_of(pdf: &[u8]) -> Vec<String> {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(pdf).expect("room for the document");
    let mut program = Command::new("pdftotext");
    let output = program.args(["-raw", "-enc", "UTF-8"]).arg(file.path()).arg("-").output();
    let output = output.expect("`pdftotext`, which `./scripts/test` installs");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    // A form feed ends each page.
    let pages = text.split_terminator('\u{c}');
    pages.map(|page| page.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// Whether the page contains `words`, however they are spaced.
fn contains(page: &str, words: &str) -> bool {
    without_spaces(page).contains(&without_spaces(words))
}

fn without_spaces(text: &str) -> String {
    text.split_whitespace().collect()
}

#[test]
fn a_statement_names_issuer_customer_dates_and_amounts() {
    let (_, pages) = pages(statement(3));
    insta::assert_snapshot!(pages.join("\n"), @"Account statement Example Numbers Ltd 1 High Street London VAT GB123456789 accounts@example.com Account of Ada Lovelace ada@example.com Account a0000001 Period 2026-01-01 to 2026-12-31 Issued on 2027-01-02 Opening balance 12,340.00 EUR Closing balance 13,337.00 EUR Date Type Details Amount EUR Balance EUR Opening balance 12,340.00 2026-02-28 Top-up BANK 2026/7 1,000.00 13,340.00 2026-02-28 Rental 447700900001 2026-02-28 to 2026-03-30 -1.50 13,338.50 2026-02-28 Rental 447700900002 2026-02-28 to 2026-03-30 -1.50 13,337.00 Closing balance 13,337.00 Totals Count Opening balance 12,340.00 Rental 2 -3.00 Top-up 1 1,000.00 All transactions 3 997.00 Closing balance 13,337.00 Negative amounts reduce the balance. Periods include their first and last day. Account a0000001, 2026-01-01 to 2026-12-31 Page 1 of 1");
}

#[test]
fn a_statement_without_rows_says_that_there_are_no_transactions() {
    let (_, pages) = pages(statement(0));
    assert_eq!(pages.len(), 1);
    assert!(pages[0].contains("No transactions in this period"), "{}", pages[0]);
    assert_eq!(pages[0].matches("12,340.00").count(), 6, "{}", pages[0]);
}

#[test]
fn every_row_is_on_one_page_and_each_page_has_column_names_page_number_and_balances() {
    for (count, page_size) in [
        (1, PageSize::A4),
        (25, PageSize::A4),
        (30, PageSize::A4),
        (45, PageSize::Letter),
        (400, PageSize::A4),
    ] {
        let mut long = statement(count);
        long.issuer.page_size = page_size;
        let (_, pages) = pages(long);
        let all = without_spaces(&pages.join(""));
        for index in 1..count {
            let row = format!("Rental 4477009{index:05} 2026-02-28 to 2026-03-30 -1.50");
            assert_eq!(all.matches(&without_spaces(&row)).count(), 1, "{row} of {count}");
        }
        for (index, page) in pages.iter().enumerate() {
            let is_last = index + 1 == pages.len();
            assert!(contains(page, &format!("Page {} of {}", index + 1, pages.len())), "{page}");
            assert!(contains(page, "Date Type Details Amount EUR Balance EUR"));
            assert_eq!(contains(page, "Carried forward"), !is_last, "{page}");
            assert_eq!(contains(page, "Brought forward"), index > 0, "{page}");
            assert_eq!(contains(page, "Totals Count"), is_last, "{page}");
            assert!(!is_last || contains(page, "2026-02-28"), "totals without rows: {page}");
        }
        for (page, next) in pages.iter().zip(&pages[1..]) {
            let carried = amount_after(page, "Carried forward");
            assert_eq!(carried, amount_after(next, "Brought forward"));
        }
    }
}

/// The amount with two decimals after the first `name`.
fn amount_after(page: &str, name: &str) -> String {
    let page = without_spaces(page);
    let rest = page.split_once(&without_spaces(name)).map(|(_, rest)| rest).unwrap_or_default();
    let (units, rest) = rest.split_once('.').expect("an amount");
    format!("{units}.{}", &rest[..2])
}

#[test]
fn four_hundred_rows_take_twelve_pages() {
    assert_eq!(pages(statement(400)).1.len(), 12);
}

#[test]
fn the_same_statement_produces_the_same_bytes() {
    let bytes = || statement(60).render().expect("a statement").pdf;
    assert_eq!(bytes(), bytes());
    let text = String::from_utf8_lossy(&bytes()).into_owned();
    assert!(text.contains("<pdfaid:part>2</pdfaid:part>"), "it is not PDF/A-2");
}

#[test]
fn a_statement_that_does_not_add_up_is_not_rendered() {
    let mut wrong_amount = statement(9);
    wrong_amount.rows[4].amount = eur(-1_500_001);
    let mut wrong_balance = statement(9);
    wrong_balance.rows[8].balance = eur(1);
    let mut wrong_closing = statement(9);
    wrong_closing.closing_balance = eur(1);
    let mut wrong_opening = statement(0);
    wrong_opening.opening_balance = eur(1);
    for wrong in [wrong_amount, wrong_balance, wrong_closing, wrong_opening] {
        let error = wrong.render().expect_err("no document");
        assert!(matches!(error, StatementError::DoesNotAddUp { .. }), "{error}");
    }
}

#[test]
fn a_kind_that_is_not_listed_is_in_the_totals() {
    let mut other = statement(2);
    other.kinds = vec!["top-up"];
    let (_, pages) = pages(other);
    assert!(contains(&pages[0], "Rental 1 -1.50"), "{}", pages[0]);
}

#[test]
fn long_words_are_wrapped_and_huge_amounts_fit() {
    let mut long = statement(2);
    long.customer_name = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk ".repeat(3);
    long.rows[1].reference = Some("0123456789".repeat(20));
    long.rows[1].reason = Some("because ".repeat(24));
    let huge = 1_000_000_000_000_000_001;
    long.opening_balance = eur(long.opening_balance.micros() - huge);
    for row in &mut long.rows {
        row.balance = eur(row.balance.micros() - huge);
    }
    long.closing_balance = long.rows[1].balance;
    let (_, pages) = pages(long);
    let all = without_spaces(&pages.join(""));
    assert!(all.contains("-999,999,986,661.500001"), "{all}");
    assert_eq!(all.matches("because").count(), 24);
    assert_eq!(all.matches("0123456789").count(), 20, "{all}");
}

#[test]
fn every_script_is_printed_without_a_missing_glyph() {
    for name in
        ["Zażółć", "Ελλάδα", "Київ", "ქართული", "Հայ", "中国电信", "株式会社テレホン", "한국전화"]
    {
        let mut named = statement(1);
        named.customer_name = name.to_owned();
        let (_, pages) = pages(named);
        assert!(contains(&pages[0], name), "{name}: {}", pages[0]);
    }
    // In these scripts letters join, stack, or run right to left, so the extracted text differs from the name.
    for name in ["شركة الاتصالات", "חברת הטלפונים", "भारतीय क्षेत्र", "บริษัทไทย", "বাংলা தமிழ் සිංහල", "Ọ̀ṣun"]
    {
        let mut named = statement(1);
        named.customer_name = name.to_owned();
        // PDF/A forbids missing glyphs, so rendering fails if there is one.
        pages(named);
    }
}

#[test]
fn a_character_that_no_font_covers_is_printed_as_a_replacement_and_reported() {
    let mut named = statement(1);
    named.customer_name = "Crab 🦀".to_owned();
    let rendered = named.render().expect("a document");
    assert_eq!(rendered.missing_characters, BTreeSet::from(['🦀']));
    assert!(text_of(&rendered.pdf)[0].contains("Crab \u{fffd}"));
}
