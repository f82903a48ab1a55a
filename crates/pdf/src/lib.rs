//! Documents for filing and printing, as PDF.
//!
//! Pure: the same data always produce the same bytes. [`fonts`] knows which characters can be printed, `text`
//! shapes them into glyphs, `wrap` breaks a text into lines, `pagination` divides a table into pages, and
//! [`writer`] writes the PDF. Only `writer` uses floats; all other code measures in thousandths of a point.
//!
//! To add a document, add a module beside [`statement`] that lays out the [`writer::DrawOp`]s of each page.

pub mod fonts;
mod pagination;
pub mod statement;
mod text;
mod wrap;
pub mod writer;

/// Thousandths of a point; an inch has 72 points.
pub type Length = i64;

const POINT: Length = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PageSize {
    /// ISO 216: 210 by 297 mm.
    #[default]
    A4,
    /// 8.5 by 11 inches.
    Letter,
}

impl PageSize {
    pub const ALL: [Self; 2] = [Self::A4, Self::Letter];

    /// The name in the configuration.
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

/// The business that issues a document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Issuer {
    /// Empty if the configuration has none.
    pub name: String,
    /// The lines of the postal address.
    pub address: Vec<String>,
    /// The tax ID as printed, for example `VAT GB123456789`.
    pub tax_id: Option<String>,
    /// The address for questions.
    pub email: Option<String>,
    pub page_size: PageSize,
}
