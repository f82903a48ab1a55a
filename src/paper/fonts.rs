//! The fonts that are built in, and which characters they have.
//!
//! Each is packed, and unpacked when a text first needs it. Where they come from and how they were made is
//! told in `assets/fonts/README.md`. To add a script: its font there, and a line in `PACKED`.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::sync::OnceLock;

use flate2::read::GzDecoder;
use rustybuzz::Face;

/// How heavy letters are. Only Latin, Greek and Cyrillic have bold ones; the others stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// For reading.
    Regular,
    /// For what is to be seen first.
    Bold,
}

macro_rules! packed {
    ($($name:literal),+ $(,)?) => {
        [$(include_bytes!(concat!("../../assets/fonts/", $name, ".ttf.gz")).as_slice()),+]
    };
}

/// In the order in which they are asked for a character. The first two are the body of a document. What is
/// written in Han comes last: that font has a little of everything, and less beautifully.
static PACKED: [&[u8]; FONTS] = packed![
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
const FONTS: usize = 22;

static UNPACKED: [OnceLock<Vec<u8>>; FONTS] = [const { OnceLock::new() }; FONTS];
static FACES: [OnceLock<Face<'static>>; FONTS] = [const { OnceLock::new() }; FONTS];

/// One of the fonts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct FontId(usize);

impl FontId {
    const REGULAR: Self = Self(0);
    const BOLD: Self = Self(1);

    /// The body's font.
    pub const fn of(weight: Weight) -> Self {
        match weight {
            Weight::Regular => Self::REGULAR,
            Weight::Bold => Self::BOLD,
        }
    }

    /// The font's file.
    pub fn data(self) -> &'static [u8] {
        UNPACKED[self.0].get_or_init(|| {
            let mut data = Vec::new();
            let unpacked = GzDecoder::new(PACKED[self.0]).read_to_end(&mut data);
            unpacked.expect("the built-in fonts are whole: a test unpacks them all");
            data
        })
    }

    /// The font as the shaper wants it.
    pub fn face(self) -> &'static Face<'static> {
        FACES[self.0].get_or_init(|| {
            Face::from_slice(self.data(), 0)
                .expect("the built-in fonts are fonts: a test reads them all")
        })
    }

    /// Whether the font has a glyph for `character`.
    pub fn has(self, character: char) -> bool {
        self.face().glyph_index(character).is_some()
    }

    /// The first font that has `character`.
    pub fn find(character: char, weight: Weight) -> Option<Self> {
        let body = Self::of(weight);
        let others = (0..FONTS).map(Self).filter(|font| *font != Self::BOLD);
        std::iter::once(body).chain(others).find(|font| font.has(character))
    }
}

/// What stands where a character should that no font has.
pub const UNKNOWN: char = char::REPLACEMENT_CHARACTER;

/// `text` as it can be printed: on one line, and with [`UNKNOWN`] in place of what no font has, which is
/// added to `missing`.
pub fn printable(text: &str, missing: &mut BTreeSet<char>) -> String {
    let printed = |character: char| match character {
        ' '..='~' => character,
        // They end a line, and here is but one.
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
    // A mark of byte order is none of the text, and no archive may hold it.
    text.chars().filter(|character| *character != '\u{feff}').map(printed).collect()
}

/// What says how its neighbours are written, and is not written itself: joiners, directions, variants.
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
    fn every_font_is_whole_and_has_letters_of_its_own() {
        let own = "aaبԱকअአაગਗאಕកກകကකகతกगा한中";
        let own: Vec<char> = own.chars().filter(|character| *character != 'ा').collect();
        for index in 0..FONTS {
            let font = FontId(index);
            assert!(font.face().units_per_em() > 0);
            assert!(font.has(' '), "font {index} has no space, behind which joiners hide");
            assert!(own.iter().any(|character| font.has(*character)), "font {index}");
        }
    }

    #[test]
    fn what_no_font_has_is_seen_and_told_of() {
        let mut missing = BTreeSet::new();
        assert_eq!(printable("Ada 🦀\u{feff}\tᏣ Ω", &mut missing), "Ada \u{fffd} \u{fffd} Ω");
        assert_eq!(missing, BTreeSet::from(['🦀', 'Ꮳ']));
        assert!(FontId::REGULAR.has(UNKNOWN) && FontId::BOLD.has(UNKNOWN));
    }

    #[test]
    fn one_currency_sign_and_one_diacritic_after_another() {
        let mut missing = BTreeSet::new();
        let text = "ÀČĐĘĦİĶŁŃŐŘŞȚÛŴŽ ảẫệợữ ΆΈΎ ЁЇЎЏ €£¥₹₺₽₩₪ “”–—…·№™";
        assert_eq!(printable(text, &mut missing), text);
        assert_eq!(missing, BTreeSet::new());
    }
}
