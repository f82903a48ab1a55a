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
/// first rid of the columns that say nothing, then has its free text wrapped. Where that is not
/// enough its lines are left whole, for the terminal to break: narrower columns would not help.
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
    let mut widths = whole.column_max_content_widths();
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
        if fits(&shown, &widths, Some(width)) {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
            wrap(&mut table, &shown, &widths, free);
        }
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
    fn what_does_not_fit_runs_over_the_edge_in_one_piece() {
        assert_eq!(history(Some(40)), history(None));
        let statement = || {
            let heading = ["on", "code", "number", "period", "amount", "balance", "", "reference"];
            let period = "2026-01-31 to 2026-02-28";
            let row = ["2026-01-31", "rental", "447700900012", period, "-1.25", "98.75", "EUR", ""];
            (heading, rows(&[&row]))
        };
        for width in [60, 80, 100] {
            let (heading, rows) = statement();
            let text = lay_out(&heading, &[4, 5], rows, Some(width));
            assert_eq!(text.lines().count(), 2, "{text}");
            assert!(text.contains("2026-01-31 to 2026-02-28"), "{text}");
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
