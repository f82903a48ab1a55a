//! The edge to the PDF library: marks go in, bytes come out. The only place with floats, and no money ever
//! comes here as anything but text.
//!
//! Documents are PDF/A-2u: they hold all that they need to look the same in ten years, and their text can be
//! searched and copied.
#![expect(
    clippy::float_arithmetic,
    reason = "a PDF is written in floats of points; money is text by now"
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

use super::fonts::FontId;
use super::text::{Glyph, Line, Run};
use super::{Length, Paper};

/// How dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// For what is read.
    Black,
    /// For what is beside it.
    Grey,
    /// For rules between rows.
    Pale,
}

/// Something on a page; from its top left corner.
#[derive(Debug, Clone)]
pub enum Mark {
    /// Text.
    Text {
        /// Where it begins.
        x: Length,
        /// On what it stands.
        baseline: Length,
        /// How dark it is.
        ink: Ink,
        /// What it says.
        line: Line,
    },
    /// A rule from left to right.
    Rule {
        /// Where it begins.
        x: Length,
        /// Its upper edge.
        y: Length,
        /// How long it is.
        width: Length,
        /// How thick.
        thickness: Length,
        /// How dark.
        ink: Ink,
    },
}

/// What a document says of itself.
#[derive(Debug, Clone)]
pub struct About {
    /// What it is.
    pub title: String,
    /// Who issued it.
    pub author: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Why a document could not be written; a bug.
#[derive(Debug, Error)]
#[error("the PDF cannot be written: {0}")]
pub struct CanvasError(String);

/// A document on its way.
pub struct Canvas {
    document: Document,
    fonts: BTreeMap<FontId, Font>,
    paper: Paper,
}

impl Canvas {
    /// A document without pages.
    ///
    /// # Errors
    /// [`CanvasError`].
    pub fn new(paper: Paper, about: &About) -> Result<Self, CanvasError> {
        let configuration = ConfigurationBuilder::new().with_archival_validator(Archival::A2_U);
        let configuration = configuration.finish();
        let settings = SerializeSettings {
            configuration: configuration.map_err(|error| CanvasError(format!("{error:?}")))?,
            ..SerializeSettings::default()
        };
        let mut document = Document::new_with(settings);
        let metadata = Metadata::new()
            .title(about.title.clone())
            .language("en".to_owned())
            .creator("linerent".to_owned())
            .creation_date(date_of(about.at));
        let authors = Some(about.author.clone()).filter(|author| !author.is_empty());
        document.set_metadata(metadata.authors(authors.into_iter().collect()));
        Ok(Self { document, fonts: BTreeMap::new(), paper })
    }

    /// Adds a page.
    ///
    /// # Errors
    /// [`CanvasError`].
    pub fn page(&mut self, marks: &[Mark]) -> Result<(), CanvasError> {
        let (width, height) = (points(self.paper.width()), points(self.paper.height()));
        let settings = PageSettings::from_wh(width, height);
        let settings = settings.ok_or_else(|| CanvasError("its pages have no size".to_owned()))?;
        let mut page = self.document.start_page_with(settings);
        let mut surface = page.surface();
        for mark in marks {
            match mark {
                Mark::Text { x, baseline, ink, line } => {
                    surface.set_fill(Some(fill(*ink)));
                    text(&mut surface, &mut self.fonts, (*x, *baseline), line)?;
                }
                Mark::Rule { x, y, width, thickness, ink } => {
                    surface.set_fill(Some(fill(*ink)));
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

    /// The document as a file.
    ///
    /// # Errors
    /// [`CanvasError`].
    pub fn finish(self) -> Result<Vec<u8>, CanvasError> {
        self.document.finish().map_err(|error| CanvasError(format!("{error:?}")))
    }
}

fn text(
    surface: &mut Surface<'_>,
    fonts: &mut BTreeMap<FontId, Font>,
    (x, baseline): (Length, Length),
    line: &Line,
) -> Result<(), CanvasError> {
    let mut x = x;
    for Run { font: id, glyphs, width } in &line.runs {
        let font = match fonts.get(id) {
            Some(font) => font.clone(),
            None => {
                let font = Font::new(id.data().into(), 0);
                let font = font.ok_or_else(|| CanvasError("a font cannot be read".to_owned()))?;
                fonts.insert(*id, font.clone());
                font
            }
        };
        let units_per_em = font.units_per_em();
        let glyphs: Vec<_> = glyphs.iter().map(|glyph| Drawn { glyph, units_per_em }).collect();
        let start = Point::from_xy(points(x), points(baseline));
        surface.draw_glyphs(start, &glyphs, font, &line.text, points(line.size), false);
        x += width;
    }
    Ok(())
}

/// A glyph as the library asks for it.
struct Drawn<'a> {
    glyph: &'a Glyph,
    units_per_em: f32,
}

impl Drawn<'_> {
    fn scaled(&self, units: i32, size: f32) -> f32 {
        units as f32 / self.units_per_em * size
    }
}

impl krilla::text::Glyph for Drawn<'_> {
    fn glyph_id(&self) -> GlyphId {
        GlyphId::new(self.glyph.id)
    }

    fn text_range(&self) -> Range<usize> {
        self.glyph.shows.clone()
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

fn fill(ink: Ink) -> Fill {
    let shade = match ink {
        Ink::Black => 0x11,
        Ink::Grey => 0x66,
        Ink::Pale => 0xd8,
    };
    let paint = rgb::Color::new(shade, shade, shade).into();
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
