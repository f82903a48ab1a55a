//! The forecast as JSON, and what its bars are drawn from.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::billing::forecast::{CurrencyForecast, DayCounts, HeldDay};
use crate::money::MoneyError;
use crate::operations::forecast::Forecast;

/// What one day's run will do, in one currency.
///
/// Each period is counted once, on the day on which it falls due: `amount` is `funded` and `short`
/// together. What is short and paid by a card on a later day is `paid_late` on that one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct ForecastDayView {
    /// The billing date.
    pub on: NaiveDate,
    /// ISO 4217, of every amount beside it.
    pub currency: String,
    /// Periods that fall due on it. On the first day: all that are due by then and not charged, those
    /// that are late or past due included.
    pub renewals: u64,
    /// What they come to.
    pub amount: Decimal,
    /// What of `amount` is paid on the day: `funded_by_balance` and `funded_by_reload` together.
    pub funded: Decimal,
    /// What of it is paid by what is on the balances when the forecast is made, credit limits included;
    /// that is spent before what cards bring.
    pub funded_by_balance: Decimal,
    /// What of it is paid by what cards bring from then on: what depends on them.
    pub funded_by_reload: Decimal,
    /// What of `amount` is not paid on the day.
    pub short: Decimal,
    /// What is paid on the day of what was short on earlier ones: a card may be charged so many times a
    /// day only, and is charged again on the next.
    pub paid_late: Decimal,
    /// Charges of cards, each of which is supposed to succeed.
    pub reloads: u64,
    /// What they come to. What is not spent on the day is in the balances of the next.
    pub reload_amount: Decimal,
    /// Accounts with something of `short`.
    pub short_accounts: u64,
    /// Numbers with something of `short`. Summed over days, one that falls short again counts again.
    pub short_numbers: u64,
    /// Numbers that are released on the day. Their unpaid periods are not charged any more.
    pub released: u64,
}

/// What the runs of some days will do.
#[derive(Debug)]
pub struct ForecastView {
    /// The first of them.
    pub from: NaiveDate,
    /// The last.
    pub to: NaiveDate,
    /// In each currency that is in use, every day, with nothing on it or something.
    pub currencies: Vec<ForecastCurrencyView>,
    /// Accounts whose cards are left out, since the outcome of their latest charge is not known.
    pub in_doubt: u64,
    /// The first day whose releases the guard would hold back.
    pub held: Option<HeldDay>,
}

/// The days of one currency.
#[derive(Debug)]
pub struct ForecastCurrencyView {
    /// ISO 4217.
    pub currency: String,
    /// Every day.
    pub days: Vec<ForecastDayView>,
    /// Accounts that fall short on any of them.
    pub short_accounts: u64,
    /// Numbers that fall short on any of them.
    pub short_numbers: u64,
}

impl ForecastView {
    /// The days of all currencies, in the order of their codes.
    pub fn days(&self) -> Vec<&ForecastDayView> {
        self.currencies.iter().flat_map(|currency| &currency.days).collect()
    }
}

impl TryFrom<&Forecast> for ForecastView {
    type Error = MoneyError;

    fn try_from(forecast: &Forecast) -> Result<Self, MoneyError> {
        let currencies = forecast.currencies.values().map(|it| currency_of(it, &forecast.days));
        Ok(Self {
            from: forecast.days.first().copied().unwrap_or_default(),
            to: forecast.days.last().copied().unwrap_or_default(),
            currencies: currencies.collect::<Result<_, _>>()?,
            in_doubt: forecast.in_doubt,
            held: forecast.held,
        })
    }
}

fn currency_of(
    foretold: &CurrencyForecast,
    on: &[NaiveDate],
) -> Result<ForecastCurrencyView, MoneyError> {
    let currency = foretold.currency.code();
    let days = on.iter().zip(&foretold.days).map(|(on, counts)| day_of(*on, currency, counts));
    Ok(ForecastCurrencyView {
        currency: currency.to_owned(),
        days: days.collect::<Result<_, _>>()?,
        short_accounts: foretold.short_accounts,
        short_numbers: foretold.short_numbers,
    })
}

fn day_of(
    on: NaiveDate,
    currency: &str,
    counts: &DayCounts,
) -> Result<ForecastDayView, MoneyError> {
    Ok(ForecastDayView {
        on,
        currency: currency.to_owned(),
        renewals: counts.renewals,
        amount: counts.amount.amount(),
        funded: counts.funded()?.amount(),
        funded_by_balance: counts.by_balance.amount(),
        funded_by_reload: counts.by_reload.amount(),
        short: counts.short.amount(),
        paid_late: counts.paid_late.amount(),
        reloads: counts.reloads,
        reload_amount: counts.reload_amount.amount(),
        short_accounts: counts.short_accounts,
        short_numbers: counts.short_numbers,
        released: counts.released,
    })
}
