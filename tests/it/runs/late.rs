//! Late is as good as on time: a run after seventy days does what seventy runs would have done.

use chrono::{Datelike as _, Days, NaiveDate};
use linerent::operations::rentals::cancel::CancelAt;
use linerent_testkit::seeded_rng::{SeededRng, count_of};
use linerent_testkit::{Engine, World, date};

/// Days without a run.
const DAYS: u64 = 70;
const ACCOUNTS: u32 = 8;

/// One rental, the same in both worlds.
#[derive(Debug, Clone)]
struct Rental {
    on: NaiveDate,
    key: String,
    msisdn: String,
    monthly_price: String,
    setup_price: String,
    is_cancelled: bool,
}

/// Rentals of up to four numbers for each account, within four weeks: so nothing is due yet when
/// the last of them begins. Half of the cases are about February, half of those in a leap year.
fn rentals(chance: &mut SeededRng) -> Vec<Rental> {
    let year = chance.one_of(&[2027, 2028, 2028, 2029, 2032, 2100]);
    let month = if chance.once_in(2) { 1 } else { 1 + chance.below(12) };
    let first = date(&format!("{year}-{month:02}-{:02}", 8 + chance.below(12)));
    let days: Vec<_> = (0..28).map(|ahead| first + Days::new(ahead)).collect();
    let month_ends: Vec<_> = days.iter().copied().filter(|day| day.day() >= 28).collect();
    let mut rentals = Vec::new();
    for account in 0..ACCOUNTS {
        for _ in 0..=chance.below(4) {
            let candidates = if chance.once_in(2) { &days } else { &month_ends };
            let on = chance.one_of(candidates);
            rentals.push(Rental {
                on,
                key: key(account),
                // Not in the order of rental.
                msisdn: format!("4477{:04}{:03}", chance.below(10_000), rentals.len()),
                monthly_price: chance.one_of(&["0", "1", "2.50", "0.000001", "19.99"]).to_owned(),
                setup_price: chance.one_of(&["0", "0", "3"]).to_owned(),
                is_cancelled: chance.once_in(8),
            });
        }
    }
    rentals.sort_by_key(|rental| rental.on);
    rentals
}

fn key(account: u32) -> String {
    format!("{:08x}", account * 0x1fff_ffff)
}

async fn world_with(engine: Engine, rentals: &[Rental]) -> World {
    let mut world = World::new(engine).await;
    for account in 0..ACCOUNTS {
        world.account(&key(account), "10000").await;
    }
    for rental in rentals {
        world.sleep_until(&rental.on.to_string()).await;
        world.number_with_setup(&rental.msisdn, &rental.monthly_price, &rental.setup_price).await;
        world.rent(&rental.key, &rental.msisdn).await;
        if rental.is_cancelled {
            world.cancel(&rental.msisdn, CancelAt::PeriodEnd).await;
        }
    }
    world
}

/// All that is billed, but for when: the ledger, the subscriptions, the balances, the inventory.
async fn what_was_billed(world: &World) -> Vec<String> {
    let mut rows = Vec::new();
    for account in 0..ACCOUNTS {
        for mut line in world.statement(&key(account)).await {
            line.on = NaiveDate::MIN;
            rows.push(format!("{line:?}"));
        }
        for subscription in world.subscriptions(&key(account)).await {
            rows.push(format!("{subscription:?}"));
            rows.push(format!("{:?}", world.number(&subscription.number).await));
        }
        rows.push(world.balance(&key(account)).await);
    }
    rows
}

async fn check_late_is_as_good_as_on_time(engine: Engine) {
    let mut chance = SeededRng::new(engine.name());
    for _ in 0..count_of(2, 12) {
        let rentals = rentals(&mut chance);
        let rented_on = rentals.last().expect("a rental").on;
        let end = (rented_on + Days::new(DAYS)).to_string();
        let mut on_time = world_with(engine, &rentals).await;
        let mut late = world_with(engine, &rentals).await;
        let daily = on_time.advance(&end).await;
        late.sleep_until(&end).await;
        let once = late.run().await;
        assert_eq!(daily.iter().map(|run| run.renewed).sum::<u64>(), once.renewed, "{rentals:#?}");
        assert!(once.renewed > 0 && once.failures.is_empty(), "{once:?}");
        assert_eq!(what_was_billed(&late).await, what_was_billed(&on_time).await, "{rentals:#?}");
        assert_eq!(late.disagreements().await, []);
        on_time.end().await;
        late.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_run_after_seventy_days_is_as_good_as_seventy_runs_sqlite() {
    check_late_is_as_good_as_on_time(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_run_after_seventy_days_is_as_good_as_seventy_runs_postgres() {
    check_late_is_as_good_as_on_time(Engine::Postgres).await;
}
