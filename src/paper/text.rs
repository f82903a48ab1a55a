//! One line of text as glyphs, from left to right, with its width.
//!
//! A text is cut where its direction, its script or its font changes, and each piece is shaped by itself.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;

use rustybuzz::{Direction, GlyphBuffer, Script as Shaped, ShapePlan, UnicodeBuffer};
use unicode_bidi::{BidiInfo, Level};
use unicode_script::{Script, UnicodeScript as _};

use super::Length;
use super::fonts::{FontId, Weight, is_invisible};

/// One glyph; lengths are in units of the font.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Glyph {
    pub id: u32,
    pub advance: i32,
    pub x_offset: i32,
    pub y_offset: i32,
    /// Which bytes of the line it shows, together with others perhaps.
    pub shows: Range<usize>,
}

/// Glyphs of one font, from left to right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub font: FontId,
    pub glyphs: Vec<Glyph>,
    pub width: Length,
}

/// A text of one size on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub(super) text: String,
    pub(super) size: Length,
    pub(super) runs: Vec<Run>,
    /// How far it goes.
    pub width: Length,
}

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// How heavy.
    pub weight: Weight,
    /// How large.
    pub size: Length,
}

/// Whether a text as a whole runs from right to left: its first letter says so.
pub(super) fn is_right_to_left(text: &str) -> bool {
    !text.is_ascii() && bidi(text, None).paragraphs.first().is_some_and(|it| it.level.is_rtl())
}

fn bidi(text: &str, level: Option<Level>) -> BidiInfo<'_> {
    BidiInfo::new(text, level)
}

impl Line {
    /// Shapes `text`, a part of a text of the direction that is given.
    pub fn shape(text: &str, style: Style, right_to_left: bool) -> Self {
        let mut runs = Vec::new();
        for (range, right_to_left) in directions(text, right_to_left) {
            let mut pieces = pieces(text, range, style.weight);
            if right_to_left {
                pieces.reverse();
            }
            let shaped =
                pieces.into_iter().map(|piece| run(text, piece, style.size, right_to_left));
            runs.extend(shaped);
        }
        let width = runs.iter().map(|run| run.width).sum();
        Self { text: text.to_owned(), size: style.size, runs, width }
    }
}

/// What runs in one direction, and whether that is from right to left, as it is seen from left to right.
fn directions(text: &str, right_to_left: bool) -> Vec<(Range<usize>, bool)> {
    if text.is_ascii() && !right_to_left {
        return vec![(0..text.len(), false)];
    }
    let base = if right_to_left { Level::rtl() } else { Level::ltr() };
    let info = bidi(text, Some(base));
    let Some(paragraph) = info.paragraphs.first() else { return Vec::new() };
    let (levels, runs) = info.visual_runs(paragraph, paragraph.range.clone());
    runs.into_iter().map(|run| (run.clone(), levels[run.start].is_rtl())).collect()
}

struct Piece {
    font: FontId,
    script: Script,
    range: Range<usize>,
}

/// The parts of one font and one script, in the order of reading.
fn pieces(text: &str, range: Range<usize>, weight: Weight) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for (at, character) in text[range.clone()].char_indices() {
        let (start, end) = (range.start + at, range.start + at + character.len_utf8());
        let script = character.script();
        let is_shared = matches!(script, Script::Common | Script::Inherited);
        if let Some(last) = pieces.last_mut() {
            // Spaces, marks and signs go with what is before them, if its font has them.
            let continues = is_invisible(character)
                || (is_shared && last.font.has(character) && keeps(last.font, character, weight))
                || (!is_shared
                    && (script == last.script || last.script == Script::Common)
                    && font_of(character, weight) == last.font);
            if continues {
                last.range.end = end;
                if !is_shared {
                    last.script = script;
                }
                continue;
            }
        }
        let script = if is_shared { Script::Common } else { script };
        pieces.push(Piece { font: font_of(character, weight), script, range: start..end });
    }
    pieces
}

/// Whether a shared character stays in the font of what is before it: digits are the body's own, so that
/// all figures of a page look alike.
fn keeps(font: FontId, character: char, weight: Weight) -> bool {
    !character.is_ascii_digit() || font == FontId::of(weight)
}

fn font_of(character: char, weight: Weight) -> FontId {
    FontId::find(character, weight).unwrap_or(FontId::of(weight))
}

fn run(text: &str, piece: Piece, size: Length, right_to_left: bool) -> Run {
    let Piece { font, range, .. } = piece;
    let part = &text[range.clone()];
    let shaped = shape(part, font, right_to_left);
    let mut starts: Vec<usize> = shaped.glyph_infos().iter().map(|info| at(info.cluster)).collect();
    starts.sort_unstable();
    starts.dedup();
    let end_of = |start: usize| {
        let next = starts.partition_point(|other| *other <= start);
        starts.get(next).copied().unwrap_or(part.len())
    };
    let glyphs = shaped.glyph_infos().iter().zip(shaped.glyph_positions());
    let glyphs: Vec<_> = glyphs
        .map(|(info, position)| {
            let start = at(info.cluster);
            Glyph {
                id: info.glyph_id,
                advance: position.x_advance,
                x_offset: position.x_offset,
                y_offset: position.y_offset,
                shows: range.start + start..range.start + end_of(start),
            }
        })
        .collect();
    let units: Length = glyphs.iter().map(|glyph| Length::from(glyph.advance)).sum();
    let width = units * size / Length::from(font.face().units_per_em());
    Run { font, glyphs, width }
}

thread_local! {
    /// How a font writes a script: to work it out takes far longer than to shape a word by it.
    static PLANS: RefCell<HashMap<(FontId, Shaped, bool), ShapePlan>> = RefCell::default();
}

fn shape(text: &str, font: FontId, right_to_left: bool) -> GlyphBuffer {
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(text);
    buffer.guess_segment_properties();
    let direction = if right_to_left { Direction::RightToLeft } else { Direction::LeftToRight };
    buffer.set_direction(direction);
    let script = buffer.script();
    PLANS.with_borrow_mut(|plans| {
        let plan = || ShapePlan::new(font.face(), direction, Some(script), None, &[]);
        let plan = plans.entry((font, script, right_to_left)).or_insert_with(plan);
        rustybuzz::shape_with_plan(font.face(), plan, buffer)
    })
}

/// A place in a text of at most a few hundred bytes.
fn at(cluster: u32) -> usize {
    usize::try_from(cluster).expect("a text fits in memory")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STYLE: Style = Style { weight: Weight::Regular, size: 10_000 };

    fn shaped(text: &str) -> Line {
        Line::shape(text, STYLE, is_right_to_left(text))
    }

    /// The text in the order in which it is drawn.
    fn drawn(text: &str) -> String {
        let line = shaped(text);
        let glyphs = line.runs.iter().flat_map(|run| &run.glyphs);
        let mut shown: Vec<_> = glyphs.map(|glyph| glyph.shows.clone()).collect();
        shown.dedup();
        shown.into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn no_glyph_is_missing_in_any_script() {
        for text in [
            "Zażółć gęślą jaźń, Đặng Thị Ngọc Ánh",
            "Ελληνική Τηλεφωνία ΑΕ",
            "ООО «Ёлка и Щука», Київ",
            "شركة الاتصالات السعودية ٢٠٢٦",
            "חברת הטלפונים בע\"מ",
            "საქართველოს ტელეკომი",
            "Հայաստանի հեռախոս",
            "भारतीय दूरसंचार क्षेत्र",
            "บริษัท โทรศัพท์ไทย จำกัด",
            "中国电信股份有限公司 臺灣",
            "株式会社テレホン・カーサービス",
            "한국전화 주식회사",
            "বাংলা தமிழ் తెలుగు ಕನ್ನಡ മലയാളം සිංහල ગુજરાતી ਪੰਜਾਬੀ ລາວ ភាសាខ្មែរ မြန်မာ አማርኛ",
            "क\u{94d}\u{200d}ष e\u{301} a\u{200b}b",
        ] {
            let line = shaped(text);
            assert!(
                line.runs.iter().flat_map(|run| &run.glyphs).all(|glyph| glyph.id != 0),
                "{text}"
            );
            assert!(line.width > 0);
        }
    }

    #[test]
    fn arabic_and_hebrew_run_from_right_to_left_and_figures_in_them_do_not() {
        assert_eq!(drawn("Ada שלום 12 b"), "Ada 12 םולש b");
        assert_eq!(drawn("שלום 12 Ada"), "Ada 12 םולש");
    }

    #[test]
    fn arabic_letters_join() {
        // The middle form of a letter is not the glyph of the letter alone.
        let alone = shaped("ه").runs[0].glyphs[0].id;
        let joined = &shaped("ههه").runs[0].glyphs;
        assert_eq!(joined.len(), 3);
        assert!(joined.iter().all(|glyph| glyph.id != alone));
    }

    #[test]
    fn figures_are_of_one_width_so_that_columns_of_them_line_up() {
        for weight in [Weight::Regular, Weight::Bold] {
            let style = Style { weight, size: 10_000 };
            let widths =
                ('0'..='9').map(|digit| Line::shape(&digit.to_string(), style, false).width);
            let mut widths: Vec<_> = widths.collect();
            widths.dedup();
            assert_eq!(widths.len(), 1);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_character_of_any_text_is_shown(text in "[a-zא-תا-يअ-ह0-9 一-三,.()]{0,30}") {
            let line = shaped(&text);
            let mut shown: Vec<_> =
                line.runs.iter().flat_map(|run| &run.glyphs).map(|glyph| glyph.shows.clone()).collect();
            shown.sort_by_key(|range| range.start);
            shown.dedup();
            let mut end = 0;
            for range in shown {
                prop_assert_eq!(range.start, end);
                end = range.end;
            }
            prop_assert_eq!(end, text.len());
        }
    }
}
