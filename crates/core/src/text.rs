//! Text that comes from outside: what a name may hold, and how any text is shown without harm.
//!
//! Two rules, each in one place. At the border, [`check_line`] and [`check_lines`] decide what a name, a reason or a
//! message may hold; [`storable`] makes the text of another system fit to be stored. On the way out, [`harmless`],
//! [`harmless_lines`] and [`harmless_json`] show every text so that no terminal carries it out and no reader is
//! deceived, and [`quoted`] puts a value into an error, shortened.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use thiserror::Error;

/// The number of characters of a value that an error quotes.
pub const QUOTED_CHARS_MAX: usize = 80;

/// Why a text is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TextError {
    /// Empty, or only spaces and characters without a shape.
    #[error("contains no visible character")]
    NothingVisible,
    #[error("has more than {max} characters")]
    TooLong { max: usize },
    /// `place` counts characters, 1-based.
    #[error("contains {} at character {place}", CodePoint(*.character))]
    Forbidden { character: char, place: usize },
}

/// A character by its number, with the name of the most common ones: `U+202E (right-to-left override)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodePoint(pub char);

impl fmt::Display for CodePoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "U+{:04X}", u32::from(self.0))?;
        let name = match self.0 {
            '\0' => "NUL",
            '\t' => "tab",
            '\n' => "line feed",
            '\r' => "carriage return",
            '\u{1b}' => "escape",
            '\u{ad}' => "soft hyphen",
            '\u{200b}' => "zero width space",
            '\u{200e}' => "left-to-right mark",
            '\u{200f}' => "right-to-left mark",
            '\u{2028}' => "line separator",
            '\u{2029}' => "paragraph separator",
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => "direction of text",
            '\u{feff}' => "byte order mark",
            character if character.is_control() => "control character",
            _ => return Ok(()),
        };
        write!(f, " ({name})")
    }
}

/// Whether a character does something instead of being seen: it controls a terminal, ends a line, changes the direction
/// of the text around it, or hides. The joiners U+200C and U+200D and variation selectors are not among them:
/// Persian, the languages of India and emoji are written with them.
pub fn is_disruptive(character: char) -> bool {
    let is_noncharacter = u32::from(character) & 0xfffe == 0xfffe;
    character.is_control()
        || is_noncharacter
        || matches!(
            character,
            '\u{ad}' // soft hyphen
            | '\u{61c}' // Arabic letter mark
            | '\u{180e}' // Mongolian vowel separator
            | '\u{200b}' // zero width space
            | '\u{200e}' | '\u{200f}' // marks of direction
            | '\u{2028}'..='\u{202e}' // separators of lines and paragraphs; embeddings and overrides
            | '\u{2060}'..='\u{206f}' // word joiner, invisible operators, isolates
            | '\u{fdd0}'..='\u{fdef}' // noncharacters
            | '\u{feff}' // byte order mark
            | '\u{fff9}'..='\u{fffb}' // interlinear annotations
            | '\u{1d173}'..='\u{1d17a}' // beams and slurs of music
            | '\u{e0000}'..='\u{e007f}' // tags
        )
}

/// Whether a character can be seen on its own.
fn is_visible(character: char) -> bool {
    !is_disruptive(character)
        && !character.is_whitespace()
        && !matches!(
            character,
            '\u{34f}' // combining grapheme joiner
            | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // fillers of Hangul
            | '\u{17b4}' | '\u{17b5}' // inherent vowels of Khmer
            | '\u{180b}'..='\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' // variation selectors
            | '\u{200c}' | '\u{200d}' // joiners
            | '\u{2800}' // braille without dots
        )
}

/// The text without spaces around it, if it is one line of 1 to `chars_max` characters that people can see.
///
/// # Errors
/// A character that [is disruptive](is_disruptive), with its place in `text`; too long; nothing visible.
pub fn check_line(text: &str, chars_max: usize) -> Result<&str, TextError> {
    check(text, chars_max, is_disruptive)
}

/// As [`check_line`], for texts of several lines.
///
/// # Errors
/// As [`check_line`].
pub fn check_lines(text: &str, chars_max: usize) -> Result<&str, TextError> {
    check(text, chars_max, |character| character != '\n' && is_disruptive(character))
}

fn check(
    text: &str,
    chars_max: usize,
    is_forbidden: impl Fn(char) -> bool,
) -> Result<&str, TextError> {
    let trimmed = text.trim();
    let leading = text.len() - text.trim_start().len();
    let place_before = text[..leading].chars().count();
    let forbidden = trimmed.chars().enumerate().find(|(_, character)| is_forbidden(*character));
    if let Some((index, character)) = forbidden {
        return Err(TextError::Forbidden { character, place: place_before + index + 1 });
    }
    if trimmed.chars().nth(chars_max).is_some() {
        return Err(TextError::TooLong { max: chars_max });
    }
    if !trimmed.chars().any(is_visible) {
        return Err(TextError::NothingVisible);
    }
    Ok(trimmed)
}

/// What is stored of a text that another system sent: one line of at most `chars_max` characters. Line breaks and tabs
/// become spaces, other [disruptive](is_disruptive) characters become U+FFFD, and what is cut off is replaced by `…`.
/// Every database can hold the result.
pub fn storable(text: &str, chars_max: usize) -> String {
    let clean = |character| match character {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
        character if is_disruptive(character) => '\u{fffd}',
        character => character,
    };
    // Longer than the text can ever become, so that the cost is bounded for a text of any length.
    let text = text.trim_matches(char::is_whitespace);
    let clean: String = text.chars().take(chars_max.saturating_add(1)).map(clean).collect();
    shortened(&clean, chars_max).into_owned()
}

/// The first characters of a text, with `…` as the last one if the text has more than `chars_max`.
pub fn shortened(text: &str, chars_max: usize) -> Cow<'_, str> {
    if text.chars().nth(chars_max).is_none() {
        return Cow::Borrowed(text);
    }
    let kept: String = text.chars().take(chars_max.saturating_sub(1)).collect();
    Cow::Owned(kept + "…")
}

/// A text for one line of a screen: each [disruptive](is_disruptive) character is shown as its number, `\u{1b}`.
pub fn harmless(text: &str) -> Cow<'_, str> {
    escaped(text, is_disruptive, |shown, character| {
        write!(shown, "\\u{{{:x}}}", u32::from(character))
    })
}

/// As [`harmless`], but line feeds and tabs stay.
pub fn harmless_lines(text: &str) -> Cow<'_, str> {
    let is_shown_as_number =
        |character| !matches!(character, '\n' | '\t') && is_disruptive(character);
    escaped(text, is_shown_as_number, |shown, character| {
        write!(shown, "\\u{{{:x}}}", u32::from(character))
    })
}

/// A JSON document with the same values in which [disruptive](is_disruptive) characters of strings are JSON's own escapes, `\u009b`.
pub fn harmless_json(document: &str) -> Cow<'_, str> {
    let is_escaped = |character| character != '\n' && is_disruptive(character);
    escaped(document, is_escaped, |shown, character| {
        let mut units = [0; 2];
        character
            .encode_utf16(&mut units)
            .iter()
            .try_for_each(|unit| write!(shown, "\\u{unit:04x}"))
    })
}

fn escaped(
    text: &str,
    is_escaped: impl Fn(char) -> bool,
    escape: impl Fn(&mut String, char) -> fmt::Result,
) -> Cow<'_, str> {
    if !text.contains(&is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_escaped(character) {
            escape(&mut shown, character).expect("a string takes any text");
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// A value in an error: in backticks, [harmless], and shortened to [`QUOTED_CHARS_MAX`] characters.
pub fn quoted(value: &str) -> Quoted<'_> {
    Quoted(value)
}

/// A value as [`quoted`] shows it.
#[derive(Debug, Clone, Copy)]
pub struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", harmless(&shortened(self.0, QUOTED_CHARS_MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_any_language_is_accepted() {
        for name in
            ["Acme GmbH", "Ünïcode & Söhne", "می‌خواهم", "שלום", "क्‍ष", "👩‍💻 Ltd ❤️", "株式会社"]
        {
            assert_eq!(check_line(name, 200), Ok(name));
        }
        assert_eq!(check_line("  Acme\n", 200), Ok("Acme"));
    }

    #[test]
    fn a_disruptive_character_is_named_with_its_place() {
        let refused = |text: &str| check_line(text, 200).expect_err(text).to_string();
        assert_eq!(refused("Ac\u{1b}[2Jme"), "contains U+001B (escape) at character 3");
        assert_eq!(refused("  Ü\u{202e}x"), "contains U+202E (direction of text) at character 4");
        assert_eq!(refused("a\u{2028}b"), "contains U+2028 (line separator) at character 2");
        assert_eq!(refused("a\u{9b}b"), "contains U+009B (control character) at character 2");
        assert_eq!(refused("a\nb"), "contains U+000A (line feed) at character 2");
        assert_eq!(refused("\u{e0041}"), "contains U+E0041 at character 1");
        assert_eq!(check_lines("a\nb", 200), Ok("a\nb"));
    }

    #[test]
    fn a_name_has_something_visible_and_a_length() {
        for text in ["", "  ", "\u{a0}\u{2003}", "\u{3164}", "\u{200d}\u{fe0f}", "\u{2800}"] {
            assert_eq!(check_line(text, 200), Err(TextError::NothingVisible), "{text:?}");
        }
        assert_eq!(check_line("four", 4), Ok("four"));
        assert_eq!(check_line("fives", 4), Err(TextError::TooLong { max: 4 }));
    }

    #[test]
    fn what_another_system_sent_is_stored_in_one_line() {
        assert_eq!(
            storable(" no\0t\r\npaid\u{1b}[2J\u{202e} ", 40),
            "no\u{fffd}t  paid\u{fffd}[2J\u{fffd}"
        );
        assert_eq!(storable(&"é".repeat(1_000), 5), "éééé…");
        assert_eq!(storable("", 5), "");
        assert_eq!(storable("abc", 0), "…", "an ellipsis says that there was something");
    }

    #[test]
    fn a_text_on_a_screen_is_harmless_and_other_texts_are_as_they_were() {
        assert_eq!(harmless("a\u{1b}[31mb\n\u{9b}"), "a\\u{1b}[31mb\\u{a}\\u{9b}");
        assert_eq!(harmless_lines("a\nb\r\u{202e}"), "a\nb\\u{d}\\u{202e}");
        assert!(matches!(harmless("plain, ünïcode"), Cow::Borrowed("plain, ünïcode")));
        assert_eq!(harmless_json("[\n\"\u{9b}\u{e0041}\"\n]"), "[\n\"\\u009b\\udb40\\udc41\"\n]");
    }

    #[test]
    fn a_quoted_value_is_short() {
        assert_eq!(quoted("x\u{7}").to_string(), "`x\\u{7}`");
        let long = quoted(&"x".repeat(300_000)).to_string();
        assert_eq!(long.chars().count(), QUOTED_CHARS_MAX + 2);
    }
}
