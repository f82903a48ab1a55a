//! `forecast`: what the runs of the days ahead will do, and what will be missing.

use anyhow::anyhow;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::error::Result;
use super::refusal::InvalidValue;
use super::run::{Watch, context};
use super::{App, Refusal};
use crate::billing::FailedAccount;
use crate::billing::forecast::{self, CurrencyForecast, DayCounts, HeldDay};
use crate::billing::run::RunError;
use crate::calendar::days_after;
use crate::clock::Moment;
use crate::ids::AccountId;
use crate::money::MoneyError;

/// Days that may be asked for, at most: a year, the 29th of February included.
pub const DAYS_MAX: u32 = 366;

/// What one day's run will do, in one currency.
///
/// Each period is counted once, on the day on which it falls due: `amount` is `funded` and `short`
/// together. What is short and paid by a card on a later day is `paid_late` on that one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct ForecastDay {
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
pub struct Forecast {
    /// The first of them.
    pub from: NaiveDate,
    /// The last.
    pub to: NaiveDate,
    /// In each currency that is in use, every day, with nothing on it or something.
    pub currencies: Vec<ForecastCurrency>,
    /// Accounts with a reload of which nobody knows whether it was paid: nothing more comes from their
    /// cards in the forecast.
    pub in_doubt: u64,
    /// The first day whose releases the guard would hold back.
    pub held: Option<HeldDay>,
    /// Accounts that are not in it, since they cannot be read.
    pub failures: Vec<FailedAccount>,
}

/// The days of one currency.
#[derive(Debug)]
pub struct ForecastCurrency {
    /// ISO 4217.
    pub currency: String,
    /// Every day.
    pub days: Vec<ForecastDay>,
    /// Accounts that fall short on any of them.
    pub short_accounts: u64,
    /// Numbers that fall short on any of them.
    pub short_numbers: u64,
}

impl Forecast {
    /// The days of all currencies, in the order of their codes.
    pub fn days(&self) -> Vec<&ForecastDay> {
        self.currencies.iter().flat_map(|currency| &currency.days).collect()
    }
}

/// Foretells `days` days, of all accounts or of one. The first is today if today's run has not ended, else
/// tomorrow.
///
/// # Errors
/// Refuses a closed account, no days and too many.
pub async fn forecast(
    app: &App,
    days: u32,
    only: Option<AccountId>,
    watch: &Watch,
) -> Result<Forecast> {
    let moment = app.moment();
    refuse_unless_sensible(days)?;
    if let Some(account) = only {
        app.open_account(account).await?;
    }
    let moments = moments(app, moment, days).await?;
    let foretold = forecast::forecast(&context(app, moment, watch), &moments, only).await;
    let foretold = match foretold {
        Err(RunError::Interrupted) => return Err(anyhow!("the forecast was interrupted").into()),
        foretold => foretold?,
    };
    let on: Vec<_> = moments.iter().map(|moment| moment.on).collect();
    let currencies = foretold.currencies.values().map(|it| view(it, &on));
    Ok(Forecast {
        from: on.first().copied().unwrap_or(moment.on),
        to: on.last().copied().unwrap_or(moment.on),
        currencies: currencies.collect::<Result<_, MoneyError>>().map_err(anyhow::Error::from)?,
        in_doubt: foretold.in_doubt,
        held: foretold.held,
        failures: foretold.failures.iter().map(FailedAccount::from).collect(),
    })
}

fn refuse_unless_sensible(days: u32) -> Result<(), Refusal> {
    if (1..=DAYS_MAX).contains(&days) {
        return Ok(());
    }
    let reason = InvalidValue::OutOfRange { value: days.into(), min: 1, max: DAYS_MAX.into() };
    Err(Refusal::InvalidValue { what: "days", reason })
}

/// When the runs of the days ahead are due. Today's may be late: then it is done now.
async fn moments(app: &App, now: Moment, days: u32) -> Result<Vec<Moment>> {
    let last = app.store.find_last_run().await?;
    let is_done = last.is_some_and(|last| last.on == now.on && last.has_ended);
    let first = if is_done { days_after(now.on, 1) } else { now.on };
    let due = app
        .settings
        .schedule()
        .moments_from(first)
        .map(|it| Moment { at: if it.on == now.on { it.at.max(now.at) } else { it.at }, ..it });
    Ok((0..days).zip(due).map(|(_, moment)| moment).collect())
}

fn view(foretold: &CurrencyForecast, on: &[NaiveDate]) -> Result<ForecastCurrency, MoneyError> {
    let currency = foretold.currency.code();
    let days = on.iter().zip(&foretold.days).map(|(on, counts)| day(*on, currency, counts));
    Ok(ForecastCurrency {
        currency: currency.to_owned(),
        days: days.collect::<Result<_, _>>()?,
        short_accounts: foretold.short_accounts,
        short_numbers: foretold.short_numbers,
    })
}

fn day(on: NaiveDate, currency: &str, counts: &DayCounts) -> Result<ForecastDay, MoneyError> {
    Ok(ForecastDay {
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
