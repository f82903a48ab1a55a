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
    let rows: Vec<_> = rows.into_iter().collect();
    if rows.is_empty() {
        return format!("no {things}");
    }
    Layout::new(heading, right, &rows, width_of_terminal()).heading_and(&rows)
}

/// The width of the terminal in characters, and 80 in a pipe.
pub fn width() -> usize {
    width_of_terminal().map_or(80, usize::from)
}

/// The width of the terminal in characters; `None` in a pipe.
pub fn width_of_terminal() -> Option<u16> {
    Table::new().width()
}

/// The columns of a table and their widths.
pub struct Layout<'a> {
    heading: &'a [&'a str],
    right: &'a [usize],
    /// Whether free text is wrapped: on a terminal.
    wraps: bool,
    /// Of the content, in characters.
    widths: Vec<u16>,
}

impl<'a> Layout<'a> {
    /// The columns for a terminal of `width` characters; in a pipe, where there is no width, nothing is wrapped. The
    /// widths are those that `rows` need.
    pub fn new(
        heading: &'a [&'a str],
        right: &'a [usize],
        rows: &[Vec<String>],
        width: Option<u16>,
    ) -> Self {
        let mut layout = Self { heading, right, wraps: width.is_some(), widths: Vec::new() };
        let needed = widths_of(heading, rows, str::to_owned);
        layout.widths = match width {
            Some(width) => layout.fitted(width, needed, &layout.smallest(rows)),
            None => needed,
        };
        layout
    }

    /// The heading and `rows`, without a line break at the end.
    pub fn heading_and(&self, rows: &[Vec<String>]) -> String {
        self.lines(filled(self.heading, rows, str::to_owned), rows)
    }

    /// `rows` below others, without a line break at the end. A row that needs more width takes it.
    pub fn rows(&self, rows: &[Vec<String>]) -> String {
        self.lines(filled(&[], rows, str::to_owned), rows)
    }

    fn is_free_text(&self, index: usize) -> bool {
        FREE_TEXT.contains(&self.heading[index])
    }

    /// The smallest widths at which no word is cut.
    fn smallest(&self, rows: &[Vec<String>]) -> Vec<u16> {
        widths_of(self.heading, rows, |text| text.replace(' ', "\n"))
    }

    /// The widths on a terminal: columns of free text share what the others leave, and are as wide as they need.
    fn fitted(&self, width: u16, needed: Vec<u16>, smallest: &[u16]) -> Vec<u16> {
        let mut widths = needed;
        let gaps = GAP.saturating_mul(u16::try_from(widths.len().saturating_sub(1)).unwrap_or(0));
        let is_free = |index: &usize| self.is_free_text(*index);
        let others = (0..widths.len()).filter(|index| !is_free(index));
        let taken = others.map(|index| widths[index]).fold(gaps, u16::saturating_add);
        let mut left = width.saturating_sub(taken);
        let mut free: Vec<_> = (0..widths.len()).filter(is_free).collect();
        // The narrowest first: what one does not need is for the others.
        free.sort_by_key(|index| widths[*index]);
        while let Some(index) = (!free.is_empty()).then(|| free.remove(0)) {
            let share = left / u16::try_from(free.len() + 1).unwrap_or(u16::MAX);
            let width_min = FREE_TEXT_WIDTH_MIN.max(smallest[index]);
            widths[index] = widths[index].min(share.max(width_min));
            left = left.saturating_sub(widths[index]);
        }
        widths
    }

    fn lines(&self, mut table: Table, rows: &[Vec<String>]) -> String {
        table.set_content_arrangement(ContentArrangement::Disabled);
        let needed = table.column_max_content_widths();
        let smallest = self.wraps.then(|| self.smallest(rows));
        let last = self.heading.len().saturating_sub(1);
        for (index, column) in table.column_iter_mut().enumerate() {
            let needed = match &smallest {
                Some(smallest) if self.is_free_text(index) => smallest[index],
                _ => needed[index],
            };
            let gap = if index == last { 0 } else { GAP };
            let width = self.widths[index].max(needed).saturating_add(gap);
            column.set_padding((0, gap));
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
            if self.right.contains(&index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let lines: Vec<_> = table.lines().map(|line| line.trim_end().to_owned()).collect();
        lines.join("\n")
    }
}

/// The widths of the columns that hold `cell` of the heading and of every row, in characters.
fn widths_of(heading: &[&str], rows: &[Vec<String>], cell: impl Fn(&str) -> String) -> Vec<u16> {
    filled(heading, rows, cell).column_max_content_widths()
}

/// A table without a heading if `heading` is empty.
fn filled(heading: &[&str], rows: &[Vec<String>], cell: impl Fn(&str) -> String) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if !heading.is_empty() {
        table.set_header(heading.iter().map(|name| cell(&name.to_uppercase())));
    }
    let shown = |text: &String| cell(&harmless(text));
    table.add_rows(rows.iter().map(|row| row.iter().map(shown)));
    table
}
#[cfg(test)]
mod tests {
    use super::Layout;

    fn rows(rows: &[&[&str]]) -> Vec<Vec<String>> {
        rows.iter().map(|row| row.iter().map(|text| (*text).to_owned()).collect()).collect()
    }

    fn history(width: Option<u16>) -> String {
        let happened = "447700900012 renewed for 2026-02-28 to 2026-03-31, paid from the balance";
        let rows = rows(&[
            &["2026-01-31", "100.00", "100.00", "EUR", "top-up, bank 2026-01-31"],
            &["2026-02-28", "-1.25", "98.75", "EUR", happened],
        ]);
        let heading = ["on", "amount", "balance", "", "what happened"];
        Layout::new(&heading, &[1, 2], &rows, width).heading_and(&rows)
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
