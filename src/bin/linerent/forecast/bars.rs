//! The forecast for people: a line for each day, with a bar. It says the same without colours, in a
//! pipe, and in plain ASCII.

use chrono::{Datelike as _, NaiveDate};
use linerent::operations::forecast::{Forecast, ForecastCurrency, ForecastDay};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use crate::output::counted;

/// What a bar is drawn of.
const BY_BALANCE: char = '#';
const BY_CARD: char = '+';
const SHORT: char = '!';
/// However narrow the terminal is.
const BAR_MIN: usize = 10;

const SUPPOSED: &str = "\
Supposed: no top-ups, no new rentals, no cancellations but those ordered; every
charge of a card succeeds; the release guard holds nothing back";

/// Draws all currencies, one after the other, `width` columns wide.
pub fn draw(forecast: &Forecast, width: usize) -> String {
    if forecast.currencies.is_empty() {
        return format!("nothing renews from {} to {}", forecast.from, forecast.to);
    }
    let mut text = Vec::new();
    for currency in &forecast.currencies {
        text.push(format!("{}, {} to {}", currency.currency, forecast.from, forecast.to));
        text.push(String::new());
        text.extend(Chart::of(currency, width).lines());
        text.push(String::new());
        text.extend(summary(currency));
        text.push(String::new());
    }
    text.push(SUPPOSED.to_owned());
    text.join("\n")
}

/// A currency's days as lines of cells, the first of which is the label.
struct Chart<'a> {
    currency: &'a ForecastCurrency,
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
    is_needed: fn(&ForecastDay) -> bool,
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
    fn of<'a>(days: impl IntoIterator<Item = &'a ForecastDay>) -> Self {
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
    fn of(currency: &'a ForecastCurrency, width: usize) -> Self {
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
        let mut lines = vec![self.line("", &names, &legend(self.currency))];
        let month = |day: &ForecastDay| (day.on.year(), day.on.month());
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
fn total(currency: &ForecastCurrency) -> Figures {
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
fn legend(currency: &ForecastCurrency) -> String {
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
fn bar(day: &ForecastDay, most: Decimal, width: usize) -> String {
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

/// What it comes to, in words.
fn summary(currency: &ForecastCurrency) -> Vec<String> {
    let sum = |of: fn(&ForecastDay) -> Decimal| currency.days.iter().map(of).sum::<Decimal>();
    let code = &currency.currency;
    let (amount, short) = (sum(|day| day.amount), sum(|day| day.short));
    let mut lines = vec![match amount.is_zero() {
        true => "Nothing is to be paid".to_owned(),
        false => {
            let by_balance = sum(|day| day.funded_by_balance);
            format!("Of {amount} {code} what is on the balances covers {by_balance} {code}")
        }
    }];
    let charges = currency.days.iter().map(|day| day.reloads).sum::<u64>();
    if charges > 0 {
        let (charged, by_reload) = (sum(|day| day.reload_amount), sum(|day| day.funded_by_reload));
        let charges = counted(charges, "charge");
        lines.push(format!(
            "Cards cover {by_reload} {code}; they are charged {charged} {code}, by {charges}"
        ));
    }
    if !short.is_zero() {
        let (accounts, numbers) = (currency.short_accounts, currency.short_numbers);
        let (accounts, numbers) = (counted(accounts, "account"), counted(numbers, "number"));
        let released = counted(currency.days.iter().map(|day| day.released).sum(), "number");
        lines.push(format!(
            "Short are {short} {code}, of {accounts} with {numbers}; {released} will be released"
        ));
        let late = sum(|day| day.paid_late);
        if !late.is_zero() {
            lines.push(format!("Cards pay {late} {code} of that on a later day"));
        }
    }
    lines
}
