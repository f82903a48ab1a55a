//! The real daemon, as a process of its own: its life, what is seen of it, and what happens to it.

mod life;
mod listening;
mod outages;
mod proxy;
mod schedule;
mod seen;
mod times;

use linerent_testkit::daemon::wait_for;
use linerent_testkit::{Population, World, system_now};

/// Accounts that rented in January and can pay for years. Whenever the tests are run, much is due.
const POPULATION: Population =
    Population { accounts: 400, numbers_each: 2, months_paid: |_| 10_000 };

/// Waits until something of today's run is done.
async fn wait_for_a_charge(world: &World) {
    wait_for("a charge", async || renewals_charged(world).await > 0).await;
}

/// Waits until today's run has ended, no matter which process ended it.
async fn wait_for_the_end(world: &World) {
    let sql = "SELECT status FROM runs WHERE status = 'complete'";
    wait_for("the run's end", async || world.texts(sql).await.len() == 1).await;
}

/// How many renewals there were in all.
async fn renewals_charged(world: &World) -> u64 {
    let sql = "SELECT CAST(COUNT(*) AS TEXT) FROM transfers WHERE code = 'rental'";
    let count: u64 = world.texts(sql).await[0].parse().expect("a count");
    count - u64::from(POPULATION.accounts * POPULATION.numbers_each)
}

/// How many periods are due and not charged.
async fn unbilled(world: &World) -> u64 {
    let today = chrono::NaiveDate::to_string(&system_now().date_naive());
    let sql = format!(
        "SELECT CAST(COUNT(*) AS TEXT) FROM subscriptions
         WHERE ended_on IS NULL AND next_renewal_on <= '{today}'"
    );
    world.texts(&sql).await[0].parse().expect("a count")
}

/// All is charged, and nothing disagrees.
async fn assert_all_is_well(world: &World) {
    assert_eq!(unbilled(world).await, 0);
    assert_eq!(world.disagreements().await, []);
}
