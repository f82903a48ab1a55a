//! `number reprice`: numbers of a country and type cost something else, those that are rented from an
//! agreed date on.

use anyhow::{Result, anyhow};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::run::{Watch, clock_refusal, context};
use super::{App, Refusal, refused};
use crate::billing::FailedAccount;
use crate::billing::reprice::{self, Repriced};
use crate::billing::run::RunError;
use crate::calendar::days_after;
use crate::money::{Currency, Money, currency_of};
use crate::rental::{NewPrice, NumberType, country_of};
use crate::repricing::Tariff;

/// What shall cost what, and from when.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// ISO 3166, two letters.
    pub country: String,
    /// Numbers of this type.
    pub kind: String,
    /// ISO 4217; may be left out where they are sold in one currency only.
    pub currency: Option<String>,
    /// What a period costs.
    pub price: String,
    /// The first date on which a running subscription renews at that price.
    pub effective_on: NaiveDate,
    /// At least so many days lie between today and that date.
    pub notice_days: u32,
}

/// What a repricing comes to, or would.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct RepriceView {
    /// ISO 3166.
    pub country: String,
    /// `landline`, `mobile-lvn`, `landline-toll-free` or `shortcode`.
    pub r#type: &'static str,
    /// What a period costs: for new rentals from now on, for running ones from `effective_on` on.
    pub monthly_price: Decimal,
    /// ISO 4217.
    pub currency: String,
    /// Running subscriptions pay it from their first renewal on this date or later.
    pub effective_on: NaiveDate,
    /// Numbers whose price for new rentals changed.
    pub numbers: u64,
    /// Accounts whose subscriptions change.
    pub accounts: u64,
    /// These subscriptions.
    pub subscriptions: u64,
    /// What a month of all of them costs now.
    pub amount_now: Decimal,
    /// What it will cost.
    pub amount_then: Decimal,
    /// Mails that were queued, one for each account.
    pub notices: u64,
    /// Accounts whose prices could not be changed, and why. The next run tries again.
    pub failures: Vec<FailedAccount>,
}

/// What [`reprice()`] would do. Nothing is written.
///
/// # Errors
/// As [`reprice()`].
pub async fn dry_run(app: &App, wanted: &Wanted, watch: &Watch) -> Result<RepriceView> {
    let moment = app.moment();
    let (tariff, price) = understand(app, wanted, moment.on).await?;
    let numbers = app.store.count_numbers_to_reprice(&tariff, price.monthly_price).await?;
    let context = context(app, moment, watch);
    let repriced = reprice::preview(&context, &tariff, price).await.map_err(clock_refusal)?;
    let notices = repriced.accounts;
    Ok(view(&tariff, price, numbers, Repriced { notices, ..repriced }))
}

/// Sets the price of new rentals at once, agrees on it with every account that rents such numbers, from
/// the wanted date on, and tells each of them. Ordered once more, it goes on with what is left.
///
/// # Errors
/// Refuses what is malformed, numbers that are not there or are sold in several currencies, and a date
/// that comes too soon.
pub async fn reprice(app: &App, wanted: &Wanted, watch: &Watch) -> Result<RepriceView> {
    let moment = app.moment();
    let (tariff, price) = understand(app, wanted, moment.on).await?;
    let numbers = app.store.order_repricing(&tariff, price, app.clock.now()).await?;
    let context = context(app, moment, watch);
    let repriced = reprice::carry_out(&context, &tariff).await.map_err(|error| match error {
        RunError::Interrupted => interrupted(),
        other => clock_refusal(other),
    })?;
    Ok(view(&tariff, price, numbers, repriced))
}

/// Whoever stops it wants to know what holds already. It is no refusal: something has changed.
fn interrupted() -> anyhow::Error {
    anyhow!(
        "interrupted: the new price holds for new rentals, but not all accounts that rent such numbers are told yet\nhint: the same command again goes on with the others, and so does the next run"
    )
}

async fn understand(app: &App, wanted: &Wanted, today: NaiveDate) -> Result<(Tariff, NewPrice)> {
    let country = country_of(&wanted.country).map_err(refused)?;
    let kind: NumberType = wanted.kind.parse().map_err(refused)?;
    let currency = wanted.currency.as_deref().map(currency_of).transpose().map_err(refused)?;
    let currency = currency_sold(app, &country, kind, currency).await?;
    let monthly_price = Money::parse(&wanted.price, currency).map_err(refused)?;
    if monthly_price.is_negative() {
        return Err(Refusal::new(format!("the price {monthly_price} is negative")).into());
    }
    refuse_too_soon(wanted.effective_on, wanted.notice_days, today)?;
    let price = NewPrice { monthly_price, from: wanted.effective_on, agreed_on: today };
    Ok((Tariff { country, kind, currency }, price))
}

/// The one currency in which such numbers are sold, or the `wanted` one among several.
async fn currency_sold(
    app: &App,
    country: &str,
    kind: NumberType,
    wanted: Option<Currency>,
) -> Result<Currency> {
    let sold = app.store.currencies_of(country, kind).await?;
    let kind = kind.as_str();
    match (wanted, sold.as_slice()) {
        (Some(wanted), _) if sold.contains(&wanted) => Ok(wanted),
        (None, [only]) => Ok(*only),
        (_, []) => Err(Refusal::with_hint(
            format!("there are no numbers of {country} and of the type {kind}"),
            "`linerent number list` shows what there is",
        )
        .into()),
        (wanted, _) => {
            let codes: Vec<_> = sold.iter().map(|it| it.code()).collect();
            let codes = codes.join(" and in ");
            let question = "say which with `--currency`";
            Err(match wanted {
                Some(wanted) => Refusal::with_hint(
                    format!(
                        "numbers of {country} and of the type {kind} are sold in {codes}, not in {}",
                        wanted.code()
                    ),
                    question,
                ),
                None => Refusal::with_hint(
                    format!("numbers of {country} and of the type {kind} are sold in {codes}"),
                    question,
                ),
            }
            .into())
        }
    }
}

/// A price holds from tomorrow at the earliest: what begins today may be paid already, and everybody is
/// told beforehand.
fn refuse_too_soon(effective_on: NaiveDate, notice_days: u32, today: NaiveDate) -> Result<()> {
    if effective_on <= today {
        return Err(Refusal::with_hint(
            format!("a new price cannot begin on {effective_on}: today is {today}, and accounts are told before it"),
            format!("the first date is {}", days_after(today, notice_days.max(1))),
        )
        .into());
    }
    let first = days_after(today, notice_days);
    if effective_on < first {
        return Err(Refusal::with_hint(
            format!("{effective_on} gives less notice than {notice_days} days, the first date is {first}"),
            "`--notice-days` says how many days there have to be at least",
        )
        .into());
    }
    Ok(())
}

fn view(tariff: &Tariff, price: NewPrice, numbers: u64, repriced: Repriced) -> RepriceView {
    RepriceView {
        country: tariff.country.clone(),
        r#type: tariff.kind.as_str(),
        monthly_price: price.monthly_price.amount(),
        currency: tariff.currency.code().to_owned(),
        effective_on: price.from,
        numbers,
        accounts: repriced.accounts,
        subscriptions: repriced.subscriptions,
        amount_now: repriced.before.amount(),
        amount_then: repriced.after.amount(),
        notices: repriced.notices,
        failures: repriced.failures.iter().map(FailedAccount::from).collect(),
    }
}
