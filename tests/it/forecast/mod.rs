//! The forecast: what it says is what the runs then do.

mod program;
mod special;
mod truth;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use linerent::calendar::days_after;
use linerent::cli::views::forecast::{ForecastDayView, ForecastView};
use linerent::operations::rentals::cancel::CancelAt;
use linerent_testkit::seeded_rng::SeededRng;
use linerent_testkit::{World, date};
use rust_decimal::Decimal;
use truth::Beginning;

const ACCOUNTS: u64 = 24;

/// Accounts of all sorts, of which some could not rent all that they wanted: on credit, with cards that
/// pay, with cards that are not to be charged any more, and with rentals that end.
async fn rent_at_random(world: &mut World, chance: &mut SeededRng) {
    let mut today = date(linerent_testkit::FIRST_DAY);
    for account in 0..ACCOUNTS {
        if chance.once_in(3) {
            today = days_after(today, 1 + u32::try_from(chance.below(6)).expect("small"));
            world.sleep_until(&today.to_string()).await;
        }
        let key = format!("{:08x}", account * 178_956_970);
        let currency = chance.one_of(&["EUR", "EUR", "EUR", "USD", "JPY"]);
        world.account_in(&key, currency, chance.one_of(&["0", "0", "4"])).await;
        world.top_up(&key, chance.one_of(&["7", "12", "20", "1000"]), "opening").await;
        for number in 0..=chance.below(4) {
            let msisdn = format!("44770090{account:02}{number:02}");
            world.number_in(&msisdn, chance.one_of(&["0", "1", "2", "3", "9"]), currency).await;
            let is_rented = world.try_to_rent(&key, &msisdn).await.is_ok();
            if is_rented && chance.once_in(8) {
                world.cancel(&msisdn, CancelAt::PeriodEnd).await;
            }
        }
        if chance.once_in(2) {
            let (threshold, amount) =
                (chance.one_of(&["1", "5", "30"]), chance.one_of(&["1", "2", "10"]));
            world.auto_reload(&key, threshold, amount, "pm_card_visa").await;
            if chance.once_in(6) {
                world.auto_reload_off(&key).await;
            }
        }
    }
}

on_both_engines!(what_is_foretold_is_what_the_runs_then_do, |world| {
    let mut chance = SeededRng::new(world.engine.name());
    change_terms(world, &mut chance);
    rent_at_random(world, &mut chance).await;
    // Up to a day on which some are past due, or late, or both.
    let today = world.app.moment().on;
    let today = days_after(today, u32::try_from(chance.below(50)).expect("small"));
    if chance.once_in(2) {
        world.advance(&today.to_string()).await;
    } else {
        world.sleep_until(&today.to_string()).await;
    }
    let is_run = world.find_run(today).await.is_some();
    let days = 30 + u32::try_from(chance.below(60)).expect("small");

    let before = world.dump().await;
    let foretold = world.forecast(days).await;
    assert_eq!(world.dump().await, before, "a forecast changes nothing");
    assert_eq!(foretold.from, if is_run { days_after(today, 1) } else { today });
    assert_eq!(foretold.to, days_after(foretold.from, days - 1));

    assert_eq!(sum_of_each_account(world, days).await, in_short(&foretold), "one by one");
    change_concurrency(world, &mut chance);
    assert_eq!(
        in_short(&world.forecast(days).await),
        in_short(&foretold),
        "at another concurrency"
    );

    let beginning = Beginning::of(world, &foretold).await;
    let mut runs = Vec::new();
    if !is_run {
        runs.push(world.run().await);
    }
    runs.extend(world.advance(&foretold.to.to_string()).await);
    assert_eq!(runs.len(), foretold.currencies[0].days.len());
    let truth = beginning.truth(world).await;
    for (foretold, truth) in foretold.currencies.iter().zip(&truth) {
        for (foretold, truth) in foretold.days.iter().zip(truth) {
            assert_eq!(foretold, truth);
        }
    }
    truth::compare_with_reports(&foretold, &runs);
});

fn change_terms(world: &mut World, chance: &mut SeededRng) {
    let (grace_days, late_grace_days) = (chance.one_of(&[0, 0, 2, 40]), chance.one_of(&[0, 3]));
    let (multiples_max, per_day_max) = (chance.one_of(&[1, 3, 10]), chance.one_of(&[1, 2, 3]));
    world.change_policy(|policy| {
        policy.release.grace_days = grace_days;
        policy.release.late_grace_days = late_grace_days;
        policy.auto_reload.multiples_max = multiples_max;
        policy.auto_reload.per_day_max = per_day_max;
        policy.release.guard.percent = Decimal::ONE_HUNDRED;
    });
    change_concurrency(world, chance);
}

fn change_concurrency(world: &mut World, chance: &mut SeededRng) {
    let (batch_accounts, workers) = (chance.one_of(&[1, 3, 500]), chance.one_of(&[1, 2, 5]));
    world.change_policy(|policy| {
        policy.run.batch_accounts = batch_accounts;
        policy.run.workers = workers;
    });
}

/// By day and currency, what is not nothing.
type InShort = BTreeMap<(NaiveDate, String), ([u64; 5], [Decimal; 7])>;

fn in_short(forecast: &ForecastView) -> InShort {
    let mut sums = InShort::new();
    add(&mut sums, forecast);
    sums
}

fn add(sums: &mut InShort, forecast: &ForecastView) {
    for day in forecast.days() {
        let (counts, amounts) = figures(day);
        if counts == [0; 5] {
            continue;
        }
        let sum = sums.entry((day.on, day.currency.clone())).or_default();
        sum.0.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        sum.1.iter_mut().zip(amounts).for_each(|(sum, amount)| *sum += amount);
    }
}

const fn figures(day: &ForecastDayView) -> ([u64; 5], [Decimal; 7]) {
    (
        [day.renewals, day.reloads, day.short_accounts, day.short_numbers, day.released],
        [
            day.amount,
            day.funded,
            day.funded_by_balance,
            day.funded_by_reload,
            day.short,
            day.paid_late,
            day.reload_amount,
        ],
    )
}

async fn sum_of_each_account(world: &World, days: u32) -> InShort {
    let mut sums = InShort::new();
    for account in 0..ACCOUNTS {
        let key = format!("{:08x}", account * 178_956_970);
        add(&mut sums, &world.forecast_of(days, Some(&key)).await);
    }
    sums
}
