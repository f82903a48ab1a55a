//! Tables for people: nothing but free text is broken, and that at blanks.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};

/// The columns of free text, by their headings. All others hold keys, numbers, dates, amounts and
/// the like, which are read, searched and copied whole.
const FREE_TEXT: [&str; 7] =
    ["answer", "name", "reason", "reference", "subject", "what disagrees", "what happened"];

/// Free text is not made narrower than this, or it would be a column of single words.
const FREE_TEXT_WIDTH_MIN: u16 = 12;

/// Between two columns.
const GAP: u16 = 2;

/// What the second line of a row is set in by, and each after it.
const INDENT: u16 = 4;

/// A table for people; the columns named in `right` are numbers.
pub fn table(
    heading: &[&str],
    right: &[usize],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> String {
    lay_out(heading, right, rows.into_iter().collect(), Table::new().width())
}

/// How many columns there are: the terminal's, and 80 in a pipe.
pub fn width() -> usize {
    Table::new().width().map_or(80, usize::from)
}

/// The table on a terminal of so many columns, or in full where there is none. What does not fit is
/// first rid of the columns that say nothing, then has its free text wrapped, and where that is not
/// enough each row is folded between two columns.
fn lay_out(
    heading: &[&str],
    right: &[usize],
    rows: Vec<Vec<String>>,
    width: Option<u16>,
) -> String {
    if rows.is_empty() {
        return "nothing".to_owned();
    }
    let whole = filled(heading, &rows, str::to_owned);
    let whole_widths = whole.column_max_content_widths();
    let mut widths = whole_widths.clone();
    let mut shown: Vec<usize> = (0..heading.len()).collect();
    if !fits(&shown, &widths, width) {
        shown.retain(|&column| says_something(&rows, column));
    }
    let mut table = whole;
    table.set_content_arrangement(ContentArrangement::Disabled);
    if let Some(width) = width.filter(|_| !fits(&shown, &widths, width)) {
        let words = filled(heading, &rows, |text| text.replace(' ', "\n"));
        let words = words.column_max_content_widths();
        let free = |column: &usize| FREE_TEXT.contains(&heading[*column]);
        for column in shown.iter().copied().filter(free) {
            widths[column] = widths[column].min(FREE_TEXT_WIDTH_MIN).max(words[column]);
        }
        if !fits(&shown, &widths, Some(width)) {
            return fold(heading, right, &rows, lines_of(&shown, &whole_widths, width));
        }
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        wrap(&mut table, &shown, &widths, free);
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        let is_last = shown.last() == Some(&index);
        column.set_padding((0, if is_last { 0 } else { GAP }));
        if right.contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        if !shown.contains(&index) {
            column.set_constraint(ColumnConstraint::Hidden);
        }
    }
    let lines: Vec<_> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}

fn filled(heading: &[&str], rows: &[Vec<String>], cell: impl Fn(&str) -> String) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(heading.iter().map(|name| cell(&name.to_uppercase())));
    table.add_rows(rows.iter().map(|row| row.iter().map(|text| cell(text))));
    table
}

fn says_something(rows: &[Vec<String>], column: usize) -> bool {
    rows.iter().filter_map(|row| row.get(column)).any(|text| !matches!(text.as_str(), "" | "0"))
}

fn fits(shown: &[usize], widths: &[u16], width: Option<u16>) -> bool {
    let gap = usize::from(GAP);
    let columns: usize = shown.iter().map(|&column| usize::from(widths[column]) + gap).sum();
    width.is_none_or(|width| columns <= usize::from(width) + gap)
}

/// The columns that go on each line of a row, in their order, as many as there is room for.
fn lines_of(shown: &[usize], widths: &[u16], width: u16) -> Vec<Vec<usize>> {
    let mut lines: Vec<Vec<usize>> = vec![Vec::new()];
    for &column in shown {
        let indent = if lines.len() > 1 { INDENT } else { 0 };
        let line = lines.last_mut().expect("there is one from the start");
        line.push(column);
        if line.len() > 1 && !fits(line, widths, Some(width.saturating_sub(indent))) {
            line.pop();
            lines.push(vec![column]);
        }
    }
    lines
}

/// Each row, and the heading above them, in these lines; those that say nothing are left out.
fn fold(heading: &[&str], right: &[usize], rows: &[Vec<String>], lines: Vec<Vec<usize>>) -> String {
    let parts: Vec<String> = lines
        .iter()
        .map(|columns| {
            let heading: Vec<_> = columns.iter().map(|&it| heading[it]).collect();
            let is_right = |index: &usize| right.contains(&columns[*index]);
            let right: Vec<_> = (0..columns.len()).filter(is_right).collect();
            // A row is one line here: what goes with what is told by the order.
            let cells =
                |row: &Vec<String>| columns.iter().map(|&it| row[it].replace('\n', " ")).collect();
            lay_out(&heading, &right, rows.iter().map(cells).collect(), None)
        })
        .collect();
    let indent = " ".repeat(INDENT.into());
    let mut parts: Vec<_> = parts.iter().map(|part| part.lines()).collect();
    let mut folded = Vec::new();
    for _ in 0..=rows.len() {
        for (index, part) in parts.iter_mut().enumerate() {
            let line = part.next().unwrap_or_default();
            if index == 0 {
                folded.push(line.to_owned());
            } else if !line.is_empty() {
                folded.push(format!("{indent}{line}"));
            }
        }
    }
    folded.join("\n")
}

/// Columns of free text may be as narrow as `widths` says, the others are as wide as they are.
fn wrap(table: &mut Table, shown: &[usize], widths: &[u16], free: impl Fn(&usize) -> bool) {
    for &index in shown {
        // A boundary is meant with the gap beside the text.
        let gap = if shown.last() == Some(&index) { 0 } else { GAP };
        let constraint = if free(&index) {
            ColumnConstraint::LowerBoundary(Width::Fixed(widths[index].saturating_add(gap)))
        } else {
            ColumnConstraint::ContentWidth
        };
        if let Some(column) = table.column_mut(index) {
            column.set_constraint(constraint);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::lay_out;

    fn rows(rows: &[&[&str]]) -> Vec<Vec<String>> {
        rows.iter().map(|row| row.iter().map(|text| (*text).to_owned()).collect()).collect()
    }

    fn history(width: Option<u16>) -> String {
        let happened = "447700900012 renewed for 2026-02-28 to 2026-03-31, paid from the balance";
        let rows = rows(&[
            &["2026-01-31", "100.00", "100.00", "EUR", "top-up, bank 2026-01-31"],
            &["2026-02-28", "-1.25", "98.75", "EUR", happened],
        ]);
        lay_out(&["on", "amount", "balance", "", "what happened"], &[1, 2], rows, width)
    }

    fn runs(width: Option<u16>) -> String {
        let heading =
            ["billing date", "status", "accounts", "past due", "failed", "oldest unbilled"];
        let rows = rows(&[
            &["2026-02-27", "complete", "0", "0", "0", ""],
            &["2026-02-28", "complete", "12", "0", "0", ""],
        ]);
        lay_out(&heading, &[2, 3, 4], rows, width)
    }

    #[test]
    fn free_text_is_wrapped_at_blanks_and_nothing_else_is() {
        insta::assert_snapshot!(history(Some(60)), @"
        ON          AMOUNT  BALANCE       WHAT HAPPENED
        2026-01-31  100.00   100.00  EUR  top-up, bank 2026-01-31
        2026-02-28   -1.25    98.75  EUR  447700900012 renewed for
                                          2026-02-28 to 2026-03-31,
                                          paid from the balance
        ");
        insta::assert_snapshot!(history(Some(80)), @"
        ON          AMOUNT  BALANCE       WHAT HAPPENED
        2026-01-31  100.00   100.00  EUR  top-up, bank 2026-01-31
        2026-02-28   -1.25    98.75  EUR  447700900012 renewed for 2026-02-28 to
                                          2026-03-31, paid from the balance
        ");
        assert_eq!(history(Some(110)), history(None));
    }

    #[test]
    fn columns_that_say_nothing_are_left_out_where_there_is_no_room() {
        insta::assert_snapshot!(runs(Some(60)), @"
        BILLING DATE  STATUS    ACCOUNTS
        2026-02-27    complete         0
        2026-02-28    complete        12
        ");
        assert_eq!(runs(Some(80)), runs(None));
        assert!(runs(None).contains("OLDEST UNBILLED"), "{}", runs(None));
    }

    #[test]
    fn rows_that_are_too_long_are_folded_between_columns() {
        let statement = |width| {
            let heading = ["on", "code", "number", "period", "amount", "balance", "", "reference"];
            let rows = rows(&[
                &["2026-01-31", "top-up", "", "", "100.00", "100.00", "EUR", "bank 17"],
                &[
                    "2026-01-31",
                    "rental",
                    "447700900012",
                    "2026-01-31 to 2026-02-27",
                    "-1.25",
                    "98.75",
                    "EUR",
                    "",
                ],
            ]);
            lay_out(&heading, &[4, 5], rows, width)
        };
        insta::assert_snapshot!(statement(Some(80)), @"
        ON          CODE    NUMBER        PERIOD                    AMOUNT  BALANCE
            REFERENCE
        2026-01-31  top-up                                          100.00   100.00  EUR
            bank 17
        2026-01-31  rental  447700900012  2026-01-31 to 2026-02-27   -1.25    98.75  EUR
        ");
        insta::assert_snapshot!(statement(Some(40)), @"
        ON          CODE    NUMBER
            PERIOD                    AMOUNT
            BALANCE       REFERENCE
        2026-01-31  top-up
                                      100.00
             100.00  EUR  bank 17
        2026-01-31  rental  447700900012
            2026-01-31 to 2026-02-27   -1.25
              98.75  EUR
        ");
        assert_eq!(statement(Some(100)), statement(None));
        for width in 10..=100 {
            let text = statement(Some(width));
            // A period is wider than that by itself.
            let widest = usize::from(width).max(24 + 4);
            assert!(text.lines().all(|line| line.len() <= widest), "{width}:\n{text}");
            assert!(text.contains("2026-01-31 to 2026-02-27"), "{width}:\n{text}");
        }
    }

    #[test]
    fn no_word_is_cut_at_any_width() {
        for width in 1..=120 {
            for word in ["2026-01-31", "447700900012", "100.00", "balance", "top-up,"] {
                assert!(history(Some(width)).contains(word), "{word} at {width}");
            }
        }
    }
}
