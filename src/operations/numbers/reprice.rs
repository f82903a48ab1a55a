//! `number reprice`: a new monthly price for the numbers of a country and type, at once for new rentals and from an
//! agreed date on for those that are rented.

use chrono::NaiveDate;

use crate::billing::reprice::{self, Repriced};
use crate::billing::run::RunError;
use crate::calendar::days_after;
use crate::money::{Amount, Currency};
use crate::operations::error::Result;
use crate::operations::refusal::InvalidValue;
use crate::operations::run::{Watch, context};
use crate::operations::{App, Refusal};
use crate::rental::{NewPrice, NumberType};
use crate::repricing::Tariff;

/// The price that is wanted, and from when.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// ISO 3166, two letters in upper case.
    pub country: String,
    pub kind: NumberType,
    /// May be left out if such numbers are sold in one currency only.
    pub currency: Option<Currency>,
    /// The price of a period.
    pub price: Amount,
    /// The first date on which a running subscription renews at that price.
    pub effective_on: NaiveDate,
    /// The least number of days between today and that date.
    pub notice_days: u32,
}

/// What was repriced, or would be.
#[derive(Debug, Clone)]
pub struct Repricing {
    pub tariff: Tariff,
    pub price: NewPrice,
    /// Numbers whose price for new rentals changed.
    pub numbers: u64,
    pub repriced: Repriced,
}

/// The price was ordered, and the accounts were not all told yet. Something has changed, so it is not a refusal.
#[derive(Debug, thiserror::Error)]
#[error(
    "interrupted: the new price holds for new rentals, but not all accounts that rent such numbers are told yet"
)]
pub struct RepricingInterrupted;

/// What [`reprice()`] would do. Nothing is written.
///
/// # Errors
/// As [`reprice()`].
pub async fn dry_run(app: &App, wanted: &Wanted, watch: &Watch) -> Result<Repricing> {
    let moment = app.moment();
    let (tariff, price) = order_of(app, wanted, moment.on).await?;
    let numbers = app.store.count_numbers_to_reprice(&tariff, price.monthly_price).await?;
    let repriced = reprice::preview(&context(app, moment, watch), &tariff, price).await?;
    let notices = repriced.accounts;
    Ok(Repricing { tariff, price, numbers, repriced: Repriced { notices, ..repriced } })
}

/// Sets the price of new rentals at once, agrees on it with every account that rents such numbers, from
/// the wanted date on, and notifies each of them. If it is repeated, it continues with the accounts that are left.
///
/// # Errors
/// Refuses a negative price, a tariff without numbers, a currency that is missing or not the tariff's, and a
/// date that comes too soon. Fails with [`RepricingInterrupted`] if `watch` stops it.
pub async fn reprice(app: &App, wanted: &Wanted, watch: &Watch) -> Result<Repricing> {
    let moment = app.billing_moment().await?;
    let (tariff, price) = order_of(app, wanted, moment.on).await?;
    let numbers = app.store.order_repricing(&tariff, price, app.clock.now()).await?;
    match reprice::carry_out(&context(app, moment, watch), &tariff).await {
        Ok(repriced) => Ok(Repricing { tariff, price, numbers, repriced }),
        Err(RunError::Interrupted) => Err(anyhow::Error::from(RepricingInterrupted).into()),
        Err(other) => Err(other.into()),
    }
}

async fn order_of(app: &App, wanted: &Wanted, today: NaiveDate) -> Result<(Tariff, NewPrice)> {
    let (country, kind) = (wanted.country.clone(), wanted.kind);
    let currency = currency_sold(app, &country, kind, wanted.currency).await?;
    let monthly_price = wanted.price.of(currency);
    if monthly_price.is_negative() {
        let reason = InvalidValue::Negative(monthly_price);
        return Err(Refusal::InvalidValue { what: "price", reason }.into());
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
    let sold_in = app.store.currencies_of(country, kind).await?;
    let country = country.to_owned();
    let refusal = match (wanted, sold_in.as_slice()) {
        (_, []) => Refusal::NoNumbersOfTariff { country, kind },
        (None, [only]) => return Ok(*only),
        (None, _) => Refusal::TariffInSeveralCurrencies { country, kind, sold_in },
        (Some(wanted), _) if sold_in.contains(&wanted) => return Ok(wanted),
        (Some(currency), _) => Refusal::TariffNotInCurrency { country, kind, currency, sold_in },
    };
    Err(refusal.into())
}

/// A price holds from tomorrow at the earliest: what begins today may be paid already, and accounts are
/// notified beforehand.
fn refuse_too_soon(
    effective_on: NaiveDate,
    notice_days: u32,
    today: NaiveDate,
) -> Result<(), Refusal> {
    if effective_on <= today {
        let first_on = days_after(today, notice_days.max(1));
        return Err(Refusal::PriceNotInFuture { effective_on, today, first_on });
    }
    let first_on = days_after(today, notice_days);
    if effective_on < first_on {
        return Err(Refusal::PriceNoticeTooShort { effective_on, notice_days, first_on });
    }
    Ok(())
}
