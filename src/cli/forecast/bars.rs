//! The forecast for people: a line for each day, with a bar. It says the same without colours, in a
//! pipe, and in plain ASCII.

use crate::cli::views::forecast::{ForecastCurrencyView, ForecastDayView, ForecastView};
use chrono::{Datelike as _, NaiveDate};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use crate::cli::output::{counted, fields};

/// What a bar is drawn of.
const BY_BALANCE: char = '#';
const BY_CARD: char = '+';
const SHORT: char = '!';
/// However narrow the terminal is.
const BAR_MIN: usize = 10;

const ASSUMPTIONS: &str = "\
Assumptions: no top-ups or new rentals; no cancellations except those already
requested; every card charge succeeds; the release guard is not applied";

/// Draws all currencies, one after the other, `width` columns wide.
pub fn draw(forecast: &ForecastView, width: usize) -> String {
    if forecast.currencies.is_empty() {
        return format!("nothing renews from {} to {}", forecast.from, forecast.to);
    }
    let mut text = Vec::new();
    for currency in &forecast.currencies {
        let legend = legend(currency);
        text.push(format!(
            "{}, {} to {}    {legend}",
            currency.currency, forecast.from, forecast.to
        ));
        text.push(String::new());
        text.extend(Chart::of(currency, width).lines());
        text.push(String::new());
        text.push(summary(currency));
        text.push(String::new());
    }
    text.push(ASSUMPTIONS.to_owned());
    text.join("\n")
}

/// A currency's days as lines of cells, the first of which is the label.
struct Chart<'a> {
    currency: &'a ForecastCurrencyView,
    columns: Vec<&'static Column>,
    widths: Vec<usize>,
    bar: usize,
    most: Decimal,
}

/// A column of figures.
struct Column {
    name: &'static str,
    /// Of the day, or of several summed up.
    cell: fn(&Figures) -> String,
    /// Only shown where some day has something in it.
    is_needed: fn(&ForecastDayView) -> bool,
}

const COLUMNS: [Column; 5] = [
    Column { name: "RENEWALS", cell: |it| it.renewals.to_string(), is_needed: |_| true },
    Column { name: "AMOUNT", cell: |it| money(it.amount), is_needed: |_| true },
    Column { name: "SHORT", cell: |it| money(it.short), is_needed: |day| !day.short.is_zero() },
    Column {
        name: "NUMBERS",
        cell: |it| count(it.short_numbers),
        is_needed: |day| !day.short.is_zero(),
    },
    Column { name: "RELEASED", cell: |it| count(it.released), is_needed: |day| day.released > 0 },
];

/// What the figures of a line are.
#[derive(Clone, Copy, Default)]
struct Figures {
    renewals: u64,
    amount: Decimal,
    short: Decimal,
    short_numbers: u64,
    released: u64,
}

impl Figures {
    fn of<'a>(days: impl IntoIterator<Item = &'a ForecastDayView>) -> Self {
        days.into_iter().fold(Self::default(), |sum, day| Self {
            renewals: sum.renewals + day.renewals,
            amount: sum.amount + day.amount,
            short: sum.short + day.short,
            short_numbers: sum.short_numbers + day.short_numbers,
            released: sum.released + day.released,
        })
    }
}

impl<'a> Chart<'a> {
    fn of(currency: &'a ForecastCurrencyView, width: usize) -> Self {
        let columns: Vec<_> = COLUMNS
            .iter()
            .filter(|column| currency.days.iter().any(|day| (column.is_needed)(day)))
            .collect();
        // The total is as wide as any of its parts.
        let total = total(currency);
        let widths: Vec<_> = columns
            .iter()
            .map(|column| (column.cell)(&total).len().max(column.name.len()))
            .collect();
        let figures: usize = LABEL + widths.iter().map(|width| width + GAP).sum::<usize>() + GAP;
        let most = currency.days.iter().map(|day| day.amount).max().unwrap_or_default();
        Self { currency, columns, widths, bar: width.saturating_sub(figures).max(BAR_MIN), most }
    }

    fn lines(&self) -> Vec<String> {
        let names: Vec<_> = self.columns.iter().map(|column| column.name.to_owned()).collect();
        let mut lines = vec![self.line("", &names, "")];
        let month = |day: &ForecastDayView| (day.on.year(), day.on.month());
        let months: Vec<_> = self.currency.days.chunk_by(|a, b| month(a) == month(b)).collect();
        for days in &months {
            lines.extend(days.first().map(|day| month_of(day.on)));
            for day in *days {
                let label = day.on.format("  %a %d").to_string();
                let cells = self.cells(&Figures::of([day]));
                lines.push(self.line(&label, &cells, &bar(day, self.most, self.bar)));
            }
            lines.push(String::new());
        }
        if months.len() > 1 {
            for days in &months {
                let label = days.first().map(|day| month_of(day.on)).unwrap_or_default();
                lines.push(self.line(&label, &self.cells(&Figures::of(*days)), ""));
            }
        }
        lines.push(self.line("total", &self.cells(&total(self.currency)), ""));
        lines
    }

    fn cells(&self, figures: &Figures) -> Vec<String> {
        self.columns.iter().map(|column| (column.cell)(figures)).collect()
    }

    fn line(&self, label: &str, cells: &[String], rest: &str) -> String {
        let mut line = format!("{label:LABEL$}");
        for (cell, width) in cells.iter().zip(&self.widths) {
            line.push_str(&format!("{:GAP$}{cell:>width$}", ""));
        }
        format!("{line}{:GAP$}{rest}", "").trim_end().to_owned()
    }
}

const LABEL: usize = 8;
const GAP: usize = 2;

fn month_of(on: NaiveDate) -> String {
    on.format("%Y-%m").to_string()
}

/// All days together; a number that falls short twice is one number.
fn total(currency: &ForecastCurrencyView) -> Figures {
    Figures { short_numbers: currency.short_numbers, ..Figures::of(&currency.days) }
}

/// What is nothing leaves its place blank.
fn money(amount: Decimal) -> String {
    if amount.is_zero() { String::new() } else { amount.to_string() }
}

fn count(count: u64) -> String {
    if count == 0 { String::new() } else { count.to_string() }
}

/// What the characters mean that are there.
fn legend(currency: &ForecastCurrencyView) -> String {
    let days = &currency.days;
    let mut legend = vec![format!("{BY_BALANCE} balance")];
    if days.iter().any(|day| !day.funded_by_reload.is_zero()) {
        legend.push(format!("{BY_CARD} card"));
    }
    if days.iter().any(|day| !day.short.is_zero()) {
        legend.push(format!("{SHORT} short"));
    }
    legend.join("  ")
}

/// The day's amount as a bar, of which `most` has all of `width`. Whatever is not nothing is seen.
fn bar(day: &ForecastDayView, most: Decimal, width: usize) -> String {
    let parts = [day.funded_by_balance, day.funded_by_reload, day.short];
    let mut cells = [0; 3];
    let (mut sum, mut drawn) = (Decimal::ZERO, 0);
    for (part, cells) in parts.iter().zip(&mut cells) {
        sum += part;
        let until = cells_of(sum, most, width);
        *cells = usize::from(!part.is_zero()).max(until.saturating_sub(drawn));
        drawn += *cells;
    }
    while cells.iter().sum::<usize>() > width
        && let Some(widest) = cells.iter_mut().max()
    {
        *widest -= 1;
    }
    let drawn = [BY_BALANCE, BY_CARD, SHORT].iter().zip(cells);
    drawn.map(|(character, cells)| character.to_string().repeat(cells)).collect()
}

fn cells_of(amount: Decimal, most: Decimal, width: usize) -> usize {
    let share = amount.checked_mul(Decimal::from(width)).and_then(|it| it.checked_div(most));
    share.and_then(|share| share.round().to_usize()).unwrap_or(0)
}

/// What it comes to.
fn summary(currency: &ForecastCurrencyView) -> String {
    let days = &currency.days;
    let sum = |of: fn(&ForecastDayView) -> Decimal| days.iter().map(of).sum::<Decimal>();
    let count = |of: fn(&ForecastDayView) -> u64| days.iter().map(of).sum::<u64>();
    let written = |amount: Decimal| format!("{amount} {}", currency.currency);
    let (charges, short, late) =
        (count(|day| day.reloads), sum(|day| day.short), sum(|day| day.paid_late));
    let cards = match charges {
        0 => String::new(),
        _ => format!(
            "{}, out of {} by {}",
            written(sum(|day| day.funded_by_reload)),
            written(sum(|day| day.reload_amount)),
            counted(charges, "charge")
        ),
    };
    let falls_short = match short.is_zero() {
        true => String::new(),
        false => format!(
            "{}, of {} with {}; {} will be released",
            written(short),
            counted(currency.short_accounts, "account"),
            counted(currency.short_numbers, "number"),
            counted(count(|day| day.released), "number")
        ),
    };
    let late = match late.is_zero() {
        true => String::new(),
        false => format!("{}, of what is short, by cards on a later day", written(late)),
    };
    fields(&[
        ("by balances", written(sum(|day| day.funded_by_balance))),
        ("by cards", cards),
        ("short", falls_short),
        ("paid later", late),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A day on which so much is covered by the balances, by cards, and is short.
    fn day(on: &str, by_balance: u64, by_reload: u64, short: u64) -> ForecastDayView {
        let amount = by_balance + by_reload + short;
        ForecastDayView {
            on: on.parse().expect("a date"),
            currency: "EUR".to_owned(),
            renewals: amount,
            amount: amount.into(),
            funded: (by_balance + by_reload).into(),
            funded_by_balance: by_balance.into(),
            funded_by_reload: by_reload.into(),
            short: short.into(),
            paid_late: Decimal::ZERO,
            reloads: 0,
            reload_amount: Decimal::ZERO,
            short_accounts: u64::from(short > 0),
            short_numbers: short,
            released: 0,
        }
    }

    #[test]
    fn whatever_is_not_nothing_is_seen_and_no_bar_is_too_long() {
        let drawn = |by_balance, by_reload, short, most: u64| {
            bar(&day("2026-02-28", by_balance, by_reload, short), most.into(), 10)
        };
        assert_eq!(drawn(50, 20, 30, 100), "#####++!!!");
        assert_eq!(drawn(98, 1, 1, 100), "########+!");
        assert_eq!(drawn(0, 0, 1, 1_000_000), "!");
        assert_eq!(drawn(20, 0, 20, 100), "##!!");
        assert_eq!(drawn(0, 0, 0, 100), "");
        assert_eq!(drawn(0, 0, 0, 0), "");
    }

    #[test]
    fn a_wide_terminal_has_longer_bars() {
        let currency = ForecastCurrencyView {
            currency: "EUR".to_owned(),
            days: vec![day("2026-02-28", 9, 2, 1), day("2026-03-01", 4, 0, 0)],
            short_accounts: 1,
            short_numbers: 1,
        };
        let (narrow, wide) = (Chart::of(&currency, 60).lines(), Chart::of(&currency, 120).lines());
        assert_eq!(narrow[2], "  Sat 28        12      12      1        1  ############+++!");
        assert_eq!(narrow[2].len(), 60);
        assert_eq!(wide[2].len(), 120);
        assert!(Chart::of(&currency, 0).bar == BAR_MIN, "a terminal may be too narrow for all");
    }
}
