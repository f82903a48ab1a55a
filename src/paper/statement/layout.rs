//! Where everything stands on the pages of a statement.

use std::ops::Range;

use super::check::Totals;
use super::columns::{Columns, GAP};
use super::figures::{count, days, decimals_of, figure, label};
use super::sheet::{BODY, LEADING, MARGIN, PADDING, ROW, STRONG, Sheet};
use super::{Line, Statement};
use crate::money::Money;
use crate::paper::canvas::{Ink, Mark};
use crate::paper::fonts::Weight;
use crate::paper::pages::{Room, paginate};
use crate::paper::text::{Line as Text, Style};
use crate::paper::wrap::wrap;
use crate::paper::{Length, POINT};

const SMALL: Style = Style { weight: Weight::Regular, size: 7_500 };
const NAME: Style = Style { weight: Weight::Bold, size: 11_000 };
const TITLE: Style = Style { weight: Weight::Bold, size: 19_000 };

/// How to read it.
const NOTE: &str = "A minus takes from the balance. A period includes its first and its last day.";

/// A statement, measured.
pub(super) struct Layout<'a> {
    statement: &'a Statement,
    totals: &'a Totals,
    decimals: u32,
    columns: Columns,
    head: Head,
    pages: Vec<Range<usize>>,
}

/// What stands above the table on the first page.
struct Head {
    marks: Vec<Mark>,
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
            head: Head { marks: vec![], end: 0 },
            pages: vec![],
        };
        layout.head = layout.draw_head();
        let heights: Vec<_> = statement.lines.iter().map(|line| layout.height(line)).collect();
        let bottom = layout.bottom();
        // The heading of the table and the opening balance, or what was brought forward.
        let above = 2 * ROW;
        layout.pages = paginate(
            &heights,
            Room {
                first: bottom - layout.head.end - above,
                later: bottom - layout.later_top() - above,
                carried: ROW,
                end: layout.end_height(),
            },
        );
        layout
    }

    pub fn pages(&self) -> usize {
        self.pages.len()
    }

    /// What stands on the `index`-th page.
    pub fn page(&self, index: usize) -> Vec<Mark> {
        let rows = self.pages[index].clone();
        let mut sheet = Sheet { marks: Vec::new(), y: self.later_top() };
        let before = self.balance_before(rows.start);
        if index == 0 {
            sheet.marks.extend(self.head.marks.iter().cloned());
            sheet.y = self.head.end;
            self.draw_heading(&mut sheet);
            self.draw_balance(&mut sheet, "Opening balance", before, true);
        } else {
            self.draw_running_head(&mut sheet);
            self.draw_heading(&mut sheet);
            self.draw_balance(&mut sheet, "Brought forward", before, false);
        }
        for line in &self.statement.lines[rows.clone()] {
            self.draw_row(&mut sheet, line);
        }
        if index + 1 == self.pages.len() {
            self.draw_end(&mut sheet);
        } else {
            self.draw_balance(&mut sheet, "Carried forward", self.balance_before(rows.end), false);
        }
        self.draw_foot(&mut sheet, index);
        sheet.marks
    }

    fn balance_before(&self, row: usize) -> Money {
        let last = row.checked_sub(1).and_then(|last| self.statement.lines.get(last));
        last.map_or(self.statement.opening, |line| line.balance)
    }

    fn right(&self) -> Length {
        self.statement.issuer.paper.width() - MARGIN
    }

    /// Where the last row may end.
    fn bottom(&self) -> Length {
        self.statement.issuer.paper.height() - MARGIN - 2 * LEADING
    }

    /// Where the table begins on all pages but the first.
    const fn later_top(&self) -> Length {
        MARGIN + 2 * LEADING
    }

    fn figure(&self, money: Money) -> String {
        figure(money, self.decimals)
    }

    // --- Above the table ---

    fn draw_head(&self) -> Head {
        let Statement { issuer, name, key, email, .. } = self.statement;
        let middle = MARGIN + (self.right() - MARGIN) * 54 / 100;
        let mut sheet = Sheet { marks: Vec::new(), y: MARGIN };

        let title = Text::shape("Account statement", TITLE, false);
        let issuer_width = self.right() - title.width - 2 * GAP - MARGIN;
        sheet.put_right(self.right(), 8 * POINT, Ink::Black, title);
        if issuer.name.is_empty() {
            // Whoever files it shall see that something is missing, not guess.
            sheet.paragraph(MARGIN, issuer_width, SMALL, Ink::Grey, "Issuer not stated");
        } else {
            sheet.paragraph(MARGIN, issuer_width, NAME, Ink::Black, &issuer.name);
        }
        sheet.y += 2 * POINT;
        for line in issuer.address.iter().chain(&issuer.tax_id).chain(&issuer.email) {
            sheet.paragraph(MARGIN, issuer_width, BODY, Ink::Grey, line);
        }
        sheet.y = sheet.y.max(MARGIN + 24 * POINT) + 10 * POINT;
        sheet.rule(MARGIN, self.right() - MARGIN, 900, Ink::Black);
        sheet.y += 14 * POINT;

        let top = sheet.y;
        sheet.paragraph(MARGIN, middle - GAP - MARGIN, BODY, Ink::Grey, "Account of");
        sheet.y += 2 * POINT;
        sheet.paragraph(MARGIN, middle - GAP - MARGIN, NAME, Ink::Black, name);
        sheet.y += 2 * POINT;
        sheet.paragraph(MARGIN, middle - GAP - MARGIN, BODY, Ink::Black, email);
        let left_end = sheet.y;

        sheet.y = top;
        for (name, value, style) in self.facts(key) {
            sheet.put(middle, Ink::Grey, Text::shape(name, BODY, false));
            sheet.put_right(self.right(), 0, Ink::Black, Text::shape(&value, style, false));
            sheet.y += LEADING + 2 * POINT;
        }
        let end = left_end.max(sheet.y) + 16 * POINT;
        Head { marks: sheet.marks, end }
    }

    fn facts(&self, key: &str) -> Vec<(&'static str, String, Style)> {
        let Statement { from, to, on, opening, closing, .. } = self.statement;
        let period = match from {
            Some(from) => format!("{from} to {to}"),
            None => format!("from the beginning to {to}"),
        };
        let currency = opening.currency().code();
        let money = |money: &Money| format!("{} {currency}", self.figure(*money));
        vec![
            ("Account", key.to_owned(), BODY),
            ("Period", period, BODY),
            ("Issued on", on.to_string(), BODY),
            ("Opening balance", money(opening), BODY),
            ("Closing balance", money(closing), STRONG),
        ]
    }

    /// What stands above the table on all pages but the first.
    fn draw_running_head(&self, sheet: &mut Sheet) {
        sheet.y = MARGIN - 4 * POINT;
        let half = (self.right() - MARGIN - GAP) / 2;
        sheet.put(MARGIN, Ink::Grey, cut(&self.statement.issuer.name, SMALL, half));
        let name = cut(&self.statement.name, SMALL, half);
        sheet.put_right(self.right(), 0, Ink::Grey, name);
        sheet.y = self.later_top();
    }

    fn draw_foot(&self, sheet: &mut Sheet, index: usize) {
        sheet.y = self.statement.issuer.paper.height() - MARGIN - 6 * POINT;
        let what = format!("Account {}, {}", self.statement.key, self.statement.dates());
        sheet.put(MARGIN, Ink::Grey, Text::shape(&what, SMALL, false));
        let page = format!("Page {} of {}", index + 1, self.pages.len());
        sheet.put_right(self.right(), 0, Ink::Grey, Text::shape(&page, SMALL, false));
    }

    // --- The table ---

    fn draw_heading(&self, sheet: &mut Sheet) {
        let Columns { on, what, number, amount, balance, .. } = self.columns;
        let currency = self.statement.opening.currency().code();
        sheet.row(|sheet| {
            sheet.put(on, Ink::Black, Text::shape("Date", STRONG, false));
            sheet.put(what, Ink::Black, Text::shape("Kind", STRONG, false));
            let details = "Number and period, or reference";
            sheet.put(number, Ink::Black, Text::shape(details, STRONG, false));
            for (name, right) in [("Amount", amount), ("Balance", balance)] {
                let name = Text::shape(&format!("{name} {currency}"), STRONG, false);
                sheet.put_right(right, 0, Ink::Black, name);
            }
            sheet.y += LEADING;
        });
        sheet.rule(MARGIN, self.right() - MARGIN, 700, Ink::Black);
    }

    /// A balance that no line made: the first, the last, or between two pages.
    fn draw_balance(&self, sheet: &mut Sheet, name: &str, balance: Money, is_strong: bool) {
        let (style, ink) = if is_strong { (STRONG, Ink::Black) } else { (BODY, Ink::Grey) };
        sheet.row(|sheet| {
            sheet.put(self.columns.what, ink, Text::shape(name, style, false));
            let balance = Text::shape(&self.figure(balance), style, false);
            sheet.put_right(self.columns.balance, 0, ink, balance);
            sheet.y += LEADING;
        });
        sheet.rule(MARGIN, self.right() - MARGIN, 400, Ink::Pale);
    }

    fn draw_row(&self, sheet: &mut Sheet, line: &Line) {
        let Columns { on, what, number, period, amount, balance, .. } = self.columns;
        sheet.row(|sheet| {
            sheet.put(on, Ink::Black, Text::shape(&line.on.to_string(), BODY, false));
            sheet.put(what, Ink::Black, Text::shape(&label(line.code), BODY, false));
            let top = sheet.y;
            if line.number.is_some() || line.period.is_some() {
                if let Some(it) = &line.number {
                    sheet.put(number, Ink::Black, Text::shape(it, BODY, false));
                }
                if let Some(it) = line.period {
                    // Huge amounts leave no room beside the number.
                    if period == number && line.number.is_some() {
                        sheet.y += LEADING;
                    }
                    sheet.put(period, Ink::Black, Text::shape(&days(it), BODY, false));
                }
                sheet.y += LEADING;
            }
            for text in self.words(line) {
                sheet.put(number, Ink::Black, text);
                sheet.y += LEADING;
            }
            if !has_details(line) {
                sheet.y += LEADING;
            }
            // Last, though beside the first line: whoever has the page read out hears it in this order.
            let bottom = std::mem::replace(&mut sheet.y, top);
            for (figure, right) in [(line.amount, amount), (line.balance, balance)] {
                let figure = Text::shape(&self.figure(figure), BODY, false);
                sheet.put_right(right, 0, Ink::Black, figure);
            }
            sheet.y = bottom;
        });
        sheet.rule(MARGIN, self.right() - MARGIN, 400, Ink::Pale);
    }

    fn height(&self, line: &Line) -> Length {
        let of_number = usize::from(line.number.is_some() || line.period.is_some());
        let is_stacked = self.columns.period == self.columns.number;
        let stacked = usize::from(is_stacked && line.number.is_some() && line.period.is_some());
        let lines = (of_number + stacked + self.words(line).len()).max(1);
        PADDING + LEADING * Length::try_from(lines).unwrap_or(Length::MAX / LEADING)
    }

    /// The reference and the reason, wrapped.
    fn words(&self, line: &Line) -> Vec<Text> {
        let words = [&line.reference, &line.reason].into_iter().flatten();
        words.flat_map(|text| wrap(text, BODY, self.columns.details)).collect()
    }

    // --- Below the table ---

    fn end_height(&self) -> Length {
        let rows = self.totals.by_code.len() + 5;
        let rows = Length::try_from(rows).unwrap_or_default();
        ROW + 20 * POINT + ROW * rows + 2 * LEADING
    }

    fn draw_end(&self, sheet: &mut Sheet) {
        let Statement { opening, closing, lines, .. } = self.statement;
        if lines.is_empty() {
            sheet.row(|sheet| {
                let nothing = Text::shape("Nothing was booked in this period", BODY, false);
                sheet.put(self.columns.what, Ink::Grey, nothing);
                sheet.y += LEADING;
            });
        }
        self.draw_balance(sheet, "Closing balance", *closing, true);
        sheet.y += 20 * POINT;

        self.draw_total(sheet, ("Totals", "Lines".to_owned(), None), STRONG);
        sheet.rule(MARGIN, self.right() - MARGIN, 700, Ink::Black);
        self.draw_total(sheet, ("Opening balance", String::new(), Some(*opening)), BODY);
        for total in &self.totals.by_code {
            let name = label(total.code);
            self.draw_total(sheet, (&name, count(total.count), Some(total.amount)), BODY);
        }
        let all = ("Sum of all lines", count(lines.len()), Some(self.totals.sum));
        self.draw_total(sheet, all, BODY);
        sheet.rule(MARGIN, self.right() - MARGIN, 400, Ink::Pale);
        self.draw_total(sheet, ("Closing balance", String::new(), Some(*closing)), STRONG);
        sheet.y += LEADING / 2;
        sheet.put(MARGIN, Ink::Grey, Text::shape(NOTE, SMALL, false));
    }

    fn draw_total(
        &self,
        sheet: &mut Sheet,
        (name, lines, amount): (&str, String, Option<Money>),
        style: Style,
    ) {
        sheet.row(|sheet| {
            sheet.put(MARGIN, Ink::Black, Text::shape(name, style, false));
            let lines = Text::shape(&lines, style, false);
            sheet.put_right(self.columns.number + 60 * POINT, 0, Ink::Black, lines);
            if let Some(amount) = amount {
                let amount = Text::shape(&self.figure(amount), style, false);
                sheet.put_right(self.columns.amount, 0, Ink::Black, amount);
            }
            sheet.y += LEADING;
        });
    }
}

const fn has_details(line: &Line) -> bool {
    line.number.is_some()
        || line.period.is_some()
        || line.reference.is_some()
        || line.reason.is_some()
}

/// `text` on one line, without what does not fit.
fn cut(text: &str, style: Style, width: Length) -> Text {
    let lines = wrap(text, style, width);
    lines.into_iter().next().unwrap_or_else(|| Text::shape("", style, false))
}
