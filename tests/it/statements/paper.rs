//! What stands on the pages.

use std::collections::BTreeSet;

use linerent::operations::statement_paper::paper;
use linerent::paper::Paper;
use linerent::paper::fonts::printable;
use linerent::paper::statement::StatementError;

use super::{eur, pages, says, squeezed, statement, text_of};
use crate::world::date;

#[test]
fn a_statement_says_who_whose_when_and_how_much() {
    let (_, pages) = pages(statement(3));
    insta::assert_snapshot!(pages.join("\n"), @"Account statement Example Numbers Ltd 1 High Street London VAT GB123456789 accounts@example.com Account of Ada Lovelace ada@example.com Account a0000001 Period 2026-01-01 to 2026-12-31 Issued on 2027-01-02 Opening balance 12,340.00 EUR Closing balance 13,337.00 EUR Date Kind Number and period, or reference Amount EUR Balance EUR Opening balance 12,340.00 2026-02-28 Top-up BANK 2026/7 1,000.00 13,340.00 2026-02-28 Rental 447700900001 2026-02-28 to 2026-03-30 -1.50 13,338.50 2026-02-28 Rental 447700900002 2026-02-28 to 2026-03-30 -1.50 13,337.00 Closing balance 13,337.00 Totals Lines Opening balance 12,340.00 Rental 2 -3.00 Top-up 1 1,000.00 Sum of all lines 3 997.00 Closing balance 13,337.00 A minus takes from the balance. A period includes its first and its last day. Account a0000001, 2026-01-01 to 2026-12-31 Page 1 of 1");
}

#[test]
fn a_statement_of_nothing_says_so() {
    let (_, pages) = pages(statement(0));
    assert_eq!(pages.len(), 1);
    assert!(pages[0].contains("Nothing was booked in this period"), "{}", pages[0]);
    assert_eq!(pages[0].matches("12,340.00").count(), 6, "{}", pages[0]);
}

#[test]
fn every_line_is_on_one_page_and_each_page_has_heading_number_and_balances() {
    for (count, paper) in
        [(1, Paper::A4), (25, Paper::A4), (30, Paper::A4), (45, Paper::Letter), (400, Paper::A4)]
    {
        let mut long = statement(count);
        long.issuer.paper = paper;
        let (_, pages) = pages(long);
        let all = squeezed(&pages.join(""));
        for index in 1..count {
            let row = format!("Rental 4477009{index:05} 2026-02-28 to 2026-03-30 -1.50");
            assert_eq!(all.matches(&squeezed(&row)).count(), 1, "{row} of {count}");
        }
        for (index, page) in pages.iter().enumerate() {
            let is_last = index + 1 == pages.len();
            assert!(says(page, &format!("Page {} of {}", index + 1, pages.len())), "{page}");
            assert!(says(page, "Date Kind Number and period, or reference Amount EUR Balance EUR"));
            assert_eq!(says(page, "SendOutcome forward"), !is_last, "{page}");
            assert_eq!(says(page, "Brought forward"), index > 0, "{page}");
            assert_eq!(says(page, "Totals Lines"), is_last, "{page}");
            assert!(!is_last || says(page, "2026-02-28"), "the totals stand alone: {page}");
        }
        for (page, next) in pages.iter().zip(&pages[1..]) {
            let carried = figure_after(page, "SendOutcome forward");
            assert_eq!(carried, figure_after(next, "Brought forward"));
        }
    }
}

/// The amount of two decimals behind the first `name`.
fn figure_after(page: &str, name: &str) -> String {
    let page = squeezed(page);
    let rest = page.split_once(&squeezed(name)).map(|(_, rest)| rest).unwrap_or_default();
    let (units, rest) = rest.split_once('.').expect("an amount");
    format!("{units}.{}", &rest[..2])
}

#[test]
fn four_hundred_lines_take_twelve_pages() {
    assert_eq!(pages(statement(400)).1.len(), 12);
}

#[test]
fn the_same_statement_makes_the_same_bytes() {
    let bytes = || statement(60).write().expect("a statement").pdf;
    assert_eq!(bytes(), bytes());
    let text = String::from_utf8_lossy(&bytes()).into_owned();
    assert!(text.contains("<pdfaid:part>2</pdfaid:part>"), "it is an archive's PDF");
}

#[test]
fn what_does_not_add_up_is_not_written() {
    let mut wrong_line = statement(9);
    wrong_line.lines[4].amount = eur(-1_500_001);
    let mut wrong_balance = statement(9);
    wrong_balance.lines[8].balance = eur(1);
    let mut wrong_end = statement(9);
    wrong_end.closing = eur(1);
    let mut wrong_beginning = statement(0);
    wrong_beginning.opening = eur(1);
    for wrong in [wrong_line, wrong_balance, wrong_end, wrong_beginning] {
        let error = wrong.write().expect_err("no document");
        assert!(matches!(error, StatementError::DoesNotAddUp { .. }), "{error}");
    }
}

#[test]
fn long_words_are_wrapped_and_huge_amounts_have_room() {
    let mut long = statement(2);
    long.name = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk ".repeat(3);
    long.lines[1].reference = Some("0123456789".repeat(20));
    long.lines[1].reason = Some("because ".repeat(24));
    let huge = 1_000_000_000_000_000_001;
    long.opening = eur(long.opening.micros() - huge);
    for line in &mut long.lines {
        line.balance = eur(line.balance.micros() - huge);
    }
    long.closing = long.lines[1].balance;
    let (_, pages) = pages(long);
    let all = squeezed(&pages.join(""));
    assert!(all.contains("-999,999,986,661.500001"), "{all}");
    assert_eq!(all.matches("because").count(), 24);
    assert_eq!(all.matches("0123456789").count(), 20, "{all}");
}

#[test]
fn any_script_is_written_with_no_glyph_missing() {
    for name in
        ["Zażółć", "Ελλάδα", "Київ", "ქართული", "Հայ", "中国电信", "株式会社テレホン", "한국전화"]
    {
        let mut named = statement(1);
        named.name = name.to_owned();
        let (_, pages) = pages(named);
        assert!(says(&pages[0], name), "{name}: {}", pages[0]);
    }
    // Of these the reader sees other signs than the letters: they join, stack, or run the other way.
    for name in ["شركة الاتصالات", "חברת הטלפונים", "भारतीय क्षेत्र", "บริษัทไทย", "বাংলা தமிழ் සිංහල", "Ọ̀ṣun"]
    {
        let mut named = statement(1);
        named.name = name.to_owned();
        // The archive's rules refuse a document with a glyph that is missing.
        pages(named);
    }
}

#[test]
fn what_no_font_has_is_seen_and_told_of() {
    let mut named = statement(1);
    named.name = "Crab 🦀".to_owned();
    let written = named.write().expect("a document");
    assert_eq!(written.missing, BTreeSet::from(['🦀']));
    assert!(text_of(&written.pdf)[0].contains("Crab \u{fffd}"));
    assert_eq!(printable("Crab", &mut BTreeSet::new()), "Crab");
}

on_both_engines!(a_statement_of_a_part_begins_with_what_was_there_before, |world| {
    world.account("a0000001", "100").await;
    world.numbers(&["447700900001"], "1.50").await;
    world.rent("a0000001", "447700900001").await;
    world.advance("2026-04-01").await;
    let app = &world.app;
    let march = paper(app, "a0000001", Some(date("2026-03-01")), Some(date("2026-03-31"))).await;
    let march = march.expect("a statement");
    assert_eq!((march.lines, march.pages, march.has_issuer), (1, 1, false));
    let text = text_of(&march.pdf).join("");
    assert!(says(&text, "Opening balance 97.00"), "{text}");
    assert!(says(&text, "2026-03-31 Rental 447700900001 2026-03-31 to 2026-04-29 -1.50 95.50"));
    assert!(text.contains("Issuer not stated") && text.contains("Issued on 2026-04-01"), "{text}");
    let all = paper(app, "a0000001", None, None).await.expect("a statement");
    assert_eq!(all.lines, 4);
    let later = paper(app, "a0000001", Some(date("2026-04-01")), None).await.expect("one");
    assert_eq!(later.lines, 0);
    assert!(says(&text_of(&later.pdf).join(""), "Opening balance 95.50"));
});
