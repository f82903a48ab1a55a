//! The program is killed at random moments of its reload pass, before a gateway that remembers:
//! what is captured there and what is credited here stay one to one.

use std::collections::BTreeSet;
use std::process::Child;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use linerent::calendar::renewal_on;
use linerent_testkit::Population;
use linerent_testkit::processes::{Outcome, kill_after, report_of};
use linerent_testkit::seeded_rng::{SeededRng, count_of};
use linerent_testkit::stripe_server::{API_KEY, Fault, StripeServer};
use linerent_testkit::{FIRST_DAY, World, date};

/// Each account rents a number for 1 EUR and has nothing but a card. A month's reload leaves half
/// of the next month's price, so no renewal is ever paid without one.
const POPULATION: Population = Population { accounts: 60, numbers_each: 1, months_paid: |_| 0 };

on_both_engines!(killed_again_and_again_captured_and_credited_stay_one_to_one, |world| {
    // Kills amid the charging of cards; there are more, before and after it.
    let kills_at_work_min = count_of(15, 100);
    let stand_in = StripeServer::start().await;
    stand_in.latency(Duration::from_millis(4));
    world.use_stripe(&stand_in);
    world.seed(&POPULATION).await;
    world
        .execute_sql(
            "INSERT INTO auto_reloads (account_id, threshold, amount, payment_method, status, declines)
             SELECT account_id, 10000, 500000, 'pm_card_visa', 'on', 0
             FROM accounts",
        )
        .await;
    let mut chance = SeededRng::new(world.engine.name());

    // The first month shows how long a run takes.
    world.sleep_until(&due_on(1).to_string()).await;
    let begun = Instant::now();
    report_of(start_run(world, &stand_in)).await;
    let mut duration = begun.elapsed();
    check_month(world, &stand_in, 1).await;

    let (mut kills_at_work, mut month) = (0, 1);
    while kills_at_work < kills_at_work_min {
        month += 1;
        world.sleep_until(&due_on(month).to_string()).await;
        world.execute_sql("UPDATE auto_reloads SET status = 'on'").await;
        let before = stand_in.captured().len();
        let mut captured = before;
        loop {
            let faults = [Fault::CutAfter, Fault::CutBefore, Fault::FailAfter, Fault::Processing];
            stand_in.faults(&[chance.one_of(&faults)]);
            let micros = u64::try_from(duration.as_micros()).expect("a short time");
            let delay = Duration::from_micros(chance.below(micros));
            let (begun, is_whole) = (Instant::now(), captured == before);
            let Outcome::Killed = kill_after(delay, start_run(world, &stand_in)).await else {
                // The machine may have been slow in the first month. Where few are killed, many months
                // go by, and with them more payments than a gateway is asked to list.
                if is_whole {
                    duration = begun.elapsed();
                }
                break;
            };
            forget_the_dead(world).await;
            end_orders_that_wait(world).await;
            let captured_now = check_after_kill(world, &stand_in).await;
            let is_amid =
                captured_now < before + usize::try_from(POPULATION.accounts).expect("a few");
            kills_at_work += u32::from(captured_now > captured && is_amid);
            captured = captured_now;
        }
        check_month(world, &stand_in, month).await;
    }
});

fn start_run(world: &World, stand_in: &StripeServer) -> Child {
    world
        .run_command()
        .env("LINERENT__PAYMENTS__GATEWAY", "stripe")
        .env("LINERENT__PAYMENTS__CONCURRENT_MAX", "4")
        .env("LINERENT__PAYMENTS__STRIPE__API_KEY", API_KEY)
        .env("LINERENT__PAYMENTS__STRIPE__API_BASE", &stand_in.url)
        .spawn()
        .expect("the program starts")
}

fn due_on(month: u32) -> NaiveDate {
    renewal_on(date(FIRST_DAY), month).expect("in range")
}

/// Leases and claims of killed processes run out in time; that time goes by now.
async fn forget_the_dead(world: &World) {
    let past = "2026-01-01T00:00:00+00:00";
    for sql in [
        format!("UPDATE run_slices SET leased_until = '{past}' WHERE leased_by IS NOT NULL"),
        format!("UPDATE reloads SET claimed_until = '{past}' WHERE claimed_until IS NOT NULL"),
    ] {
        world.execute_sql_again_after_deadlocks(&sql).await;
    }
}

/// Those whose reload is under way want no further one: only that it is under way keeps their
/// numbers from being released.
async fn end_orders_that_wait(world: &World) {
    world
        .execute_sql_again_after_deadlocks(
            "UPDATE auto_reloads
             SET status = 'off'
             WHERE account_id IN (SELECT account_id FROM reloads WHERE settled_on IS NULL)",
        )
        .await;
}

/// Whatever moment it was: nothing is credited that was not captured, nothing is captured twice,
/// and nobody has lost a number. Returns how many were captured so far.
async fn check_after_kill(world: &World, stand_in: &StripeServer) -> usize {
    let credited = credited(world).await;
    let captured = captured(stand_in);
    assert!(credited.is_subset(&captured), "credited and not captured");
    let lost = world.texts("SELECT msisdn FROM subscriptions WHERE ended_on IS NOT NULL").await;
    assert!(lost.is_empty(), "{lost:?} are lost");
    captured.len()
}

fn captured(stand_in: &StripeServer) -> BTreeSet<(String, i64)> {
    let all = stand_in.captured();
    let count = all.len();
    let each: BTreeSet<_> = all.into_iter().collect();
    assert_eq!(each.len(), count, "a reload was captured twice");
    let ids: BTreeSet<_> = each.iter().map(|(id, _)| id).collect();
    assert_eq!(ids.len(), count, "a reload was captured twice");
    each
}

/// What the ledger holds of reloads, in cents.
async fn credited(world: &World) -> BTreeSet<(String, i64)> {
    let rows = world
        .texts(
            "SELECT concat_ws('|', idempotency_key, amount / 10000)
             FROM transfers
             WHERE code = 'reload'",
        )
        .await;
    let each = rows.iter().map(|row| {
        let (key, cents) = row.split_once('|').expect("two columns");
        let id = key.strip_prefix("reload/").expect("a reload's key");
        (id.to_owned(), cents.parse().expect("a number"))
    });
    each.collect()
}

/// Once all that was in doubt is known, each account was charged once, by card and by us.
async fn check_month(world: &World, stand_in: &StripeServer, month: u32) {
    stand_in.no_more_faults();
    for _ in 0..3 {
        if world.check().await.in_doubt == 0 {
            break;
        }
    }
    let in_doubt = world.check().await.in_doubt;
    let why = world.texts("SELECT reason FROM reloads WHERE settled_on IS NULL").await;
    assert_eq!(in_doubt, 0, "all is known in the end of month {month}: {why:?}");
    let (captured, credited) = (captured(stand_in), credited(world).await);
    let one_sided: Vec<_> = captured.symmetric_difference(&credited).collect();
    assert!(one_sided.is_empty(), "captured or credited, not both: {one_sided:?}");
    let accounts = u64::from(POPULATION.accounts);
    assert_eq!(stand_in.captured().len() as u64, accounts * u64::from(month));
    let on = due_on(month);
    let charged = world
        .texts(&format!(
            "SELECT CAST(account_id AS TEXT) FROM transfers
             WHERE code = 'rental' AND period_start = '{on}'"
        ))
        .await;
    assert_eq!(charged.len() as u64, accounts, "each period is charged once");
    let run = world.run_of(&on.to_string()).await;
    assert_eq!((run.status, run.released), ("complete", 0));
    assert_eq!(world.disagreements().await, []);
}
