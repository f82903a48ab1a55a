//! A page that is filled from above: text, rows and rules, each below the one before.

use crate::paper::canvas::{Ink, Mark};
use crate::paper::fonts::Weight;
use crate::paper::text::{Line as Text, Style};
use crate::paper::wrap::wrap;
use crate::paper::{Length, POINT};

pub(super) const MARGIN: Length = 48 * POINT;

pub(super) const BODY: Style = Style { weight: Weight::Regular, size: 8_500 };
pub(super) const STRONG: Style = Style { weight: Weight::Bold, size: 8_500 };

/// From one line of text to the next.
pub(super) const LEADING: Length = 11_500;
/// Above and below the text of a row, together.
pub(super) const PADDING: Length = 5_500;
/// From the upper edge of a line to where its letters stand.
const ASCENT: Length = 8_800;
/// A row of one line.
pub(super) const ROW: Length = LEADING + PADDING;

/// A page on its way down.
pub(super) struct Sheet {
    pub marks: Vec<Mark>,
    pub y: Length,
}

impl Sheet {
    pub fn put(&mut self, x: Length, ink: Ink, line: Text) {
        if !line.runs.is_empty() {
            self.marks.push(Mark::Text { x, baseline: self.y + ASCENT, ink, line });
        }
    }

    pub fn put_right(&mut self, right: Length, lower: Length, ink: Ink, line: Text) {
        if !line.runs.is_empty() {
            let (x, baseline) = (right - line.width, self.y + ASCENT + lower);
            self.marks.push(Mark::Text { x, baseline, ink, line });
        }
    }

    pub fn paragraph(&mut self, x: Length, width: Length, style: Style, ink: Ink, text: &str) {
        for line in wrap(text, style, width) {
            self.put(x, ink, line);
            self.y += LEADING.max(style.size * 13 / 10);
        }
    }

    /// Draws a row with its padding.
    pub fn row(&mut self, draw: impl FnOnce(&mut Self)) {
        self.y += PADDING / 2;
        draw(self);
        self.y += PADDING - PADDING / 2;
    }

    /// A rule at the present height, without room of its own.
    pub fn rule(&mut self, x: Length, width: Length, thickness: Length, ink: Ink) {
        self.marks.push(Mark::Rule { x, y: self.y - thickness, width, thickness, ink });
    }
}
