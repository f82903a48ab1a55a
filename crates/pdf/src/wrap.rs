//! Breaks a text into lines.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::Length;
use crate::text::{ShapedText, Style, is_right_to_left};

/// Breaks `text` between words if possible, else within a word. No line is wider than `width`, unless a single
/// letter is.
pub(super) fn wrap(text: &str, style: Style, width: Length) -> Vec<ShapedText> {
    let right_to_left = is_right_to_left(text);
    let line = |part: &str| ShapedText::shape(part, style, right_to_left);
    let mut lines = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let whole = line(rest);
        if whole.width <= width {
            lines.push(whole);
            break;
        }
        let (part, after) = rest.split_at(break_offset(rest, width, &line));
        lines.push(line(part.trim_end()));
        rest = after.trim_start();
    }
    lines
}

/// The offset at which the first line of `text` ends, if `text` is wider than `width`.
fn break_offset(text: &str, width: Length, line: &impl Fn(&str) -> ShapedText) -> usize {
    let fits = |end: &usize| line(text[..*end].trim_end()).width <= width;
    let words = text.split_word_bound_indices().filter(|(_, word)| word.trim().is_empty());
    let between_words = words.map(|(at, _)| at).filter(|at| *at > 0).take_while(fits).last();
    between_words.unwrap_or_else(|| {
        let mut letters = text.grapheme_indices(true).map(|(at, letter)| at + letter.len());
        let first = letters.next().unwrap_or(text.len());
        letters.take_while(fits).last().unwrap_or(first)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fonts::Weight;
    use proptest::prelude::*;

    const STYLE: Style = Style { weight: Weight::Regular, size: 10_000 };

    fn wrapped(text: &str, width: Length) -> Vec<String> {
        wrap(text, STYLE, width).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn lines_break_between_words_and_within_words_that_are_too_long() {
        assert_eq!(
            wrapped("bank transfer of ABCDEFGHIJKLMNOPQR here", 60_000),
            ["bank", "transfer of", "ABCDEFGHIJ", "KLMNOPQR", "here"]
        );
        assert_eq!(wrapped("  ", 60_000), Vec::<String>::new());
        assert_eq!(wrapped("abc", 1), ["a", "b", "c"]);
    }

    #[test]
    fn text_without_spaces_breaks_between_letters() {
        assert_eq!(wrapped("株式会社電話番号", 41_000), ["株式会社", "電話番号"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_character_is_lost_and_no_line_is_too_wide(text in "[a-zא-ת0-9 一-三]{0,60}", width in 20_i64..200) {
            let width = width * 1_000;
            let lines = wrap(&text, STYLE, width);
            prop_assert!(lines.iter().all(|line| line.width <= width));
            let squeezed = |text: &str| text.chars().filter(|it| *it != ' ').collect::<String>();
            let all: String = lines.iter().map(|line| line.text.as_str()).collect();
            prop_assert_eq!(squeezed(&all), squeezed(&text));
        }
    }
}
