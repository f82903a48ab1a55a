//! Lays out the pages of a statement.

use std::ops::Range;

use linerent_core::money::Money;

use super::columns::{Columns, GAP};
use super::cursor::{BODY, Cursor, LEADING, MARGIN, PADDING, ROW, STRONG};
use super::format::{amount_text, count_text, decimals_of, kind_label, period_text};
use super::totals::Totals;
use super::{Row, Statement};
use crate::fonts::Weight;
use crate::pagination::{PageSpace, paginate};
use crate::text::{ShapedText, Style};
use crate::wrap::wrap;
use crate::writer::{DrawOp, Shade};
use crate::{Length, POINT};

const SMALL: Style = Style { weight: Weight::Regular, size: 7_500 };
const NAME: Style = Style { weight: Weight::Bold, size: 11_000 };
const TITLE: Style = Style { weight: Weight::Bold, size: 19_000 };

const NOTE: &str = "Negative amounts reduce the balance. Periods include their first and last day.";

/// A statement divided into pages.
pub(super) struct Layout<'a> {
    statement: &'a Statement,
    totals: &'a Totals,
    decimals: u32,
    columns: Columns,
    header: Header,
    /// The rows of each page.
    pages: Vec<Range<usize>>,
}

/// Everything above the table on the first page.
struct Header {
    ops: Vec<DrawOp>,
    /// The lower edge.
    end: Length,
}

impl<'a> Layout<'a> {
    pub fn new(statement: &'a Statement, totals: &'a Totals) -> Self {
        let decimals = decimals_of(statement);
        let columns = Columns::of(statement, decimals);
        let mut layout = Self {
            statement,
            totals,
            decimals,
            columns,
            header: Header { ops: vec![], end: 0 },
            pages: vec![],
        };
        layout.header = layout.draw_header();
        let heights: Vec<_> = statement.rows.iter().map(|row| layout.height(row)).collect();
        let bottom = layout.bottom();
        // The column names, and "Opening balance" or "Brought forward".
        let above = 2 * ROW;
        layout.pages = paginate(
            &heights,
            PageSpace {
                first: bottom - layout.header.end - above,
                later: bottom - layout.later_top() - above,
                carried: ROW,
                end: layout.end_height(),
            },
        );
        layout
    }

    pub fn page_count(&self) -> usize {
        self.pages.len()
    }

    pub fn page(&self, index: usize) -> Vec<DrawOp> {
        let rows = self.pages[index].clone();
        let mut cursor = Cursor { ops: Vec::new(), y: self.later_top() };
        let before = self.balance_before(rows.start);
        if index == 0 {
            cursor.ops.extend(self.header.ops.iter().cloned());
            cursor.y = self.header.end;
            self.draw_column_names(&mut cursor);
            self.draw_balance(&mut cursor, "Opening balance", before, true);
        } else {
            self.draw_running_header(&mut cursor);
            self.draw_column_names(&mut cursor);
            self.draw_balance(&mut cursor, "Brought forward", before, false);
        }
        for row in &self.statement.rows[rows.clone()] {
            self.draw_row(&mut cursor, row);
        }
        if index + 1 == self.pages.len() {
            self.draw_end(&mut cursor);
        } else {
            self.draw_balance(&mut cursor, "Carried forward", self.balance_before(rows.end), false);
        }
        self.draw_footer(&mut cursor, index);
        cursor.ops
    }

    fn balance_before(&self, row: usize) -> Money {
        let previous = row.checked_sub(1).and_then(|index| self.statement.rows.get(index));
        previous.map_or(self.statement.opening_balance, |row| row.balance)
    }

    fn right(&self) -> Length {
        self.statement.issuer.page_size.width() - MARGIN
    }

    /// The lower limit of the last row.
    fn bottom(&self) -> Length {
        self.statement.issuer.page_size.height() - MARGIN - 2 * LEADING
    }

    /// The upper edge of the table on all pages but the first.
    const fn later_top(&self) -> Length {
        MARGIN + 2 * LEADING
    }

    fn amount(&self, money: Money) -> String {
        amount_text(money, self.decimals)
    }

    // --- Above the table ---

    fn draw_header(&self) -> Header {
        let Statement { issuer, customer_name, customer_email, .. } = self.statement;
        let middle = MARGIN + (self.right() - MARGIN) * 54 / 100;
        let mut cursor = Cursor { ops: Vec::new(), y: MARGIN };

        let title = ShapedText::shape("Account statement", TITLE, false);
        let issuer_width = self.right() - title.width - 2 * GAP - MARGIN;
        cursor.text_right(self.right(), 8 * POINT, Shade::Black, title);
        if issuer.name.is_empty() {
            cursor.paragraph(MARGIN, issuer_width, SMALL, Shade::Grey, "Issuer not stated");
        } else {
            cursor.paragraph(MARGIN, issuer_width, NAME, Shade::Black, &issuer.name);
        }
        cursor.y += 2 * POINT;
        for line in issuer.address.iter().chain(&issuer.tax_id).chain(&issuer.email) {
            cursor.paragraph(MARGIN, issuer_width, BODY, Shade::Grey, line);
        }
        cursor.y = cursor.y.max(MARGIN + 24 * POINT) + 10 * POINT;
        cursor.rule(MARGIN, self.right() - MARGIN, 900, Shade::Black);
        cursor.y += 14 * POINT;

        let top = cursor.y;
        cursor.paragraph(MARGIN, middle - GAP - MARGIN, BODY, Shade::Grey, "Account of");
        cursor.y += 2 * POINT;
        cursor.paragraph(MARGIN, middle - GAP - MARGIN, NAME, Shade::Black, customer_name);
        cursor.y += 2 * POINT;
        cursor.paragraph(MARGIN, middle - GAP - MARGIN, BODY, Shade::Black, customer_email);
        let left_end = cursor.y;

        cursor.y = top;
        for (name, value, style) in self.summary() {
            cursor.text(middle, Shade::Grey, ShapedText::shape(name, BODY, false));
            cursor.text_right(
                self.right(),
                0,
                Shade::Black,
                ShapedText::shape(&value, style, false),
            );
            cursor.y += LEADING + 2 * POINT;
        }
        let end = left_end.max(cursor.y) + 16 * POINT;
        Header { ops: cursor.ops, end }
    }

    fn summary(&self) -> Vec<(&'static str, String, Style)> {
        let Statement { account, from, to, issued_on, opening_balance, closing_balance, .. } =
            self.statement;
        let period = match from {
            Some(from) => format!("{from} to {to}"),
            None => format!("up to {to}"),
        };
        let currency = opening_balance.currency().code();
        let money = |money: &Money| format!("{} {currency}", self.amount(*money));
        vec![
            ("Account", account.clone(), BODY),
            ("Period", period, BODY),
            ("Issued on", issued_on.to_string(), BODY),
            ("Opening balance", money(opening_balance), BODY),
            ("Closing balance", money(closing_balance), STRONG),
        ]
    }

    /// Draws everything above the table on all pages but the first.
    fn draw_running_header(&self, cursor: &mut Cursor) {
        cursor.y = MARGIN - 4 * POINT;
        let half = (self.right() - MARGIN - GAP) / 2;
        cursor.text(MARGIN, Shade::Grey, truncate(&self.statement.issuer.name, SMALL, half));
        let name = truncate(&self.statement.customer_name, SMALL, half);
        cursor.text_right(self.right(), 0, Shade::Grey, name);
        cursor.y = self.later_top();
    }

    fn draw_footer(&self, cursor: &mut Cursor, index: usize) {
        cursor.y = self.statement.issuer.page_size.height() - MARGIN - 6 * POINT;
        let left = format!("Account {}, {}", self.statement.account, self.statement.dates());
        cursor.text(MARGIN, Shade::Grey, ShapedText::shape(&left, SMALL, false));
        let page = format!("Page {} of {}", index + 1, self.pages.len());
        cursor.text_right(self.right(), 0, Shade::Grey, ShapedText::shape(&page, SMALL, false));
    }

    // --- The table ---

    fn draw_column_names(&self, cursor: &mut Cursor) {
        let Columns { date, kind, number, amount, balance, .. } = self.columns;
        let currency = self.statement.opening_balance.currency().code();
        cursor.row(|cursor| {
            cursor.text(date, Shade::Black, ShapedText::shape("Date", STRONG, false));
            cursor.text(kind, Shade::Black, ShapedText::shape("Type", STRONG, false));
            cursor.text(number, Shade::Black, ShapedText::shape("Details", STRONG, false));
            for (name, right) in [("Amount", amount), ("Balance", balance)] {
                let name = ShapedText::shape(&format!("{name} {currency}"), STRONG, false);
                cursor.text_right(right, 0, Shade::Black, name);
            }
            cursor.y += LEADING;
        });
        cursor.rule(MARGIN, self.right() - MARGIN, 700, Shade::Black);
    }

    /// Draws a row with a balance only: opening, closing, carried or brought forward.
    fn draw_balance(&self, cursor: &mut Cursor, name: &str, balance: Money, is_strong: bool) {
        let (style, shade) = if is_strong { (STRONG, Shade::Black) } else { (BODY, Shade::Grey) };
        cursor.row(|cursor| {
            cursor.text(self.columns.kind, shade, ShapedText::shape(name, style, false));
            let balance = ShapedText::shape(&self.amount(balance), style, false);
            cursor.text_right(self.columns.balance, 0, shade, balance);
            cursor.y += LEADING;
        });
        cursor.rule(MARGIN, self.right() - MARGIN, 400, Shade::Pale);
    }

    fn draw_row(&self, cursor: &mut Cursor, row: &Row) {
        let Columns { date, kind, number, period, amount, balance, .. } = self.columns;
        cursor.row(|cursor| {
            cursor.text(date, Shade::Black, ShapedText::shape(&row.on.to_string(), BODY, false));
            cursor.text(kind, Shade::Black, ShapedText::shape(&kind_label(row.kind), BODY, false));
            let top = cursor.y;
            if row.number.is_some() || row.period.is_some() {
                if let Some(it) = &row.number {
                    cursor.text(number, Shade::Black, ShapedText::shape(it, BODY, false));
                }
                if let Some(it) = row.period {
                    // Wide amounts leave no space beside the number.
                    if period == number && row.number.is_some() {
                        cursor.y += LEADING;
                    }
                    cursor.text(
                        period,
                        Shade::Black,
                        ShapedText::shape(&period_text(it), BODY, false),
                    );
                }
                cursor.y += LEADING;
            }
            for text in self.details(row) {
                cursor.text(number, Shade::Black, text);
                cursor.y += LEADING;
            }
            if !has_details(row) {
                cursor.y += LEADING;
            }
            // Drawn last, although beside the first line, so that screen readers read them last.
            let bottom = std::mem::replace(&mut cursor.y, top);
            for (money, right) in [(row.amount, amount), (row.balance, balance)] {
                let text = ShapedText::shape(&self.amount(money), BODY, false);
                cursor.text_right(right, 0, Shade::Black, text);
            }
            cursor.y = bottom;
        });
        cursor.rule(MARGIN, self.right() - MARGIN, 400, Shade::Pale);
    }

    fn height(&self, row: &Row) -> Length {
        let of_number = usize::from(row.number.is_some() || row.period.is_some());
        let is_stacked = self.columns.period == self.columns.number;
        let stacked = usize::from(is_stacked && row.number.is_some() && row.period.is_some());
        let lines = (of_number + stacked + self.details(row).len()).max(1);
        PADDING + LEADING * Length::try_from(lines).unwrap_or(Length::MAX / LEADING)
    }

    /// The lines of the reference and the reason.
    fn details(&self, row: &Row) -> Vec<ShapedText> {
        let texts = [&row.reference, &row.reason].into_iter().flatten();
        texts.flat_map(|text| wrap(text, BODY, self.columns.details_width)).collect()
    }

    // --- Below the table ---

    fn end_height(&self) -> Length {
        let rows = self.totals.by_kind.len() + 5;
        let rows = Length::try_from(rows).unwrap_or_default();
        ROW + 20 * POINT + ROW * rows + 2 * LEADING
    }

    fn draw_end(&self, cursor: &mut Cursor) {
        let Statement { opening_balance, closing_balance, rows, .. } = self.statement;
        if rows.is_empty() {
            cursor.row(|cursor| {
                let text = ShapedText::shape("No transactions in this period", BODY, false);
                cursor.text(self.columns.kind, Shade::Grey, text);
                cursor.y += LEADING;
            });
        }
        self.draw_balance(cursor, "Closing balance", *closing_balance, true);
        cursor.y += 20 * POINT;

        self.draw_total(cursor, ("Totals", "Count".to_owned(), None), STRONG);
        cursor.rule(MARGIN, self.right() - MARGIN, 700, Shade::Black);
        self.draw_total(cursor, ("Opening balance", String::new(), Some(*opening_balance)), BODY);
        for total in &self.totals.by_kind {
            let name = kind_label(total.kind);
            self.draw_total(cursor, (&name, count_text(total.count), Some(total.amount)), BODY);
        }
        let all = ("All transactions", count_text(rows.len()), Some(self.totals.sum));
        self.draw_total(cursor, all, BODY);
        cursor.rule(MARGIN, self.right() - MARGIN, 400, Shade::Pale);
        self.draw_total(cursor, ("Closing balance", String::new(), Some(*closing_balance)), STRONG);
        cursor.y += LEADING / 2;
        cursor.text(MARGIN, Shade::Grey, ShapedText::shape(NOTE, SMALL, false));
    }

    fn draw_total(
        &self,
        cursor: &mut Cursor,
        (name, count, amount): (&str, String, Option<Money>),
        style: Style,
    ) {
        cursor.row(|cursor| {
            cursor.text(MARGIN, Shade::Black, ShapedText::shape(name, style, false));
            let count = ShapedText::shape(&count, style, false);
            cursor.text_right(self.columns.number + 60 * POINT, 0, Shade::Black, count);
            if let Some(amount) = amount {
                let amount = ShapedText::shape(&self.amount(amount), style, false);
                cursor.text_right(self.columns.amount, 0, Shade::Black, amount);
            }
            cursor.y += LEADING;
        });
    }
}

const fn has_details(row: &Row) -> bool {
    row.number.is_some() || row.period.is_some() || row.reference.is_some() || row.reason.is_some()
}

/// The first line of `text`.
fn truncate(text: &str, style: Style, width: Length) -> ShapedText {
    let lines = wrap(text, style, width);
    lines.into_iter().next().unwrap_or_else(|| ShapedText::shape("", style, false))
}
