//! The program is killed at random moments of its runs: nothing is lost and nothing done twice.

use std::time::{Duration, Instant};

use chrono::NaiveDate;
use linerent::calendar::renewal_on;
use linerent_testkit::Population;
use linerent_testkit::processes::{Outcome, kill_after, report_of};
use linerent_testkit::seeded_rng::{SeededRng, count_of};
use linerent_testkit::{FIRST_DAY, World, date};

/// 2,200 subscriptions. Every tenth account runs out of money some day and is released.
const POPULATION: Population = Population {
    accounts: 1_100,
    numbers_each: 2,
    months_paid: |index| if index % 10 == 0 { u64::from(index / 10 % 40) } else { 1_000 },
};

on_both_engines!(killed_again_and_again_it_charges_every_period_once, |world| {
    // Kills of a process that was alive, and among them those amid the charging.
    let (kills_min, kills_at_work_min) = (count_of(10, 50), count_of(5, 25));
    world.seed(&POPULATION).await;
    let mut chance = SeededRng::new(world.engine.name());

    // The first month shows how long a run takes.
    world.sleep_until(&due_on(1).to_string()).await;
    let begun = Instant::now();
    report_of(world.start_run()).await;
    let duration = begun.elapsed();
    check_month(world, 1).await;

    let (mut kills, mut kills_at_work, mut month) = (0, 0, 1);
    while kills < kills_min || kills_at_work < kills_at_work_min {
        month += 1;
        world.sleep_until(&due_on(month).to_string()).await;
        let mut charged = 0;
        while let Outcome::Killed =
            kill_after(moment(&mut chance, duration), world.start_run()).await
        {
            kills += 1;
            let charged_now = check_counts(world, due_on(month)).await;
            kills_at_work += u32::from(charged_now > charged && charged_now < due(month));
            charged = charged_now;
        }
        check_month(world, month).await;
    }
    assert_eq!(world.disagreements().await, []);
});

/// A random moment of a run, most of them before it would end.
fn moment(chance: &mut SeededRng, duration: Duration) -> Duration {
    let micros = u64::try_from(duration.as_micros()).expect("a short time");
    Duration::from_micros(chance.below(micros))
}

fn due_on(month: u32) -> NaiveDate {
    renewal_on(date(FIRST_DAY), month).expect("in range")
}

/// How many subscriptions can be charged in `month`.
fn due(month: u32) -> u64 {
    POPULATION.count(|months| months >= u64::from(month)) * u64::from(POPULATION.numbers_each)
}

/// How many are released in `month`.
fn unpaid(month: u32) -> u64 {
    POPULATION.count(|months| months + 1 == u64::from(month)) * u64::from(POPULATION.numbers_each)
}

/// After a kill, what the run says it did is what the ledger holds; returns how much that is.
async fn check_counts(world: &World, on: NaiveDate) -> u64 {
    // The database may be ending what the killed process asked for: hence before and after.
    let before = charged_on(world, on).await;
    let Some(run) = world.find_run(on).await else {
        assert_eq!(before, 0);
        return 0;
    };
    let after = charged_on(world, on).await;
    let renewed = run.renewed;
    assert!((before..=after).contains(&renewed), "{before} to {after} charged, {renewed} counted");
    renewed
}

async fn charged_on(world: &World, on: NaiveDate) -> u64 {
    let sql = format!(
        "SELECT CAST(COUNT(*) AS TEXT) FROM transfers WHERE code = 'rental' AND posted_on = '{on}'"
    );
    world.texts(&sql).await[0].parse().expect("a count")
}

/// What all runs of the month's day did together is exactly what was due.
async fn check_month(world: &World, month: u32) {
    let on = due_on(month);
    let run = world.run_of(&on.to_string()).await;
    let numbers = u64::from(POPULATION.numbers_each);
    let paying = due(month) / numbers;
    let unpaid_before = if month > 1 { unpaid(month - 1) } else { 0 };
    assert_eq!(run.status, "complete");
    assert_eq!(run.accounts, paying + unpaid(month) / numbers, "accounts in month {month}");
    assert_eq!(run.renewed, due(month), "renewed in month {month}");
    assert_eq!(run.renewed_amount, Some((paying * POPULATION.price_each()).into()));
    assert_eq!((run.released, run.past_due), (unpaid(month), 0), "released in month {month}");
    assert_eq!(run.returned, unpaid_before, "back on sale in month {month}");
    assert_eq!((run.failures.len(), run.oldest_unbilled), (0, None));
    assert_eq!(charged_on(world, on).await, due(month));
}
