//! Texts in CSV files, which people open in spreadsheets.

use crate::text::harmless;

/// A text as the cell of a CSV file. A spreadsheet runs a cell that begins with one of these characters as a formula;
/// after an apostrophe it takes the cell as text. Numbers and amounts are not texts: they keep their signs.
pub fn text_cell(text: &str) -> String {
    let is_formula = text
        .trim_start_matches([' ', '\u{a0}'])
        .starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    let mark = if is_formula { "'" } else { "" };
    format!("{mark}{}", harmless(text))
}

#[cfg(test)]
mod tests {
    use super::text_cell;

    #[test]
    fn a_text_is_never_a_formula() {
        for (text, cell) in [
            ("=HYPERLINK(\"https://example.com\")", "'=HYPERLINK(\"https://example.com\")"),
            ("+1", "'+1"),
            ("-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0"),
            ("@SUM(1)", "'@SUM(1)"),
            (" =1", "' =1"),
            ("\t=1", "'\\u{9}=1"),
            ("\r=1", "'\\u{d}=1"),
            ("INV-2026/01", "INV-2026/01"),
            ("a = b", "a = b"),
            ("", ""),
        ] {
            assert_eq!(text_cell(text), cell);
        }
    }
}
