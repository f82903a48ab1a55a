//! The filters of templates for amounts, dates and numbers.

use chrono::NaiveDate;
use minijinja::{Environment, Error, ErrorKind, Value};

pub(super) fn add_to(templates: &mut Environment<'static>) {
    templates.add_filter("money", money);
    templates.add_filter("day", day);
    templates.add_filter("last_day", last_day);
    templates.add_filter("number", number);
    templates.add_filter("count", count);
}

/// `1.25 EUR`, of an object with an amount and a currency.
fn money(money: Value) -> Result<String, Error> {
    let part = |name| {
        let part = money.get_attr(name)?;
        part.as_str().map(str::to_owned).ok_or_else(|| refused(format!("{money} is not an amount")))
    };
    Ok(format!("{} {}", part("amount")?, part("currency")?))
}

/// `28 February 2026`, which is the same date in every country.
fn day(date: &str) -> Result<String, Error> {
    Ok(in_words(date_of(date)?))
}

/// The day before: the last day of a period that ends on `date`.
fn last_day(date: &str) -> Result<String, Error> {
    let end = date_of(date)?;
    Ok(in_words(end.pred_opt().unwrap_or(end)))
}

fn in_words(date: NaiveDate) -> String {
    date.format("%-d %B %Y").to_string()
}

fn date_of(text: &str) -> Result<NaiveDate, Error> {
    text.parse().map_err(|_| refused(format!("`{text}` is not a date")))
}

/// With a `+`, as phones show it; short codes without.
fn number(digits: &str) -> String {
    const SHORT_CODE_DIGITS_MAX: usize = 8;
    if digits.len() > SHORT_CODE_DIGITS_MAX { format!("+{digits}") } else { digits.to_owned() }
}

/// `1 number`, `3 numbers`.
fn count(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

fn refused(why: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, why)
}
