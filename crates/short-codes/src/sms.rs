//! The encoding and length of a text, and the number of SMS that it takes.
//!
//! An SMS carries 140 octets: 160 septets of GSM-7, or 70 UTF-16 code units of UCS-2 if one character is not in
//! GSM-7. If a text needs several SMS, each has a header of six octets, which leaves 153 septets or 67 code units
//! (3GPP TS 23.040, 9.2.3.24.1). An escape sequence of GSM-7 or a surrogate pair is never split.

use crate::gsm7::{replacement_of, septets_of};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Gsm7,
    /// In practice UTF-16: all phones accept surrogate pairs, which strict UCS-2 does not have.
    Ucs2,
}

impl Encoding {
    /// The name as displayed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gsm7 => "GSM-7",
            Self::Ucs2 => "UCS-2",
        }
    }

    /// The maximum length of a text of one SMS, in units.
    pub const fn single_max(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// The maximum length of each SMS of a longer text, in units.
    pub const fn part_max(self) -> usize {
        match self {
            Self::Gsm7 => 153,
            Self::Ucs2 => 67,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    pub encoding: Encoding,
    /// In septets of GSM-7, or in UTF-16 code units.
    pub length: usize,
    /// The number of SMS, at least 1.
    pub segments: usize,
    /// The units that are left in the last SMS.
    pub remaining: usize,
    /// The first character that is not in GSM-7. It makes the encoding UCS-2.
    pub cause: Option<Ucs2Cause>,
}

/// The first character of a text that is not in GSM-7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ucs2Cause {
    pub character: char,
    /// The position in the text, in characters, 1-based.
    pub position: usize,
}

impl Ucs2Cause {
    /// For example `U+2019`.
    pub fn code_point(self) -> String {
        format!("U+{:04X}", u32::from(self.character))
    }

    /// A similar text in GSM-7, if there is one.
    pub fn replacement(self) -> Option<&'static str> {
        replacement_of(self.character)
    }
}

/// Measures `text` as it is; variables are not expanded.
pub fn measure(text: &str) -> Measure {
    let septets: Option<Vec<usize>> = text.chars().map(septets_of).collect();
    let (encoding, units) = match septets {
        Some(septets) => (Encoding::Gsm7, septets),
        None => (Encoding::Ucs2, text.chars().map(char::len_utf16).collect()),
    };
    let length = units.iter().sum();
    let (segments, remaining) = fill(&units, length, encoding);
    Measure { encoding, length, segments, remaining, cause: cause_of(text) }
}

fn cause_of(text: &str) -> Option<Ucs2Cause> {
    let mut characters = text.chars().zip(1..);
    let (character, position) = characters.find(|(it, _)| septets_of(*it).is_none())?;
    Some(Ucs2Cause { character, position })
}

/// Distributes characters of the given lengths over SMS. Returns the number of SMS and the units left in the last
/// one.
fn fill(units: &[usize], length: usize, encoding: Encoding) -> (usize, usize) {
    if length <= encoding.single_max() {
        return (1, encoding.single_max() - length);
    }
    let (mut segments, mut remaining) = (1, encoding.part_max());
    for needed in units {
        if *needed > remaining {
            segments += 1;
            remaining = encoding.part_max();
        }
        remaining -= needed;
    }
    (segments, remaining)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn measured(text: &str) -> (&'static str, usize, usize) {
        let it = measure(text);
        (it.encoding.as_str(), it.length, it.segments)
    }

    #[test]
    fn lengths_are_counted_in_units_of_the_encoding() {
        assert_eq!(measured(""), ("GSM-7", 0, 1));
        assert_eq!(measured("Your Acme code is 1234"), ("GSM-7", 22, 1));
        assert_eq!(measured("5 €"), ("GSM-7", 4, 1), "the euro sign takes an escape");
        assert_eq!(measured("^{}[]~|\\"), ("GSM-7", 16, 1));
        assert_eq!(measured("Ç"), ("GSM-7", 1, 1));
        assert_eq!(measured("ç"), ("UCS-2", 1, 1), "GSM-7 has it only in upper case");
        assert_eq!(measured("hi 😀"), ("UCS-2", 5, 1), "a pair of surrogates");
        assert_eq!(measured("e\u{301}"), ("UCS-2", 2, 1), "a combining accent");
    }

    #[test]
    fn each_sms_of_a_longer_text_holds_less() {
        for (letter, encoding, single, part) in [("a", "GSM-7", 160, 153), ("я", "UCS-2", 70, 67)]
        {
            for (length, segments) in [
                (single, 1),
                (single + 1, 2),
                (2 * part, 2),
                (2 * part + 1, 3),
                (3 * part, 3),
                (3 * part + 1, 4),
            ] {
                assert_eq!(measured(&letter.repeat(length)), (encoding, length, segments));
            }
        }
    }

    #[test]
    fn escape_sequences_and_surrogate_pairs_are_not_split() {
        // The escape sequence would begin with the last septet of the first SMS.
        let text = "a".repeat(152) + "€" + &"a".repeat(151);
        assert_eq!(measured(&text), ("GSM-7", 305, 2));
        assert_eq!(
            measured(&(text + "a")),
            ("GSM-7", 306, 3),
            "one septet of the first SMS is unused"
        );
        let text = "я".repeat(66) + "😀" + &"я".repeat(65);
        assert_eq!(measured(&text), ("UCS-2", 133, 2));
        assert_eq!(measured(&(text + "я")), ("UCS-2", 134, 3));
    }

    #[test]
    fn the_first_character_that_forces_ucs2_is_named() {
        let cause = measure("It’s “€ 5”").cause.expect("a cause");
        assert_eq!((cause.character, cause.position), ('’', 3));
        assert_eq!((cause.code_point().as_str(), cause.replacement()), ("U+2019", Some("'")));
        let cause = measure("hi 😀").cause.expect("a cause");
        assert_eq!((cause.code_point().as_str(), cause.replacement()), ("U+1F600", None));
        assert_eq!(measure("It's € 5").cause, None);
    }

    /// Counts differently: converts the text to septets, with each escape as a septet, and repeatedly removes the
    /// longest prefix that fits.
    fn model(text: &str) -> (usize, usize) {
        let mut septets: Vec<bool> = Vec::new();
        for character in text.chars() {
            if "\u{c}^{}\\[~]|€".contains(character) {
                septets.push(true);
            }
            septets.push(false);
        }
        let (length, mut rest, mut segments) = (septets.len(), &septets[..], 0);
        while length > 160 && !rest.is_empty() {
            let end = rest.len().min(153);
            let end = if rest[end - 1] { end - 1 } else { end };
            rest = &rest[end..];
            segments += 1;
        }
        (length, segments.max(1))
    }

    fn pairs() -> impl Strategy<Value = String> {
        prop::collection::vec(prop::sample::select(vec!['я', 'a', '😀', '€']), 0..300)
            .prop_map(|characters| "я".to_owned() + &characters.into_iter().collect::<String>())
    }

    proptest! {
        #[test]
        fn gsm7_counts_agree_with_a_model(text in "[a-zA-Z0-9@£ÄÖ \n€^{}\\[\\]~|]{0,700}") {
            let it = measure(&text);
            prop_assert_eq!(it.encoding, Encoding::Gsm7);
            prop_assert_eq!((it.length, it.segments), model(&text));
        }

        #[test]
        fn texts_without_escapes_take_the_quotient_rounded_up(length in 0_usize..2_000) {
            let segments = if length <= 160 { 1 } else { length.div_ceil(153) };
            let it = measure(&"x".repeat(length));
            prop_assert_eq!((it.length, it.segments), (length, segments));
            let all = if length <= 160 { 160 } else { segments * 153 };
            prop_assert_eq!(it.remaining, all - length);
        }

        #[test]
        fn ucs2_is_as_long_as_utf16(text in pairs()) {
            let it = measure(&text);
            prop_assert_eq!(it.encoding, Encoding::Ucs2);
            prop_assert_eq!(it.length, text.encode_utf16().count());
            // At most one unit of each SMS is unused because of a pair that was not split.
            let fewest = if it.length <= 70 { 1 } else { it.length.div_ceil(67) };
            let most = if it.length <= 70 { 1 } else { it.length.div_ceil(66) };
            prop_assert!((fewest..=most).contains(&it.segments));
        }

        #[test]
        fn text_that_fits_into_the_last_sms_adds_none(text in "[a-z€]{0,400}") {
            let it = measure(&text);
            let full = measure(&(text.clone() + &"x".repeat(it.remaining)));
            prop_assert_eq!((full.segments, full.remaining), (it.segments, 0));
            let beyond = measure(&(text + &"x".repeat(it.remaining + 1)));
            prop_assert_eq!(beyond.segments, it.segments + 1);
        }
    }
}
