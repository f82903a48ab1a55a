//! Tables for people: if a terminal is too narrow, free text is wrapped at spaces, and nothing else. Each cell is one
//! line of harmless text.

use crate::text::harmless;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};

/// The columns of free text, by their headings. All others hold keys, numbers, dates, amounts and
/// the like, which are read, searched and copied whole.
const FREE_TEXT: [&str; 7] =
    ["answer", "name", "reason", "reference", "subject", "what disagrees", "what happened"];

/// The smallest width of a column of free text, in characters.
const FREE_TEXT_WIDTH_MIN: u16 = 12;

/// Between two columns, in characters.
const GAP: u16 = 2;

/// A table for people of `things`, a plural; the columns with the indexes `right` are aligned to the right.
pub fn table(
    things: &str,
    heading: &[&str],
    right: &[usize],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> String {
    let shown = |row: Vec<String>| row.iter().map(|text| harmless(text).into_owned()).collect();
    let rows: Vec<_> = rows.into_iter().map(shown).collect();
    if rows.is_empty() {
        return format!("no {things}");
    }
    lay_out(heading, right, rows, Table::new().width())
}

/// The width of the terminal in characters, and 80 in a pipe.
pub fn width() -> usize {
    Table::new().width().map_or(80, usize::from)
}

/// The table for a terminal of `width` characters; in a pipe, where there is no width, nothing is wrapped.
fn lay_out(
    heading: &[&str],
    right: &[usize],
    rows: Vec<Vec<String>>,
    width: Option<u16>,
) -> String {
    let words = filled(heading, &rows, |text| text.replace(' ', "\n"));
    let longest_words = words.column_max_content_widths();
    let mut table = filled(heading, &rows, str::to_owned);
    match width {
        Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    let last = heading.len().saturating_sub(1);
    for (index, column) in table.column_iter_mut().enumerate() {
        let gap = if index == last { 0 } else { GAP };
        column.set_padding((0, gap));
        column.set_constraint(if FREE_TEXT.contains(&heading[index]) {
            let width_min = FREE_TEXT_WIDTH_MIN.max(longest_words[index]);
            ColumnConstraint::LowerBoundary(Width::Fixed(width_min.saturating_add(gap)))
        } else {
            ColumnConstraint::ContentWidth
        });
        if right.contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
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
    fn no_word_is_cut_at_any_width() {
        for width in 1..=120 {
            for word in ["2026-01-31", "447700900012", "100.00", "balance", "top-up,"] {
                assert!(history(Some(width)).contains(word), "{word} at {width}");
            }
        }
    }
}
