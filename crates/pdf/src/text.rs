//! Shapes one line of text into glyphs, from left to right, and measures its width.
//!
//! A text is split where its direction, script or font changes; each segment is shaped by itself.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;

use rustybuzz::{Direction, GlyphBuffer, Script as ShaperScript, ShapePlan, UnicodeBuffer};
use unicode_bidi::{BidiInfo, Level};
use unicode_script::{Script, UnicodeScript as _};

use crate::Length;
use crate::fonts::{FontId, Weight, is_invisible};

/// Lengths are in font units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Glyph {
    pub id: u32,
    pub advance: i32,
    pub x_offset: i32,
    pub y_offset: i32,
    /// The bytes of the text that the glyph represents. Several glyphs can represent the same bytes.
    pub bytes: Range<usize>,
}

/// Glyphs of one font, from left to right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GlyphRun {
    pub font: FontId,
    pub glyphs: Vec<Glyph>,
    pub width: Length,
}

/// One line of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShapedText {
    pub(super) text: String,
    pub(super) size: Length,
    pub(super) runs: Vec<GlyphRun>,
    pub width: Length,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    pub weight: Weight,
    pub size: Length,
}

/// Whether the base direction of `text` is right to left, as its first letter determines.
pub(super) fn is_right_to_left(text: &str) -> bool {
    !text.is_ascii() && bidi(text, None).paragraphs.first().is_some_and(|it| it.level.is_rtl())
}

fn bidi(text: &str, level: Option<Level>) -> BidiInfo<'_> {
    BidiInfo::new(text, level)
}

impl ShapedText {
    /// Shapes `text`, which is (part of) a text with the given base direction.
    pub fn shape(text: &str, style: Style, right_to_left: bool) -> Self {
        let mut runs = Vec::new();
        for (range, right_to_left) in visual_runs(text, right_to_left) {
            let mut segments = segments(text, range, style.weight);
            if right_to_left {
                segments.reverse();
            }
            let shaped =
                segments.into_iter().map(|it| shape_segment(text, it, style.size, right_to_left));
            runs.extend(shaped);
        }
        let width = runs.iter().map(|run| run.width).sum();
        Self { text: text.to_owned(), size: style.size, runs, width }
    }
}

/// The parts with one direction, in visual order, and whether each is right to left.
fn visual_runs(text: &str, right_to_left: bool) -> Vec<(Range<usize>, bool)> {
    if text.is_ascii() && !right_to_left {
        return vec![(0..text.len(), false)];
    }
    let base = if right_to_left { Level::rtl() } else { Level::ltr() };
    let info = bidi(text, Some(base));
    let Some(paragraph) = info.paragraphs.first() else { return Vec::new() };
    let (levels, runs) = info.visual_runs(paragraph, paragraph.range.clone());
    runs.into_iter().map(|run| (run.clone(), levels[run.start].is_rtl())).collect()
}

struct Segment {
    font: FontId,
    script: Script,
    range: Range<usize>,
}

/// The parts with one font and one script, in reading order.
fn segments(text: &str, range: Range<usize>, weight: Weight) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    for (at, character) in text[range.clone()].char_indices() {
        let (start, end) = (range.start + at, range.start + at + character.len_utf8());
        let script = character.script();
        let is_shared = matches!(script, Script::Common | Script::Inherited);
        if let Some(last) = segments.last_mut() {
            // Spaces, marks and signs join the segment before them if its font covers them.
            let continues = is_invisible(character)
                || (is_shared
                    && last.font.has_glyph(character)
                    && keeps_font(last.font, character, weight))
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
        segments.push(Segment { font: font_of(character, weight), script, range: start..end });
    }
    segments
}

/// Whether a shared character is set in `font`. Digits are always set in the body font, so that all digits on a
/// page look alike.
fn keeps_font(font: FontId, character: char, weight: Weight) -> bool {
    !character.is_ascii_digit() || font == FontId::body(weight)
}

fn font_of(character: char, weight: Weight) -> FontId {
    FontId::find(character, weight).unwrap_or(FontId::body(weight))
}

fn shape_segment(text: &str, segment: Segment, size: Length, right_to_left: bool) -> GlyphRun {
    let Segment { font, range, .. } = segment;
    let part = &text[range.clone()];
    let shaped = shape(part, font, right_to_left);
    let mut starts: Vec<usize> =
        shaped.glyph_infos().iter().map(|info| offset(info.cluster)).collect();
    starts.sort_unstable();
    starts.dedup();
    let end_of = |start: usize| {
        let next = starts.partition_point(|other| *other <= start);
        starts.get(next).copied().unwrap_or(part.len())
    };
    let glyphs = shaped.glyph_infos().iter().zip(shaped.glyph_positions());
    let glyphs: Vec<_> = glyphs
        .map(|(info, position)| {
            let start = offset(info.cluster);
            Glyph {
                id: info.glyph_id,
                advance: position.x_advance,
                x_offset: position.x_offset,
                y_offset: position.y_offset,
                bytes: range.start + start..range.start + end_of(start),
            }
        })
        .collect();
    let units: Length = glyphs.iter().map(|glyph| Length::from(glyph.advance)).sum();
    let width = units * size / Length::from(font.face().units_per_em());
    GlyphRun { font, glyphs, width }
}

thread_local! {
    /// Making a plan takes far longer than shaping a word with it.
    static PLANS: RefCell<HashMap<(FontId, ShaperScript, bool), ShapePlan>> = RefCell::default();
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

fn offset(cluster: u32) -> usize {
    usize::try_from(cluster).expect("an offset into a text in memory fits in usize")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STYLE: Style = Style { weight: Weight::Regular, size: 10_000 };

    fn shaped(text: &str) -> ShapedText {
        ShapedText::shape(text, STYLE, is_right_to_left(text))
    }

    /// The text in visual order.
    fn visual_order(text: &str) -> String {
        let line = shaped(text);
        let glyphs = line.runs.iter().flat_map(|run| &run.glyphs);
        let mut shown: Vec<_> = glyphs.map(|glyph| glyph.bytes.clone()).collect();
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
    fn hebrew_runs_right_to_left_and_its_digits_do_not() {
        assert_eq!(visual_order("Ada שלום 12 b"), "Ada 12 םולש b");
        assert_eq!(visual_order("שלום 12 Ada"), "Ada 12 םולש");
    }

    #[test]
    fn arabic_letters_join() {
        // The medial form of a letter is another glyph than its isolated form.
        let isolated = shaped("ه").runs[0].glyphs[0].id;
        let joined = &shaped("ههه").runs[0].glyphs;
        assert_eq!(joined.len(), 3);
        assert!(joined.iter().all(|glyph| glyph.id != isolated));
    }

    #[test]
    fn all_digits_have_the_same_width() {
        for weight in [Weight::Regular, Weight::Bold] {
            let style = Style { weight, size: 10_000 };
            let widths =
                ('0'..='9').map(|digit| ShapedText::shape(&digit.to_string(), style, false).width);
            let mut widths: Vec<_> = widths.collect();
            widths.dedup();
            assert_eq!(widths.len(), 1);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_character_is_represented_by_a_glyph(text in "[a-zא-תا-يअ-ह0-9 一-三,.()]{0,30}") {
            let line = shaped(&text);
            let mut shown: Vec<_> =
                line.runs.iter().flat_map(|run| &run.glyphs).map(|glyph| glyph.bytes.clone()).collect();
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
