//! The positions of the columns, which depend on their content.

use linerent_core::money::Money;

use super::Statement;
use super::cursor::{BODY, MARGIN, STRONG};
use super::format::{amount_text, kind_label};
use crate::text::ShapedText;
use crate::{Length, POINT};

/// The space between columns.
pub(super) const GAP: Length = 12 * POINT;

/// The left edges of the text columns, and the right edges of the amount columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    pub date: Length,
    pub kind: Length,
    pub number: Length,
    pub period: Length,
    /// The width of number, period, reference and reason together.
    pub details_width: Length,
    pub amount: Length,
    pub balance: Length,
}

impl Columns {
    /// Makes each column as wide as its widest text.
    pub fn of(statement: &Statement, decimals: u32) -> Self {
        let width = |text: &str| ShapedText::shape(text, BODY, false).width;
        let strong_width = |text: &str| ShapedText::shape(text, STRONG, false).width;
        let currency = statement.opening_balance.currency().code();
        let widest = |amounts: &mut dyn Iterator<Item = Money>, name: &str| {
            // All digits have the same width, so the longest text is the widest.
            let longest = amounts.map(|it| amount_text(it, decimals)).max_by_key(String::len);
            let longest = longest.map(|it| strong_width(&it)).unwrap_or_default();
            strong_width(&format!("{name} {currency}")).max(longest)
        };
        let ends = [statement.opening_balance, statement.closing_balance];
        let rows = || statement.rows.iter();
        let balance = statement.issuer.page_size.width() - MARGIN;
        let balance_width = widest(&mut rows().map(|row| row.balance).chain(ends), "Balance");
        let amount = balance - balance_width - GAP;
        let amount_width = widest(&mut rows().map(|row| row.amount).chain(ends), "Amount");
        let kind = MARGIN + width("2026-02-28") + GAP;
        let kind_widths = statement.kinds.iter().map(|it| width(&kind_label(it)));
        let number = kind + kind_widths.max().unwrap_or_default() + GAP;
        let details_width = amount - amount_width - GAP - number;
        let longest = rows().filter_map(|row| row.number.as_deref()).max_by_key(|it| it.len());
        let beside = number + longest.map(width).unwrap_or_default() + GAP;
        let fits = beside + width("2026-02-28 to 2026-03-27") <= number + details_width;
        let period = if fits { beside } else { number };
        Self { date: MARGIN, kind, number, period, details_width, amount, balance }
    }
}
