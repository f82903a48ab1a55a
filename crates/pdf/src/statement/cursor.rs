//! Fills a page from top to bottom with text, rows and rules.

use crate::fonts::Weight;
use crate::text::{ShapedText, Style};
use crate::wrap::wrap;
use crate::writer::{DrawOp, Shade};
use crate::{Length, POINT};

pub(super) const MARGIN: Length = 48 * POINT;

pub(super) const BODY: Style = Style { weight: Weight::Regular, size: 8_500 };
pub(super) const STRONG: Style = Style { weight: Weight::Bold, size: 8_500 };

/// The distance from one line of text to the next.
pub(super) const LEADING: Length = 11_500;
/// The space above and below the text of a row, in total.
pub(super) const PADDING: Length = 5_500;
/// The distance from the upper edge of a line to its baseline.
const ASCENT: Length = 8_800;
/// The height of a row with one line of text.
pub(super) const ROW: Length = LEADING + PADDING;

pub(super) struct Cursor {
    pub ops: Vec<DrawOp>,
    /// The upper edge of the next line.
    pub y: Length,
}

impl Cursor {
    /// Draws `text` on the current line, from `x` to the right.
    pub fn text(&mut self, x: Length, shade: Shade, text: ShapedText) {
        if !text.runs.is_empty() {
            self.ops.push(DrawOp::Text { x, baseline: self.y + ASCENT, shade, text });
        }
    }

    /// Draws `text` so that it ends at `right`, `lower` below the current line.
    pub fn text_right(&mut self, right: Length, lower: Length, shade: Shade, text: ShapedText) {
        if !text.runs.is_empty() {
            let (x, baseline) = (right - text.width, self.y + ASCENT + lower);
            self.ops.push(DrawOp::Text { x, baseline, shade, text });
        }
    }

    pub fn paragraph(&mut self, x: Length, width: Length, style: Style, shade: Shade, text: &str) {
        for line in wrap(text, style, width) {
            self.text(x, shade, line);
            self.y += LEADING.max(style.size * 13 / 10);
        }
    }

    /// Calls `draw` for the content of a row, between its padding.
    pub fn row(&mut self, draw: impl FnOnce(&mut Self)) {
        self.y += PADDING / 2;
        draw(self);
        self.y += PADDING - PADDING / 2;
    }

    /// Draws a rule that ends at the current height. It does not move the cursor.
    pub fn rule(&mut self, x: Length, width: Length, thickness: Length, shade: Shade) {
        self.ops.push(DrawOp::Rule { x, y: self.y - thickness, width, thickness, shade });
    }
}
