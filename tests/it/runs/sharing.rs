//! Several runs at once share the work, and others change the same accounts meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use linerent::operations::accounts::book;
use linerent::operations::run;
use linerent::operations::run::Watch;
use linerent::policy::Hold;
use linerent::rng::SystemRng;
use linerent::run::{Pass, RunEnd, RunStatus};
use linerent::store::Progress;
use linerent::store::StoreError;
use linerent::store::runs::slices::{SliceClaim, SliceProgress};
use linerent_testkit::Population;
use linerent_testkit::processes::report_of;
use linerent_testkit::seeded_rng::SeededRng;
use linerent_testkit::{FIRST_DAY, World, date, id, system_now};

/// 3,200 subscriptions; all can pay.
const POPULATION: Population = Population { accounts: 1_600, numbers_each: 2, months_paid: |_| 3 };

on_both_engines!(two_processes_and_a_third_run_by_hand_charge_every_period_once, |world| {
    world.seed(&POPULATION).await;
    world.sleep_until("2026-02-28").await;
    world.change_policy(|policy| policy.run.batch_accounts = 20);
    let processes = [world.start_run(), world.start_run()];
    while world.find_run(date("2026-02-28")).await.is_none_or(|run| run.renewed == 0) {
        // Other processes are waited for, and there is nothing to hear from them.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let by_hand = world.run().await;
    let mut renewed = vec![by_hand.renewed];
    for process in processes {
        let report = report_of(process).await;
        renewed.push(report["renewed"].as_u64().expect("a count"));
    }
    let due = u64::from(POPULATION.accounts * POPULATION.numbers_each);
    assert_eq!(renewed.iter().sum::<u64>(), due, "{renewed:?}");
    assert!(renewed.iter().filter(|renewed| **renewed > 0).count() > 1, "{renewed:?}");
    let of_the_date = world.run_of("2026-02-28").await;
    assert_eq!((of_the_date.renewed, of_the_date.accounts), (due, u64::from(POPULATION.accounts)));
    assert_eq!((of_the_date.status, of_the_date.failures.len()), ("complete", 0));
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(top_ups_that_race_with_a_run_are_all_booked, |world| {
    let crowd = Population { accounts: 300, numbers_each: 2, months_paid: |_| 3 };
    world.seed(&crowd).await;
    world.sleep_until("2026-02-28").await;
    world.change_policy(|policy| policy.run.batch_accounts = 20);
    let is_over = Arc::new(AtomicBool::new(false));
    let booked = Arc::new(AtomicU64::new(0));
    let mut payers = Vec::new();
    for payer in 0..3 {
        let app = world.another_app().await;
        let (is_over, booked, mut chance) =
            (Arc::clone(&is_over), Arc::clone(&booked), SeededRng::new(&payer.to_string()));
        payers.push(tokio::spawn(async move {
            let mut count = 0;
            while !is_over.load(Ordering::SeqCst) {
                let index = u32::try_from(chance.below(u64::from(crowd.accounts))).expect("small");
                let key = format!("{:08x}", crowd.id(index));
                let reference = format!("{payer}/{count}");
                let top_up =
                    book::top_up(&app, id(&key), "1".parse().expect("an amount"), &reference)
                        .await
                        .expect("a top-up");
                assert!(top_up.is_new);
                count += 1;
                booked.fetch_add(1, Ordering::SeqCst);
            }
            app.store.close().await;
        }));
    }
    while booked.load(Ordering::SeqCst) < 10 {
        tokio::task::yield_now().await;
    }
    let report = run::run(&world.app, &Watch::default()).await.expect("a run");
    is_over.store(true, Ordering::SeqCst);
    for payer in payers {
        payer.await.expect("no panic");
    }
    let booked = booked.load(Ordering::SeqCst);
    assert_eq!(report.failures, []);
    assert_eq!(charged(world).await, u64::from(crowd.accounts * crowd.numbers_each));
    let left = u64::from(crowd.accounts) * 2 * crowd.price_each();
    assert_eq!(sum_of_balances(world).await, (left + booked) * 1_000_000);
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_worker_whose_lease_was_taken_over_writes_nothing, |world| {
    let store = &world.app.store;
    let (on, now) = (date("2026-02-28"), system_now());
    let later = now + TimeDelta::seconds(1);
    store.open_run(on, 1, false, now).await.expect("a run");
    let mut slices = Vec::new();
    // The first one's lease is over when the second one asks.
    for (name, asked_at, leased_until) in [("first", now, now), ("second", later, later)] {
        let claim = store.claim_slice(on, Pass::Renew, name, asked_at, leased_until).await;
        let Ok(SliceClaim::Claimed(mut slice)) = claim else { panic!("{name}: {claim:?}") };
        slice.counts.renewed = 7;
        slices.push(slice);
    }
    let asked_too_early = store.claim_slice(on, Pass::Renew, "third", later, later).await;
    assert!(matches!(asked_too_early, Ok(SliceClaim::Busy)), "{asked_too_early:?}");
    let mut outcomes = Vec::new();
    for slice in &slices {
        let progress = SliceProgress { slice, leased_until: later, failures: &[] };
        outcomes.push(
            store
                .write(&[], Hold { days: 0 }, on, now, &SystemRng, Some(Progress::Slice(&progress)))
                .await,
        );
    }
    assert!(matches!(outcomes[..], [Err(StoreError::LeaseLost), Ok(0)]), "{outcomes:?}");
    assert_eq!(world.run_of("2026-02-28").await.renewed, 7);
});

on_both_engines!(a_run_that_was_begun_anew_is_not_ended_by_the_one_before, |world| {
    world.run().await;
    let (store, on, now) = (&world.app.store, date(FIRST_DAY), system_now());
    store.open_run(on, 1, true, now).await.expect("the same run, begun anew");
    let end =
        RunEnd { date: on, status: RunStatus::Complete, held_by: None, oldest_unbilled_on: None };
    store.finish_run(&end, None, now, &SystemRng).await.expect("no error");
    assert_eq!(world.run_of(FIRST_DAY).await.status, "running");
    world.run().await;
    assert_eq!(world.run_of(FIRST_DAY).await.status, "complete");
});

/// Renewals in the ledger: by the run, or by a top-up that came before it.
async fn charged(world: &World) -> u64 {
    let sql = "SELECT CAST(COUNT(*) AS TEXT) FROM transfers
        WHERE code = 'rental' AND period_start = '2026-02-28'";
    world.texts(sql).await[0].parse().expect("a count")
}

async fn sum_of_balances(world: &World) -> u64 {
    world.texts("SELECT CAST(SUM(balance) AS TEXT) FROM accounts").await[0].parse().expect("a sum")
}
