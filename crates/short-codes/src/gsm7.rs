//! The GSM-7 default alphabet and its extension table (3GPP TS 23.038, 6.2.1; formerly GSM 03.38), without the
//! national language tables.

/// The characters of one septet, in the order of their codes, without code 27, the escape.
const DEFAULT: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// The characters of two septets: the escape and a code of the extension table (6.2.1.1).
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// The number of septets of `character`, or `None` if GSM-7 does not have it.
pub fn septets_of(character: char) -> Option<usize> {
    if DEFAULT.contains(character) { Some(1) } else { EXTENSION.contains(character).then_some(2) }
}

/// A GSM-7 replacement for a typographic `character`, such as those that word processors insert.
pub fn replacement_of(character: char) -> Option<&'static str> {
    Some(match character {
        '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{b4}' | '`' => "'",
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ab}' | '\u{bb}' => "\"",
        '\u{2010}' | '\u{2011}' | '\u{2013}' | '\u{2014}' | '\u{2212}' => "-",
        '\u{2026}' => "...",
        '\u{a0}' | '\u{2009}' | '\u{202f}' => " ",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_alphabet_has_every_code_except_the_escape() {
        assert_eq!(DEFAULT.chars().count(), 127);
        assert_eq!(EXTENSION.chars().count(), 10);
        let all: HashSet<char> = DEFAULT.chars().chain(EXTENSION.chars()).collect();
        assert_eq!(all.len(), 137, "no character occurs twice");
    }

    #[test]
    fn characters_have_the_codes_of_the_standard() {
        let code_of = |character| {
            let index = DEFAULT.chars().position(|it| it == character).expect("it is in the table");
            // The table leaves out the escape, 0x1b.
            if index < 0x1b { index } else { index + 1 }
        };
        for (character, code) in [
            ('@', 0x00),
            ('$', 0x02),
            ('Ç', 0x09),
            ('\n', 0x0a),
            ('\r', 0x0d),
            ('Δ', 0x10),
            ('Ξ', 0x1a),
            ('Æ', 0x1c),
            (' ', 0x20),
            ('¤', 0x24),
            ('0', 0x30),
            ('¡', 0x40),
            ('A', 0x41),
            ('Z', 0x5a),
            ('§', 0x5f),
            ('¿', 0x60),
            ('a', 0x61),
            ('z', 0x7a),
            ('à', 0x7f),
        ] {
            assert_eq!(code_of(character), code, "{character}");
        }
    }

    #[test]
    fn characters_have_one_septet_or_two_or_are_not_in_gsm7() {
        for character in "^{}[]~|\\€\u{c}".chars() {
            assert_eq!(septets_of(character), Some(2), "{character}");
        }
        // Look-alikes: the micro sign, the ohm sign, a cedilla in lower case, curly quotes.
        for character in "çµΩ’“–…`á\t\u{1b}😀\u{301}".chars().filter(|it| *it != 'Ω')
        {
            assert_eq!(septets_of(character), None, "{character}");
        }
        assert_eq!(septets_of('\u{2126}'), None, "the ohm sign is not omega");
        assert_eq!(septets_of('Ω'), Some(1));
    }

    #[test]
    fn every_replacement_is_in_gsm7() {
        for character in ('\u{60}'..='\u{ff}').chain('\u{2000}'..='\u{2fff}') {
            if let Some(replacement) = replacement_of(character) {
                assert_eq!(septets_of(character), None, "{character} is in GSM-7 itself");
                assert!(replacement.chars().all(|it| septets_of(it) == Some(1)), "{character}");
            }
        }
    }
}
