//! The alphabet of GSM-7: 3GPP TS 23.038, 6.2.1 (once GSM 03.38), without the tables of single
//! languages.

/// What takes one septet, in the order of the codes; the one left out, 27, is the escape.
const DEFAULT: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// What takes two: the escape, and a code of the extension table (6.2.1.1).
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// How many septets `character` takes; none where the alphabet does not have it.
pub fn septets_of(character: char) -> Option<usize> {
    if DEFAULT.contains(character) { Some(1) } else { EXTENSION.contains(character).then_some(2) }
}

/// What people mean who paste `character` from a word processor, in letters that GSM-7 has.
pub fn plain_of(character: char) -> Option<&'static str> {
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
    fn the_alphabet_has_every_code_but_the_escape() {
        assert_eq!(DEFAULT.chars().count(), 127);
        assert_eq!(EXTENSION.chars().count(), 10);
        let all: HashSet<char> = DEFAULT.chars().chain(EXTENSION.chars()).collect();
        assert_eq!(all.len(), 137, "each is there once");
    }

    /// Rows and columns of the standard's table: the code is the place, shifted by the escape's.
    #[test]
    fn characters_are_where_the_standard_has_them() {
        let code_of = |character| {
            let place = DEFAULT.chars().position(|it| it == character).expect("it is there");
            if place < 0x1b { place } else { place + 1 }
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
    fn characters_take_one_septet_or_two_or_are_not_there() {
        for character in "^{}[]~|\\€\u{c}".chars() {
            assert_eq!(septets_of(character), Some(2), "{character}");
        }
        // Look-alikes: the micro sign, the ohm sign, a cedilla in lower case, curly quotes.
        for character in "çµΩ’“–…`á\t\u{1b}😀\u{301}".chars().filter(|it| *it != 'Ω')
        {
            assert_eq!(septets_of(character), None, "{character}");
        }
        assert_eq!(septets_of('\u{2126}'), None, "the ohm sign is no omega");
        assert_eq!(septets_of('Ω'), Some(1));
    }

    #[test]
    fn what_is_offered_in_place_of_a_character_is_in_the_alphabet() {
        for character in ('\u{60}'..='\u{ff}').chain('\u{2000}'..='\u{2fff}') {
            if let Some(plain) = plain_of(character) {
                assert_eq!(septets_of(character), None, "{character} is plain itself");
                assert!(plain.chars().all(|it| septets_of(it) == Some(1)), "{character}");
            }
        }
    }
}
