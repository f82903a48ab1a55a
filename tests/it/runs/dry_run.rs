//! The dry run says what the run then does, and a second run changes nothing.

use linerent::operations::cancel::CancelAt;
use linerent_testkit::World;
use linerent_testkit::seeded_rng::SeededRng;
use rust_decimal::Decimal;

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
