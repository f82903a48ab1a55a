//! What a text costs: its encoding, its length, and how many SMS it takes.
//!
//! An SMS carries 140 octets: 160 septets of GSM-7, or 70 UTF-16 code units of UCS-2 where one
//! character is not in GSM-7. A text that needs several loses six octets of each to the header that
//! puts them together again, so that 153 or 67 are left (3GPP TS 23.040, 9.2.3.24.1). An escape of
//! GSM-7 and a surrogate pair are never cut in two.

use super::gsm7::{plain_of, septets_of};

/// How the characters of an SMS are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Septets.
    Gsm7,
    /// UTF-16 code units: all phones read pairs of surrogates, which UCS-2 proper does not have.
    Ucs2,
}

impl Encoding {
    /// As it is shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gsm7 => "GSM-7",
            Self::Ucs2 => "UCS-2",
        }
    }

    /// Units in the only SMS of a text.
    pub const fn only_max(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// Units in each SMS of several.
    pub const fn each_max(self) -> usize {
        match self {
            Self::Gsm7 => 153,
            Self::Ucs2 => 67,
        }
    }
}

/// What a text comes to as SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// How it has to be written.
    pub encoding: Encoding,
    /// Units of that encoding.
    pub length: usize,
    /// SMS that it takes, from 1.
    pub segments: usize,
    /// Units that are left in the last of them.
    pub room: usize,
    /// Why it has to be UCS-2, if it has.
    pub cause: Option<Cause>,
}

/// The first character that GSM-7 does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cause {
    /// The character.
    pub character: char,
    /// The how-many-eth character of the text it is, from 1.
    pub position: usize,
}

impl Cause {
    /// As people look it up: `U+2019`.
    pub fn code_point(self) -> String {
        format!("U+{:04X}", u32::from(self.character))
    }

    /// What would do in its place in GSM-7, if we know.
    pub fn plain(self) -> Option<&'static str> {
        plain_of(self.character)
    }
}

/// Measures `text` as it is: variables are not filled in.
pub fn measure(text: &str) -> Measure {
    let septets: Option<Vec<usize>> = text.chars().map(septets_of).collect();
    let (encoding, units) = match septets {
        Some(septets) => (Encoding::Gsm7, septets),
        None => (Encoding::Ucs2, text.chars().map(char::len_utf16).collect()),
    };
    let length = units.iter().sum();
    let (segments, room) = fill(&units, length, encoding);
    Measure { encoding, length, segments, room, cause: cause_of(text) }
}

fn cause_of(text: &str) -> Option<Cause> {
    let mut characters = text.chars().zip(1..);
    let (character, position) = characters.find(|(it, _)| septets_of(*it).is_none())?;
    Some(Cause { character, position })
}

/// Puts characters of so many units each into SMS after SMS; returns how many that takes, and what
/// is left in the last.
fn fill(units: &[usize], length: usize, encoding: Encoding) -> (usize, usize) {
    if length <= encoding.only_max() {
        return (1, encoding.only_max() - length);
    }
    let (mut segments, mut room) = (1, encoding.each_max());
    for needed in units {
        if *needed > room {
            segments += 1;
            room = encoding.each_max();
        }
        room -= needed;
    }
    (segments, room)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seen(text: &str) -> (&'static str, usize, usize) {
        let it = measure(text);
        (it.encoding.as_str(), it.length, it.segments)
    }

    #[test]
    fn texts_are_as_long_as_phones_count_them() {
        assert_eq!(seen(""), ("GSM-7", 0, 1));
        assert_eq!(seen("Your Acme code is 1234"), ("GSM-7", 22, 1));
        assert_eq!(seen("5 €"), ("GSM-7", 4, 1), "the euro sign takes an escape");
        assert_eq!(seen("^{}[]~|\\"), ("GSM-7", 16, 1));
        assert_eq!(seen("Ç"), ("GSM-7", 1, 1));
        assert_eq!(seen("ç"), ("UCS-2", 1, 1), "in lower case the alphabet does not have it");
        assert_eq!(seen("hi 😀"), ("UCS-2", 5, 1), "a pair of surrogates");
        assert_eq!(seen("e\u{301}"), ("UCS-2", 2, 1), "an accent of its own");
    }

    #[test]
    fn a_text_that_needs_several_has_less_room_in_each() {
        for (letter, encoding, only, each) in [("a", "GSM-7", 160, 153), ("я", "UCS-2", 70, 67)] {
            for (length, segments) in [
                (only, 1),
                (only + 1, 2),
                (2 * each, 2),
                (2 * each + 1, 3),
                (3 * each, 3),
                (3 * each + 1, 4),
            ] {
                assert_eq!(seen(&letter.repeat(length)), (encoding, length, segments));
            }
        }
    }

    #[test]
    fn no_escape_and_no_pair_is_cut_in_two() {
        // The escape would begin on the last septet of the first SMS.
        let text = "a".repeat(152) + "€" + &"a".repeat(151);
        assert_eq!(seen(&text), ("GSM-7", 305, 2));
        assert_eq!(seen(&(text + "a")), ("GSM-7", 306, 3), "one septet of the first is lost");
        let text = "я".repeat(66) + "😀" + &"я".repeat(65);
        assert_eq!(seen(&text), ("UCS-2", 133, 2));
        assert_eq!(seen(&(text + "я")), ("UCS-2", 134, 3));
    }

    #[test]
    fn the_first_character_that_forces_ucs2_is_named() {
        let cause = measure("It’s “€ 5”").cause.expect("a cause");
        assert_eq!((cause.character, cause.position), ('’', 3));
        assert_eq!((cause.code_point().as_str(), cause.plain()), ("U+2019", Some("'")));
        let cause = measure("hi 😀").cause.expect("a cause");
        assert_eq!((cause.code_point().as_str(), cause.plain()), ("U+1F600", None));
        assert_eq!(measure("It's € 5").cause, None);
    }

    /// Another way to count: the text as septets, the escape a septet of its own, of which the
    /// longest beginning that fits is cut off again and again.
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
        fn gsm7_is_counted_as_another_would(text in "[a-zA-Z0-9@£ÄÖ \n€^{}\\[\\]~|]{0,700}") {
            let it = measure(&text);
            prop_assert_eq!(it.encoding, Encoding::Gsm7);
            prop_assert_eq!((it.length, it.segments), model(&text));
        }

        #[test]
        fn every_length_of_plain_septets_takes_what_the_division_says(length in 0_usize..2_000) {
            let segments = if length <= 160 { 1 } else { length.div_ceil(153) };
            let it = measure(&"x".repeat(length));
            prop_assert_eq!((it.length, it.segments), (length, segments));
            let all = if length <= 160 { 160 } else { segments * 153 };
            prop_assert_eq!(it.room, all - length);
        }

        #[test]
        fn ucs2_is_as_long_as_utf16(text in pairs()) {
            let it = measure(&text);
            prop_assert_eq!(it.encoding, Encoding::Ucs2);
            prop_assert_eq!(it.length, text.encode_utf16().count());
            // At most one unit of each SMS is lost to a pair that was not cut.
            let fewest = if it.length <= 70 { 1 } else { it.length.div_ceil(67) };
            let most = if it.length <= 70 { 1 } else { it.length.div_ceil(66) };
            prop_assert!((fewest..=most).contains(&it.segments));
        }

        #[test]
        fn what_fits_into_the_room_adds_no_sms(text in "[a-z€]{0,400}") {
            let it = measure(&text);
            let full = measure(&(text.clone() + &"x".repeat(it.room)));
            prop_assert_eq!((full.segments, full.room), (it.segments, 0));
            let beyond = measure(&(text + &"x".repeat(it.room + 1)));
            prop_assert_eq!(beyond.segments, it.segments + 1);
        }
    }
}
