//! The dry run says what the run then does, and a second run changes nothing.

use linerent::operations::rentals::cancel::CancelAt;
use linerent_testkit::seeded_rng::SeededRng;
use linerent_testkit::{Engine, World};
use rust_decimal::Decimal;
use sqlx::Connection as _;

const ACCOUNTS: u64 = 20;
const ROUNDS: u64 = 14;

/// Accounts with one to three numbers; some have money for long, some for a while, some for none,
/// some on credit, and some have cancelled.
async fn rent_at_random(world: &mut World, chance: &mut SeededRng) {
    let mut day = 31;
    for account in 0..ACCOUNTS {
        if chance.once_in(6) {
            day += 1;
            world.sleep_until(&format!("2026-02-{:02}", day - 31)).await;
        }
        let key = format!("{account:08x}");
        let months = chance.one_of(&["6.50", "9", "14", "1000"]);
        world.account_with_credit(&key, months, chance.one_of(&["0", "0", "4"])).await;
        for number in 0..=chance.below(2) {
            let msisdn = format!("44770090{account:02}{number:02}");
            world.numbers(&[&msisdn], chance.one_of(&["0", "1", "2.50", "3"])).await;
            world.rent(&key, &msisdn).await;
            if chance.once_in(8) {
                world.cancel(&msisdn, CancelAt::PeriodEnd).await;
            }
        }
    }
}

/// One account that can pay for its first month and for no other, whatever chance does.
async fn rent_beyond_means(world: &World) {
    world.account_with_credit("000000ff", "2.50", "0").await;
    world.numbers(&["447700909999"], "2.50").await;
    world.rent("000000ff", "447700909999").await;
}

on_both_engines!(the_dry_run_says_what_the_run_then_does, |world| {
    let mut chance = SeededRng::new(world.engine.name());
    let batch_accounts = chance.one_of(&[1, 3, 500]);
    world.change_policy(|policy| {
        policy.run.batch_accounts = batch_accounts;
        policy.release.hold.days = 20;
    });
    rent_beyond_means(world).await;
    rent_at_random(world, &mut chance).await;
    let (mut released, mut past_due) = (0, 0);
    let mut today = linerent_testkit::date("2026-02-28");
    for round in 0..ROUNDS {
        today = today + chrono::Days::new(1 + chance.below(12));
        world.sleep_until(&today.to_string()).await;
        // At first somebody is left in grace, and at last nobody is spared.
        let (grace_days, guard_percent) = match round {
            0 => (5, Decimal::ONE_HUNDRED),
            _ if round == ROUNDS - 1 => (0, Decimal::ONE_HUNDRED),
            _ => (chance.one_of(&[0, 0, 5]), chance.one_of(&[Decimal::ZERO, Decimal::ONE_HUNDRED])),
        };
        world.change_policy(|policy| {
            policy.release.grace_days = grace_days;
            policy.release.guard.percent = guard_percent;
            policy.release.guard.min = 0;
        });
        if chance.once_in(2) {
            let key = format!("{:08x}", chance.below(ACCOUNTS));
            world.top_up(&key, "3", &format!("INV-{round}")).await;
        }
        let before = world.dump().await;
        let foretold = world.dry_run().await;
        assert_eq!(world.dump().await, before, "a dry run changes nothing");
        let done = world.run().await;
        assert_eq!(foretold, done);
        released += done.released;
        past_due += done.past_due;

        let after = world.dump().await;
        let foretold = world.dry_run().await;
        let again = world.run().await;
        assert_eq!(foretold, again);
        assert_eq!(world.dump().await, after, "a second run changes nothing");
        assert_eq!((again.renewed, again.released, again.past_due), (0, 0, 0));
    }
    assert!(released > 0 && past_due > 0, "{released} released, {past_due} past due");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_dry_run_asks_no_gateway_and_leaves_out_what_depends_on_it, |world| {
    world.numbers(&["447700900001", "447700900002"], "2").await;
    for (key, msisdn) in [("0000000a", "447700900001"), ("0000000b", "447700900002")] {
        world.account(key, "2").await;
        world.rent(key, msisdn).await;
    }
    world.auto_reload("0000000b", "5", "4", "pm_sandbox_timeoutAfterCapture").await;
    assert_eq!(world.run().await.reloads.in_doubt, 1);
    world.auto_reload("0000000a", "5", "4", "pm_card_visa").await;
    world.sleep_until("2026-02-28").await;

    let charges = "SELECT reload_id || ' ' || CAST(asked AS TEXT) FROM sandbox_charges ORDER BY 1";
    let before = (world.dump().await, world.texts(charges).await);
    let foretold = world.dry_run().await;
    assert_eq!((world.dump().await, world.texts(charges).await), before);
    assert_eq!((foretold.accounts, foretold.renewed, foretold.reloads.requested), (2, 0, 1));
    assert_eq!((foretold.past_due, foretold.released, foretold.notices), (0, 0, 0));
    assert_eq!(foretold.oldest_unbilled, Some(linerent_testkit::date("2026-02-28")));

    let done = world.run().await;
    assert_eq!((done.accounts, done.renewed, done.reloads.requested), (2, 2, 1));
});

/// A transaction that writes would wait for the lock, and fail in the end.
#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_needs_no_lock_of_sqlite() {
    let mut world = World::new(Engine::Sqlite).await;
    rent_beyond_means(&world).await;
    world.sleep_until("2026-02-28").await;
    let mut other = sqlx::SqliteConnection::connect(&world.url).await.expect("a connection");
    let held = other.begin_with("BEGIN EXCLUSIVE").await.expect("the lock");
    let foretold = world.dry_run().await;
    held.rollback().await.expect("the lock is free");
    assert_eq!((foretold.accounts, foretold.released), (1, 1));
    world.end().await;
}
