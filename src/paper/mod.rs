//! Paper: documents that are filed and printed, as PDF.
//!
//! Pure: a document's data go in, its bytes come out, the same ones for the same data. It exists beside
//! the letters because a page, unlike a mail, is laid out by us: [`fonts`] knows what can be written at all,
//! `text` turns it into glyphs of a width, `pages` breaks a table over pages, `canvas` is the only place
//! that knows how a PDF is written, and the only one with floats. All else measures in thousandths of a
//! point, by integers.
//!
//! To add a document: a folder beside [`statement`] that lays its [`canvas::Mark`]s out, page by page.

pub mod canvas;
pub mod fonts;
mod pages;
pub mod statement;
mod text;
mod wrap;

/// Thousandths of a point, of which an inch has 72.
pub type Length = i64;

/// One point.
const POINT: Length = 1_000;

/// The size of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Paper {
    /// ISO 216: 210 by 297 mm.
    #[default]
    A4,
    /// 8.5 by 11 inches.
    Letter,
}

impl Paper {
    /// Every size.
    pub const ALL: [Self; 2] = [Self::A4, Self::Letter];

    /// As the configuration names it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A4 => "a4",
            Self::Letter => "letter",
        }
    }

    const fn width(self) -> Length {
        match self {
            Self::A4 => 595_276,
            Self::Letter => 612_000,
        }
    }

    const fn height(self) -> Length {
        match self {
            Self::A4 => 841_890,
            Self::Letter => 792_000,
        }
    }
}

/// Whoever issues the documents: the operator, as customers know it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Issuer {
    /// Its name; empty where it was not configured.
    pub name: String,
    /// The lines of its postal address.
    pub address: Vec<String>,
    /// Its number at the tax office, as it is to be written: `VAT GB123456789`.
    pub tax_id: Option<String>,
    /// Where questions go.
    pub email: Option<String>,
    /// What it prints on.
    pub paper: Paper,
}
