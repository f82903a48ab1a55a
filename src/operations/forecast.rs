//! `forecast`: what the runs of the days ahead will do, and what will be missing.

use std::collections::BTreeMap;

use anyhow::anyhow;
use chrono::NaiveDate;

use super::error::Result;
use super::refusal::InvalidValue;
use super::run::{Watch, context};
use super::{App, Refusal};
use crate::billing::forecast::{self, CurrencyForecast, HeldDay};
use crate::billing::run::RunError;
use crate::calendar::days_after;
use crate::clock::Moment;
use crate::ids::AccountId;
use crate::run::Failure;

/// Days that may be asked for, at most: a year, the 29th of February included.
pub const DAYS_MAX: u32 = 366;

/// What the runs of some days will do.
#[derive(Debug)]
pub struct Forecast {
    /// The days, oldest first.
    pub days: Vec<NaiveDate>,
    /// By the codes of the currencies that are in use; each has every day.
    pub currencies: BTreeMap<&'static str, CurrencyForecast>,
    /// Accounts with a reload whose outcome is not known: the forecast expects nothing more from their cards.
    pub in_doubt: u64,
    /// The first day whose releases the guard would hold back.
    pub held: Option<HeldDay>,
    /// Accounts that are left out because they cannot be read.
    pub failures: Vec<Failure>,
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
    Ok(Forecast {
        days: moments.iter().map(|moment| moment.on).collect(),
        currencies: foretold.currencies,
        in_doubt: foretold.in_doubt,
        held: foretold.held,
        failures: foretold.failures,
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
