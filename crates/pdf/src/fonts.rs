//! The built-in fonts and the characters that they cover.
//!
//! Each font is compressed, and decompressed when a text first needs it. `fonts/README.md` states their origin
//! and how they were made. To add a script, add its font to that folder and to `COMPRESSED`.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::sync::OnceLock;

use flate2::read::GzDecoder;
use linerent_core::text::is_disruptive;
use rustybuzz::Face;

/// Only Latin, Greek and Cyrillic have a bold font; other scripts are always regular.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    Regular,
    Bold,
}

macro_rules! compressed {
    ($($name:literal),+ $(,)?) => {
        [$(include_bytes!(concat!("../fonts/", $name, ".ttf.gz")).as_slice()),+]
    };
}

/// In order of preference. The first two are the body fonts. The font for Han comes last, because it covers
/// many scripts, and less well.
static COMPRESSED: [&[u8]; FONT_COUNT] = compressed![
    "NotoSans-Regular",
    "NotoSans-Bold",
    "NotoSansArabic-Regular",
    "NotoSansArmenian-Regular",
    "NotoSansBengali-Regular",
    "NotoSansDevanagari-Regular",
    "NotoSansEthiopic-Regular",
    "NotoSansGeorgian-Regular",
    "NotoSansGujarati-Regular",
    "NotoSansGurmukhi-Regular",
    "NotoSansHebrew-Regular",
    "NotoSansKannada-Regular",
    "NotoSansKhmer-Regular",
    "NotoSansLao-Regular",
    "NotoSansMalayalam-Regular",
    "NotoSansMyanmar-Regular",
    "NotoSansSinhala-Regular",
    "NotoSansTamil-Regular",
    "NotoSansTelugu-Regular",
    "NotoSansThai-Regular",
    "NotoSansKR-Regular",
    "DroidSansFallbackFull",
];
const FONT_COUNT: usize = 22;

static DECOMPRESSED: [OnceLock<Vec<u8>>; FONT_COUNT] = [const { OnceLock::new() }; FONT_COUNT];
static FACES: [OnceLock<Face<'static>>; FONT_COUNT] = [const { OnceLock::new() }; FONT_COUNT];

/// An index into `COMPRESSED`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct FontId(usize);

impl FontId {
    const REGULAR: Self = Self(0);
    const BOLD: Self = Self(1);

    /// The body font of this weight.
    pub const fn body(weight: Weight) -> Self {
        match weight {
            Weight::Regular => Self::REGULAR,
            Weight::Bold => Self::BOLD,
        }
    }

    /// The decompressed font file.
    pub fn data(self) -> &'static [u8] {
        DECOMPRESSED[self.0].get_or_init(|| {
            let mut data = Vec::new();
            let result = GzDecoder::new(COMPRESSED[self.0]).read_to_end(&mut data);
            result.expect("the built-in fonts are valid: a test decompresses them all");
            data
        })
    }

    /// The parsed font.
    pub fn face(self) -> &'static Face<'static> {
        FACES[self.0].get_or_init(|| {
            Face::from_slice(self.data(), 0)
                .expect("the built-in fonts are valid: a test parses them all")
        })
    }

    pub fn has_glyph(self, character: char) -> bool {
        self.face().glyph_index(character).is_some()
    }

    /// The first font with a glyph for `character`.
    pub fn find(character: char, weight: Weight) -> Option<Self> {
        let body = Self::body(weight);
        let others = (0..FONT_COUNT).map(Self).filter(|font| *font != Self::BOLD);
        std::iter::once(body).chain(others).find(|font| font.has_glyph(character))
    }
}

/// Printed in place of a character that no font covers.
pub const UNKNOWN: char = char::REPLACEMENT_CHARACTER;

/// Replaces line breaks and control characters by spaces, and characters that no font covers by [`UNKNOWN`].
/// The latter are added to `missing`. Characters that hide or change the direction of other text are left out.
pub fn printable(text: &str, missing: &mut BTreeSet<char>) -> String {
    let replace = |character: char| match character {
        ' '..='~' => character,
        // The line and paragraph separators.
        '\u{2028}' | '\u{2029}' => ' ',
        _ if character.is_control() => ' ',
        _ if is_invisible(character) || FontId::find(character, Weight::Regular).is_some() => {
            character
        }
        _ => {
            missing.insert(character);
            UNKNOWN
        }
    };
    let is_shown = |character: &char| {
        !is_disruptive(*character)
            || character.is_control()
            || matches!(character, '\u{2028}' | '\u{2029}')
    };
    text.chars().filter(is_shown).map(replace).collect()
}

/// Whether `character` has no glyph of its own but affects its neighbours: joiners, direction marks, variation
/// selectors.
pub(super) const fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_font_is_valid_and_covers_its_script() {
        let letters = "aaبԱকअአაગਗאಕកກകကකகతกगा한中";
        let letters: Vec<char> = letters.chars().filter(|character| *character != 'ा').collect();
        for index in 0..FONT_COUNT {
            let font = FontId(index);
            assert!(font.face().units_per_em() > 0);
            assert!(
                font.has_glyph(' '),
                "font {index} has no space, which the shaper draws for joiners"
            );
            assert!(letters.iter().any(|character| font.has_glyph(*character)), "font {index}");
        }
    }

    #[test]
    fn a_character_that_no_font_covers_is_replaced_and_reported() {
        let mut missing = BTreeSet::new();
        assert_eq!(printable("Ada 🦀\u{feff}\tᏣ Ω", &mut missing), "Ada \u{fffd} \u{fffd} Ω");
        assert_eq!(missing, BTreeSet::from(['🦀', 'Ꮳ']));
        assert!(FontId::REGULAR.has_glyph(UNKNOWN) && FontId::BOLD.has_glyph(UNKNOWN));
    }

    #[test]
    fn diacritics_and_currency_signs_are_covered() {
        let mut missing = BTreeSet::new();
        let text = "ÀČĐĘĦİĶŁŃŐŘŞȚÛŴŽ ảẫệợữ ΆΈΎ ЁЇЎЏ €£¥₹₺₽₩₪ “”–—…·№™";
        assert_eq!(printable(text, &mut missing), text);
        assert_eq!(missing, BTreeSet::new());
    }
}
