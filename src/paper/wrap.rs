//! A text over as many lines as it takes.

use unicode_segmentation::UnicodeSegmentation as _;

use super::Length;
use super::text::{Line, Style, is_right_to_left};

/// The lines of `text`, none wider than `width` unless a single letter is: broken between words where that
/// is possible, and within them where it is not.
pub(super) fn wrap(text: &str, style: Style, width: Length) -> Vec<Line> {
    let right_to_left = is_right_to_left(text);
    let line = |part: &str| Line::shape(part, style, right_to_left);
    let mut lines = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let whole = line(rest);
        if whole.width <= width {
            lines.push(whole);
            break;
        }
        let (part, after) = rest.split_at(break_of(rest, width, &line));
        lines.push(line(part.trim_end()));
        rest = after.trim_start();
    }
    lines
}

/// Where the first line of `text` ends, which is wider than `width`.
fn break_of(text: &str, width: Length, line: &impl Fn(&str) -> Line) -> usize {
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
    use super::super::fonts::Weight;
    use super::*;
    use proptest::prelude::*;

    const STYLE: Style = Style { weight: Weight::Regular, size: 10_000 };

    fn wrapped(text: &str, width: Length) -> Vec<String> {
        wrap(text, STYLE, width).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn a_text_is_broken_between_words_and_within_those_that_are_too_long() {
        assert_eq!(
            wrapped("bank transfer of ABCDEFGHIJKLMNOPQR here", 60_000),
            ["bank", "transfer of", "ABCDEFGHIJ", "KLMNOPQR", "here"]
        );
        assert_eq!(wrapped("  ", 60_000), Vec::<String>::new());
        assert_eq!(wrapped("abc", 1), ["a", "b", "c"]);
    }

    #[test]
    fn what_is_written_without_spaces_is_broken_between_letters() {
        assert_eq!(wrapped("株式会社電話番号", 41_000), ["株式会社", "電話番号"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn nothing_is_lost_and_no_line_is_too_wide(text in "[a-zא-ת0-9 一-三]{0,60}", width in 20_i64..200) {
            let width = width * 1_000;
            let lines = wrap(&text, STYLE, width);
            prop_assert!(lines.iter().all(|line| line.width <= width));
            let squeezed = |text: &str| text.chars().filter(|it| *it != ' ').collect::<String>();
            let all: String = lines.iter().map(|line| line.text.as_str()).collect();
            prop_assert_eq!(squeezed(&all), squeezed(&text));
        }
    }
}
