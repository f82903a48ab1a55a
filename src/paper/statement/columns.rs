//! Where the columns of a statement stand, which depends on what is in them.

use super::Statement;
use super::figures::figure;
use super::sheet::{BODY, MARGIN, STRONG};
use crate::money::Money;
use crate::paper::text::Line as Text;
use crate::paper::{Length, POINT};

/// Between columns.
pub(super) const GAP: Length = 12 * POINT;

/// The left edges of the columns of text, and the right edges of those of figures.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    pub on: Length,
    pub what: Length,
    pub number: Length,
    pub period: Length,
    /// How wide what stands below number and period may be.
    pub details: Length,
    pub amount: Length,
    pub balance: Length,
}

impl Columns {
    /// Columns as wide as their widest text.
    pub fn of(statement: &Statement, decimals: u32) -> Self {
        let width = |text: &str| Text::shape(text, BODY, false).width;
        let currency = statement.opening.currency().code();
        let widest = |figures: &mut dyn Iterator<Item = Money>, name: &str| {
            let heading = Text::shape(&format!("{name} {currency}"), STRONG, false).width;
            // All figures are of one width, so the longest text is the widest.
            let longest = figures.map(|it| figure(it, decimals)).max_by_key(String::len);
            heading.max(longest.map(|it| Text::shape(&it, STRONG, false).width).unwrap_or_default())
        };
        let ends = [statement.opening, statement.closing];
        let lines = || statement.lines.iter();
        let balance = statement.issuer.paper.width() - MARGIN;
        let balance_width = widest(&mut lines().map(|line| line.balance).chain(ends), "Balance");
        let amount = balance - balance_width - GAP;
        let amount_width = widest(&mut lines().map(|line| line.amount).chain(ends), "Amount");
        let what = MARGIN + width("2026-02-28") + GAP;
        let number = what + width("Adjustment") + GAP;
        let details = amount - amount_width - GAP - number;
        let longest = lines().filter_map(|line| line.number.as_deref()).max_by_key(|it| it.len());
        let beside = number + longest.map(width).unwrap_or_default() + GAP;
        let has_room = beside + width("2026-02-28 to 2026-03-27") <= number + details;
        let period = if has_room { beside } else { number };
        Self { on: MARGIN, what, number, period, details, amount, balance }
    }
}
