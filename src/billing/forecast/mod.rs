//! The forecast: what the runs of the coming days will do, by the same decision as theirs, over balances carried forward
//! from day to day. Nothing is written.
//!
//! Accounts are read in batches, as in a run. Each is computed over all days at once (`account`) and only added to a
//! table of days, so memory does not grow with the accounts. The forecast assumes no top-ups, no new rentals, no
//! cancellations except those scheduled, cards that pay, and a release guard that allows all releases; it says on which
//! day the guard would not.

mod account;
mod day;

pub use day::DayCounts;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use chrono::NaiveDate;
use tokio::task::JoinSet;
use tracing::Instrument as _;

use super::account_pages::{AccountPages, SLICES, accounts_of};
use super::account_writer::AccountWriter;
use super::context::{Context, RunError};
use super::error_chain::describe;
use super::snapshots::load;
use crate::clock::Moment;
use crate::decision::Releases;
use crate::ids::AccountId;
use crate::money::{Currency, MoneyError};
use crate::run::Failure;
use crate::store::StoreError;
use crate::store::accounts::snapshots::LoadedSnapshot;
use crate::store::runs::slices::divide_accounts;
use account::{AccountForecast, forecast_account};

/// What the runs of some days will do.
#[derive(Debug, Default)]
pub struct Forecast {
    /// By currency code; each currency has every day.
    pub currencies: BTreeMap<&'static str, CurrencyForecast>,
    /// Accounts with an open reload. Its outcome is not yet known, and the forecast does not guess it.
    pub in_doubt: u64,
    /// Accounts that cannot be computed.
    pub failures: Vec<Failure>,
    /// The first day whose releases the guard would hold back.
    pub held: Option<HeldDay>,
}

/// The days of one currency.
#[derive(Debug)]
pub struct CurrencyForecast {
    pub currency: Currency,
    /// One for each requested day.
    pub days: Vec<DayCounts>,
    /// Accounts with something unpaid on at least one of the days.
    pub short_accounts: u64,
    /// Subscriptions with something unpaid on at least one of the days.
    pub short_numbers: u64,
}

/// A day on which the release guard would hold the releases back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldDay {
    pub on: NaiveDate,
    /// The number of releases that it would hold back.
    pub releases: u64,
    /// The number of live subscriptions on that day.
    pub live: u64,
}

/// Computes the runs of `days`, which follow each other, for all accounts or for one.
///
/// # Errors
/// [`RunError`]; an account that cannot be computed is reported, and does not stop the others.
pub async fn forecast(
    context: &Context,
    days: &[Moment],
    only: Option<AccountId>,
) -> Result<Forecast, RunError> {
    context.refuse_if_clock_went_back().await?;
    let days: Arc<[Moment]> = days.into();
    let Some(account) = only else {
        let live = context.writer.store.live_subscriptions().await?;
        let mut forecast = all_workers(context, &days).await?;
        forecast.held = forecast.find_held_day(context, &days, live);
        return Ok(forecast);
    };
    let mut forecast = Forecast::default();
    forecast.look_at(context, &days, &[account]).await?;
    Ok(forecast)
}

/// All accounts, by several workers, each with a table of its own.
async fn all_workers(context: &Context, days: &Arc<[Moment]>) -> Result<Forecast, RunError> {
    let slices = Arc::new(Mutex::new(divide_accounts(SLICES)));
    let mut workers = JoinSet::new();
    for _ in 0..context.writer.policy.run.workers.max(1) {
        let work = work(context.clone(), Arc::clone(days), Arc::clone(&slices));
        workers.spawn(work.in_current_span());
    }
    let mut forecast = Forecast::default();
    while let Some(outcome) = workers.join_next().await {
        // The first error drops the other workers. They write nothing, so nothing is left half done.
        forecast.add(outcome.expect("a worker does not panic, and is not aborted")?)?;
    }
    forecast.failures.sort_by_key(|failure| failure.account);
    Ok(forecast)
}

/// Takes slices until none is left.
async fn work(
    context: Context,
    days: Arc<[Moment]>,
    slices: Arc<Mutex<Vec<(AccountId, AccountId)>>>,
) -> Result<Forecast, RunError> {
    let mut forecast = Forecast::default();
    let Some(last) = days.last() else { return Ok(forecast) };
    let AccountWriter { store, policy, .. } = &context.writer;
    let take = || slices.lock().expect("the lock is not poisoned").pop();
    while let Some((from, to)) = take() {
        let pages = AccountPages::new(policy.run.batch_accounts, &context.stop);
        let mut pages = pages.between(from, to).reporting_to(&*context.observer);
        while let Some(due) = pages
            .next(|from, to, limit| store.due_or_low_accounts(from, to, last.on, limit))
            .await?
        {
            forecast.look_at(&context, &days, &accounts_of(&due)).await?;
        }
    }
    Ok(forecast)
}

impl Forecast {
    /// Computes `accounts` and adds them.
    async fn look_at(
        &mut self,
        context: &Context,
        days: &[Moment],
        accounts: &[AccountId],
    ) -> Result<(), RunError> {
        let (Some(first), Some(last)) = (days.first(), days.last()) else { return Ok(()) };
        let snapshots = load(&context.writer.store, accounts, last.on, first.on).await?;
        for LoadedSnapshot { account, snapshot } in snapshots {
            let outcome = snapshot.map_err(|error| describe(&error)).and_then(|snapshot| {
                forecast_account(snapshot, days, &context.writer.policy)
                    .map_err(|error| describe(&error))
            });
            match outcome {
                Ok(forecast) => self.count(&forecast, days.len()).map_err(sum_overflow)?,
                Err(reason) => self.failures.push(Failure { account, reason }),
            }
        }
        Ok(())
    }

    /// Adds one account.
    fn count(&mut self, account: &AccountForecast, days: usize) -> Result<(), MoneyError> {
        self.in_doubt += u64::from(account.is_in_doubt);
        let currency = self.currency(account.currency, days);
        currency.short_accounts += u64::from(account.short_numbers > 0);
        currency.short_numbers += account.short_numbers;
        account.days.iter().try_for_each(|(index, day)| currency.days[*index].add(day))
    }

    /// Adds the table of another worker.
    fn add(&mut self, other: Self) -> Result<(), RunError> {
        self.in_doubt += other.in_doubt;
        self.failures.extend(other.failures);
        for theirs in other.currencies.into_values() {
            let ours = self.currency(theirs.currency, theirs.days.len());
            ours.short_accounts += theirs.short_accounts;
            ours.short_numbers += theirs.short_numbers;
            for (ours, theirs) in ours.days.iter_mut().zip(&theirs.days) {
                ours.add(theirs).map_err(sum_overflow)?;
            }
        }
        Ok(())
    }

    fn currency(&mut self, currency: Currency, days: usize) -> &mut CurrencyForecast {
        self.currencies.entry(currency.code()).or_insert_with(|| CurrencyForecast {
            currency,
            days: vec![DayCounts::none(currency); days],
            short_accounts: 0,
            short_numbers: 0,
        })
    }

    /// The first of `days` on which the guard would prevent the releases; `live` is the number of live subscriptions at
    /// the beginning.
    fn find_held_day(&self, context: &Context, days: &[Moment], mut live: u64) -> Option<HeldDay> {
        for (index, day) in days.iter().enumerate() {
            let counts = self.currencies.values().map(|currency| &currency.days[index]);
            let (released, ended) = counts.fold((0, 0), |(released, ended), counts| {
                (released + counts.released, ended + counts.ended)
            });
            live = live.saturating_sub(ended);
            if context.writer.policy.release.guard.judge(released, live) == Releases::HeldBack {
                return Some(HeldDay { on: day.on, releases: released, live });
            }
            live = live.saturating_sub(released);
        }
        None
    }
}

/// A sum that overflows: the amounts of some account are impossible.
fn sum_overflow(error: MoneyError) -> RunError {
    StoreError::unreadable("the sum of all accounts", error).into()
}
