//! Writes pages of drawing operations as a PDF. The only module that uses floats; amounts of money arrive here
//! as text.
//!
//! Documents conform to PDF/A-2u: fonts are embedded, and text can be searched and copied.
#![expect(
    clippy::float_arithmetic,
    reason = "PDF coordinates are floats; amounts of money are text by now"
)]

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use krilla::color::rgb;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime as PdfDate, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::{Location, Surface};
use krilla::text::{Font, GlyphId};
use krilla::{Document, SerializeSettings};
use thiserror::Error;

use crate::fonts::FontId;
use crate::text::{Glyph, GlyphRun, ShapedText};
use crate::{Length, PageSize};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shade {
    Black,
    Grey,
    /// For rules between rows.
    Pale,
}

/// Coordinates are measured from the top left corner of the page.
#[derive(Debug, Clone)]
pub enum DrawOp {
    Text {
        x: Length,
        baseline: Length,
        shade: Shade,
        text: ShapedText,
    },
    /// A horizontal rule; `y` is its upper edge.
    Rule {
        x: Length,
        y: Length,
        width: Length,
        thickness: Length,
        shade: Shade,
    },
}

#[derive(Debug, Clone)]
pub struct DocumentInfo {
    pub title: String,
    /// Empty if unknown.
    pub author: String,
    pub created_at: DateTime<Utc>,
}

/// An error of the PDF library, which only a bug can cause.
#[derive(Debug, Error)]
#[error("cannot write the PDF: {0}")]
pub struct PdfError(String);

pub struct PdfWriter {
    document: Document,
    fonts: BTreeMap<FontId, Font>,
    page_size: PageSize,
}

impl PdfWriter {
    pub fn new(page_size: PageSize, info: &DocumentInfo) -> Result<Self, PdfError> {
        let configuration = ConfigurationBuilder::new().with_archival_validator(Archival::A2_U);
        let configuration = configuration.finish();
        let settings = SerializeSettings {
            configuration: configuration.map_err(|error| PdfError(format!("{error:?}")))?,
            ..SerializeSettings::default()
        };
        let mut document = Document::new_with(settings);
        let metadata = Metadata::new()
            .title(info.title.clone())
            .language("en".to_owned())
            .creator("linerent".to_owned())
            .creation_date(date_of(info.created_at));
        let authors = Some(info.author.clone()).filter(|author| !author.is_empty());
        document.set_metadata(metadata.authors(authors.into_iter().collect()));
        Ok(Self { document, fonts: BTreeMap::new(), page_size })
    }

    pub fn add_page(&mut self, ops: &[DrawOp]) -> Result<(), PdfError> {
        let (width, height) = (points(self.page_size.width()), points(self.page_size.height()));
        let settings = PageSettings::from_wh(width, height);
        let settings = settings.ok_or_else(|| PdfError("the page size is invalid".to_owned()))?;
        let mut page = self.document.start_page_with(settings);
        let mut surface = page.surface();
        for op in ops {
            match op {
                DrawOp::Text { x, baseline, shade, text } => {
                    surface.set_fill(Some(fill(*shade)));
                    draw_text(&mut surface, &mut self.fonts, (*x, *baseline), text)?;
                }
                DrawOp::Rule { x, y, width, thickness, shade } => {
                    surface.set_fill(Some(fill(*shade)));
                    let corner = (points(*x), points(*y));
                    let size = (points(*width), points(*thickness));
                    let mut path = PathBuilder::new();
                    if let Some(rectangle) = Rect::from_xywh(corner.0, corner.1, size.0, size.1) {
                        path.push_rect(rectangle);
                    }
                    if let Some(path) = path.finish() {
                        surface.draw_path(&path);
                    }
                }
            }
        }
        surface.finish();
        page.finish();
        Ok(())
    }

    /// Returns the bytes of the file.
    pub fn finish(self) -> Result<Vec<u8>, PdfError> {
        self.document.finish().map_err(|error| PdfError(format!("{error:?}")))
    }
}

fn draw_text(
    surface: &mut Surface<'_>,
    fonts: &mut BTreeMap<FontId, Font>,
    (x, baseline): (Length, Length),
    text: &ShapedText,
) -> Result<(), PdfError> {
    let mut x = x;
    for GlyphRun { font: id, glyphs, width } in &text.runs {
        let font = match fonts.get(id) {
            Some(font) => font.clone(),
            None => {
                let font = Font::new(id.data().into(), 0);
                let font = font.ok_or_else(|| PdfError("a font is invalid".to_owned()))?;
                fonts.insert(*id, font.clone());
                font
            }
        };
        let units_per_em = font.units_per_em();
        let glyphs: Vec<_> =
            glyphs.iter().map(|glyph| ScaledGlyph { glyph, units_per_em }).collect();
        let start = Point::from_xy(points(x), points(baseline));
        surface.draw_glyphs(start, &glyphs, font, &text.text, points(text.size), false);
        x += width;
    }
    Ok(())
}

/// Implements the PDF library's trait for a [`Glyph`].
struct ScaledGlyph<'a> {
    glyph: &'a Glyph,
    units_per_em: f32,
}

impl ScaledGlyph<'_> {
    fn scaled(&self, units: i32, size: f32) -> f32 {
        units as f32 / self.units_per_em * size
    }
}

impl krilla::text::Glyph for ScaledGlyph<'_> {
    fn glyph_id(&self) -> GlyphId {
        GlyphId::new(self.glyph.id)
    }

    fn text_range(&self) -> Range<usize> {
        self.glyph.bytes.clone()
    }

    fn x_advance(&self, size: f32) -> f32 {
        self.scaled(self.glyph.advance, size)
    }

    fn x_offset(&self, size: f32) -> f32 {
        self.scaled(self.glyph.x_offset, size)
    }

    fn y_offset(&self, size: f32) -> f32 {
        self.scaled(self.glyph.y_offset, size)
    }

    fn y_advance(&self, _size: f32) -> f32 {
        0.0
    }

    fn location(&self) -> Option<Location> {
        None
    }
}

fn points(length: Length) -> f32 {
    length as f32 / 1_000.0
}

fn fill(shade: Shade) -> Fill {
    let level = match shade {
        Shade::Black => 0x11,
        Shade::Grey => 0x66,
        Shade::Pale => 0xd8,
    };
    let paint = rgb::Color::new(level, level, level).into();
    Fill { paint, opacity: NormalizedF32::ONE, rule: FillRule::NonZero }
}

fn date_of(at: DateTime<Utc>) -> PdfDate {
    let part = |number: u32| u8::try_from(number).unwrap_or_default();
    PdfDate::new(u16::try_from(at.year()).unwrap_or_default())
        .month(part(at.month()))
        .day(part(at.day()))
        .hour(part(at.hour()))
        .minute(part(at.minute()))
        .second(part(at.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}
