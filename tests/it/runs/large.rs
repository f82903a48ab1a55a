//! Accounts with more periods than one transaction charges.

use std::sync::Arc;
use std::time::Instant;

use linerent::operations::run::Watch;
use linerent::operations::{accounts::book, run};
use linerent::run::RunCounts;
use linerent_testkit::Population;
use linerent_testkit::{Engine, World, id};
use tokio_util::sync::CancellationToken;

/// Twelve numbers with different prices, of which three periods each are due, and money for a part of them.
async fn large(engine: Engine, batch_accounts: u32) -> World {
    let mut world = World::new(engine).await;
    world.change_policy(|policy| {
        policy.run.batch_accounts = batch_accounts;
        policy.release.grace_days = 5;
    });
    world.account_with_threshold("0000000a", "140", "30").await;
    world.account("0000000b", "100").await;
    for index in 0..12 {
        let msisdn = format!("4477009000{index:02}");
        world.numbers(&[&msisdn], &format!("{}.00", 1 + (index * 5) % 12)).await;
        world.rent("0000000a", &msisdn).await;
    }
    world.numbers(&["447700900099"], "1.00").await;
    world.rent("0000000b", "447700900099").await;
    world.sleep_until("2026-04-30").await;
    world
}

/// What an account has and was told, without the number of its changes.
async fn state(world: &World) -> Vec<String> {
    let mut state: Vec<_> = world.dump().await;
    state.retain(|row| row.starts_with("subscription|") || row.starts_with("transfer|"));
    // The time of day at which it was posted is the machine's, and the ids of reloads are random.
    for row in &mut state {
        if row.starts_with("transfer|") {
            *row = row.rsplit_once('|').expect("columns").0.to_owned();
            if let Some((before, after)) = row.split_once("reload/0000000a-") {
                *row = format!("{before}{}", &after[12..]);
            }
        }
    }
    for key in ["0000000a", "0000000b"] {
        state.push(world.balance(key).await);
        state.extend(world.told(key).await);
    }
    state
}

async fn versions(world: &World) -> Vec<i64> {
    let versions = "SELECT CAST(version AS TEXT) FROM accounts ORDER BY account_id";
    world.texts(versions).await.iter().map(|it| it.parse().expect("a number")).collect()
}

on_both_engines!(many_periods_of_an_account_are_paid_in_several_transactions_as_in_one, |world| {
    let at_once = large(world.engine, 500).await;
    let in_parts = large(world.engine, 1).await;
    let before = versions(&in_parts).await;
    let foreseen = in_parts.dry_run().await;
    let report = at_once.run().await;
    assert!(report.renewed > 12 && report.past_due > 0, "{report:?}");
    assert_eq!((foreseen.renewed, foreseen.past_due), (report.renewed, report.past_due));
    let in_parts_report = in_parts.run().await;
    assert_eq!((in_parts_report.accounts, in_parts_report.notices), (2, report.notices));
    assert_eq!(in_parts_report.renewed, report.renewed);
    assert_eq!(state(&in_parts).await, state(&at_once).await);
    // Four periods are paid at a time.
    let changes = versions(&in_parts).await[0] - before[0];
    assert!(changes > 3, "only {changes} transactions");
    assert_eq!(in_parts.disagreements().await, []);
    at_once.end().await;
    in_parts.end().await;
});

on_both_engines!(money_for_many_periods_pays_them_in_several_transactions, |world| {
    let mut states = Vec::new();
    for batch_accounts in [500, 1] {
        let world = large(world.engine, batch_accounts).await;
        world.run().await;
        let before = versions(&world).await;
        world.top_up("0000000a", "500", "bank").await;
        let changes = versions(&world).await[0] - before[0];
        assert_eq!(changes > 1, batch_accounts == 1, "{changes} transactions");
        assert_eq!(world.disagreements().await, []);
        states.push(state(&world).await);
        world.end().await;
    }
    assert_eq!(states[0], states[1]);
});

on_both_engines!(a_card_for_many_periods_pays_them_in_several_transactions, |world| {
    let mut states = Vec::new();
    for batch_accounts in [500, 1] {
        let world = large(world.engine, batch_accounts).await;
        world.auto_reload("0000000a", "200", "100", "pm_card_visa").await;
        let report = world.run().await;
        assert_eq!((report.past_due, report.reloads.captured), (0, 1), "{report:?}");
        assert_eq!(world.disagreements().await, []);
        states.push((state(&world).await, report.renewed));
        world.end().await;
    }
    assert_eq!(states[0], states[1]);
});

/// Stops what it follows once a charge, or a card's, is committed.
struct StopsAtOnce {
    stop: CancellationToken,
    waits_for_card: bool,
}

impl linerent::billing::Observer for StopsAtOnce {
    fn committed(&self, done: &RunCounts) {
        let count = if self.waits_for_card { done.reloads.captured } else { done.renewed };
        if count > 0 {
            self.stop.cancel();
        }
    }
}

/// The periods that an interrupted run of the date paid.
async fn interrupted_run(world: &World, on: &str, waits_for_card: bool) -> u64 {
    let stop = CancellationToken::new();
    let observer = Arc::new(StopsAtOnce { stop: stop.clone(), waits_for_card });
    run::run(&world.app, &Watch { observer, stop }).await.expect_err("an interrupted run");
    world.run_of(on).await.renewed
}

on_both_engines!(a_run_stops_between_two_transactions_that_a_card_pays, |world| {
    let whole = large(world.engine, 1).await;
    let world = large(world.engine, 1).await;
    for world in [&whole, &world] {
        world.auto_reload("0000000a", "200", "100", "pm_card_visa").await;
    }
    let all = whole.run().await.renewed;
    let so_far = interrupted_run(&world, "2026-04-30", true).await;
    assert!(so_far + 10 < all, "{so_far} of {all}: the card's money pays four periods at a time");
    let rest = world.run().await;
    assert_eq!((so_far + rest.renewed, rest.past_due), (all, 0));
    assert_eq!(state(&world).await, state(&whole).await);
    assert_eq!(world.disagreements().await, []);
    whole.end().await;
    world.end().await;
});

on_both_engines!(a_run_stops_between_two_transactions_of_an_account, |world| {
    let mut world = large(world.engine, 1).await;
    world.top_up("0000000a", "1000", "bank").await;
    world.sleep_until("2026-05-31").await;
    let so_far = interrupted_run(&world, "2026-05-31", false).await;
    assert!(
        (1..=8).contains(&so_far),
        "{so_far}: each of two workers has done one transaction at most"
    );
    let rest = world.run().await;
    // Of the other account, three periods were due before.
    assert_eq!(so_far + rest.renewed, 12 + 4, "every period is charged once");
    assert_eq!(world.disagreements().await, []);
    world.end().await;
});

on_both_engines!(all_top_ups_of_one_account_at_once_are_booked, |world| {
    world.account("0000000a", "0").await;
    // Of those who read the same version, one is written: the last one would have to be computed forty times.
    let booked = (0..40).map(|index| {
        let app = &world.app;
        async move {
            let amount = "1".parse().expect("an amount");
            book::top_up(app, id("0000000a"), amount, &index.to_string()).await
        }
    });
    for booked in futures_util::future::join_all(booked).await {
        booked.expect("a top-up");
    }
    assert_eq!(world.balance("0000000a").await, "40.00");
});

on_both_engines!(a_top_up_beside_a_run_over_a_large_account_is_booked, |world| {
    world.seed(&Population { accounts: 1, numbers_each: 400, months_paid: |_| 3 }).await;
    world.sleep_until("2026-02-28").await;
    world.change_policy(|policy| policy.run.batch_accounts = 1);
    let key = world.texts("SELECT CAST(account_id AS TEXT) FROM accounts").await[0].clone();
    let key = format!("{:08x}", key.parse::<u32>().expect("an id"));
    let app = world.another_app().await;
    let billed = tokio::spawn(async move { run::run(&app, &Watch::default()).await });
    let mut booked = 0;
    while !billed.is_finished() {
        world.top_up(&key, "1", &booked.to_string()).await;
        booked += 1;
    }
    assert!(booked > 0, "no top-up beside the run");
    billed.await.expect("no panic").expect("a run");
    assert_eq!(world.run_of("2026-02-28").await.status, "complete");
    // Some of the periods were paid by top-ups, which pay what is due too.
    let paid = "SELECT CAST(COUNT(*) AS TEXT)
        FROM transfers
        WHERE code = 'rental' AND posted_on = '2026-02-28'";
    assert_eq!(world.texts(paid).await, ["400"], "every period is charged once");
    assert_eq!(world.disagreements().await, []);
});

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_waits_to_write_to_sqlite_is_the_next_one() {
    let world = World::new(Engine::Sqlite).await;
    world.account("0000000a", "0").await;
    let (first, second) = (world.another_app().await, world.another_app().await);
    let held = first.store.lock_account(id("0000000a")).await.expect("the lock");
    // It is in the queue once another cannot enter.
    let url = world.url.strip_prefix("sqlite:").expect("a file");
    let queue = std::fs::File::options().create(true).append(true).open(format!("{url}-queue"));
    let queue = queue.expect("the queue");
    let waiting = tokio::spawn(async move {
        second.store.lock_account(id("0000000a")).await.map(|_| Instant::now())
    });
    while queue.try_lock().map(|()| queue.unlock()).is_ok() {
        tokio::task::yield_now().await;
    }
    let again = tokio::spawn(async move {
        drop(held);
        first.store.lock_account(id("0000000a")).await.map(|_| Instant::now())
    });
    let (waiting, again) = (waiting.await.expect("an end"), again.await.expect("an end"));
    assert!(
        waiting.expect("the lock") <= again.expect("the lock"),
        "the one that came later was first"
    );
    world.end().await;
}
