//! A gateway that is down for three days.

use chrono::TimeDelta;
use linerent_testkit::stripe_server::{Fault, StripeServer};
use linerent_testkit::{World, system_now};

const ACCOUNTS: u32 = 12;

fn key(account: u32) -> String {
    format!("{account:08x}")
}

/// Accounts with a number each that is due on 2026-02-28, no money, and a card.
async fn cards_only(world: &World) {
    for account in 0..ACCOUNTS {
        let msisdn = format!("4477009000{account:02}");
        world.numbers(&[&msisdn], "2").await;
        world.account(&key(account), "2").await;
        world.rent(&key(account), &msisdn).await;
        world.auto_reload(&key(account), "5", "4", "pm_card_visa").await;
    }
}

/// A day goes by on the machines' clocks, which a sandbox's does not move.
async fn a_day_passes(world: &World, stand_in: &StripeServer, days_ago: i64) {
    stand_in.days_pass(1);
    let then = (system_now() - TimeDelta::days(days_ago)).to_rfc3339();
    let last = (system_now() - TimeDelta::days(1)).to_rfc3339();
    world
        .execute_sql(&format!(
            "UPDATE reloads SET first_attempt_at = '{then}', last_attempt_at = '{last}'
             WHERE settled_on IS NULL AND first_attempt_at IS NOT NULL"
        ))
        .await;
}

async fn check_outage(world: &mut World, fault: Fault, is_charged_at_first: bool) {
    let stand_in = StripeServer::start().await;
    world.use_stripe(&stand_in);
    world.change_policy(|policy| policy.release.guard.min = 0);
    cards_only(world).await;
    stand_in.outage(Some(fault));
    for (day, date) in ["2026-02-28", "2026-03-01", "2026-03-02"].into_iter().enumerate() {
        world.sleep_until(date).await;
        let run = world.run().await;
        assert_eq!((run.status, run.renewed, run.released), ("complete", 0, 0), "{date}");
        assert_eq!(run.reloads.in_doubt, u64::from(ACCOUNTS), "{date}");
        assert_eq!(run.past_due, if day == 0 { u64::from(ACCOUNTS) } else { 0 }, "{date}");
        let check = world.check().await;
        assert_eq!((check.requested, check.captured), (0, 0), "{date}");
        a_day_passes(world, &stand_in, i64::try_from(day).expect("a few") + 1).await;
    }
    let charged = stand_in.captured().len();
    assert_eq!(charged > 0, is_charged_at_first, "{charged} charged in the dark");

    // It is back, and the keys have expired long ago.
    stand_in.outage(None);
    let posted = stand_in.requests().1;
    world.sleep_until("2026-03-03").await;
    let run = world.run().await;
    let accounts = u64::from(ACCOUNTS);
    assert_eq!((run.renewed, run.released, run.past_due), (accounts, 0, 0));
    assert_eq!((run.reloads.captured, run.reloads.in_doubt), (accounts, 0));
    assert_eq!(run.oldest_unbilled, None);
    assert_eq!(stand_in.captured().len(), usize::try_from(ACCOUNTS).expect("a few"));
    let new = usize::try_from(stand_in.requests().1 - posted).expect("a few");
    assert_eq!(new + charged, stand_in.captured().len(), "nothing is sent that had arrived");
    for account in 0..ACCOUNTS {
        let captured = world.reloads(&key(account)).await;
        assert_eq!(captured.iter().filter(|it| it.status == "captured").count(), 1);
        assert_eq!(world.balance(&key(account)).await, "6.00");
        assert_eq!(world.subscriptions(&key(account)).await[0].status, "active");
    }
    assert_eq!(world.disagreements().await, []);
}

on_both_engines!(three_days_without_a_gateway_that_never_heard_of_us, |world| {
    check_outage(world, Fault::CutBefore, false).await;
});

on_both_engines!(three_days_without_an_answer_from_a_gateway_that_took_the_money, |world| {
    check_outage(world, Fault::CutAfter, true).await;
});

on_both_engines!(a_gateway_that_is_down_is_not_asked_for_every_account, |world| {
    let stand_in = StripeServer::start().await;
    world.use_stripe(&stand_in);
    world.change_policy(|policy| policy.run.charges = 1);
    cards_only(world).await;
    stand_in.outage(Some(Fault::CutBefore));
    world.sleep_until("2026-02-28").await;
    world.run().await;
    let (_, posted) = stand_in.requests();
    assert!(posted <= 5, "asked {posted} times");
});

on_both_engines!(one_slow_card_holds_up_nobody_elses_renewal, |world| {
    let stand_in = StripeServer::start().await;
    world.use_impatient_stripe(&stand_in);
    cards_only(world).await;
    world.numbers(&["447700900099"], "2").await;
    world.account("0000ffff", "10").await;
    world.rent("0000ffff", "447700900099").await;
    world.sleep_until("2026-02-28").await;
    stand_in.outage(Some(Fault::SilentBefore));
    let other = world.another_app().await;
    let watch = linerent::operations::run::Watch::default();
    let run = linerent::operations::run::run(&world.app, &watch);
    let renewed = async {
        // While the gateway is silent, the others are renewed, and can be changed as ever.
        loop {
            let lines = linerent::operations::accounts::statement::statement(
                &other,
                "0000ffff".parse().expect("a key"),
                None,
                None,
            );
            if lines.await.expect("a statement").len() == 3 {
                break;
            }
            tokio::task::yield_now().await;
        }
        let (account, amount) = (key(0).parse().expect("a key"), "1".parse().expect("an amount"));
        let booked =
            linerent::operations::accounts::book::top_up(&other, account, amount, "INV-1").await;
        booked.expect("a top-up");
        stand_in.requests().1
    };
    let (run, _) = tokio::join!(run, renewed);
    assert_eq!(run.expect("a run").counts.renewed, 1);
    other.store.close().await;
});

on_both_engines!(what_was_not_sent_in_time_is_asked_for_anew_if_it_is_still_wanted, |world| {
    let stand_in = StripeServer::start().await;
    world.use_stripe(&stand_in);
    world.change_policy(|policy| {
        policy.run.charges = 1;
        policy.release.guard.min = 20;
    });
    cards_only(world).await;
    stand_in.outage(Some(Fault::CutBefore));
    world.sleep_until("2026-02-28").await;
    world.run().await;
    let unsent: Vec<_> = ["00000009", "0000000a", "0000000b"].into();
    for key in &unsent {
        assert_eq!(world.reloads(key).await[0].attempts, 0, "{key} was not sent");
    }
    // One pays by bank, one ends its order, one does nothing.
    world.top_up("00000009", "20", "INV-1").await;
    world.auto_reload_off("0000000a").await;
    stand_in.outage(None);
    let next = world.advance("2026-03-01").await.remove(0);
    assert_eq!(world.reloads_in_short("00000009").await, "lapsed 8.00");
    assert_eq!(world.reloads_in_short("0000000a").await, "lapsed 8.00");
    assert_eq!(world.reloads_in_short("0000000b").await, "captured 8.00, lapsed 8.00");
    assert_eq!(next.released, 1, "whose order ended, and who has not paid");
    assert_eq!(next.reloads.captured, u64::from(ACCOUNTS) - 2);
    assert_eq!(world.disagreements().await, []);
});

/// One reload that is in doubt, and that the gateway has never heard of, first and last asked about
/// these times ago.
async fn unheard_of(world: &mut World, first: TimeDelta, last: TimeDelta) -> StripeServer {
    let stand_in = StripeServer::start().await;
    world.use_stripe(&stand_in);
    world.account("0000000a", "1").await;
    world.auto_reload("0000000a", "5", "20", "pm_card_visa").await;
    stand_in.faults(&[Fault::CutBefore]);
    world.run().await;
    let instant = |ago: TimeDelta| (system_now() - ago).to_rfc3339();
    world
        .execute_sql(&format!(
            "UPDATE reloads SET first_attempt_at = '{}', last_attempt_at = '{}'",
            instant(first),
            instant(last)
        ))
        .await;
    stand_in
}

on_both_engines!(what_was_sent_a_moment_ago_may_still_arrive, |world| {
    let stand_in = unheard_of(world, TimeDelta::hours(25), TimeDelta::minutes(50)).await;
    assert_eq!(world.check().await.in_doubt, 1);
    assert_eq!(world.reloads_in_short("0000000a").await, "in_doubt 20.00");
    assert_eq!(stand_in.requests().1, 1, "and it is not sent again");
});

on_both_engines!(what_was_sent_long_ago_and_never_arrived_is_asked_for_anew, |world| {
    let stand_in = unheard_of(world, TimeDelta::hours(25), TimeDelta::minutes(70)).await;
    assert_eq!(world.check().await.captured, 1);
    assert_eq!(world.reloads_in_short("0000000a").await, "captured 20.00, lapsed 20.00");
    assert_eq!(stand_in.captured().len(), 1);
});

on_both_engines!(a_clock_that_was_ahead_sends_nothing_again, |world| {
    let stand_in = unheard_of(world, TimeDelta::days(-2), TimeDelta::days(-2)).await;
    assert_eq!(world.check().await.in_doubt, 1);
    assert_eq!(stand_in.requests().1, 1, "nobody knows how old the key is");
});

on_both_engines!(a_daemon_does_not_ask_again_at_once, |world| {
    let stand_in = unheard_of(world, TimeDelta::zero(), TimeDelta::zero()).await;
    let watch = linerent::operations::run::Watch::default();
    for asked in [1, 1] {
        let check = linerent::operations::reload::look_up(&world.app, &watch).await;
        assert_eq!(check.expect("a check").reloads.in_doubt, 1);
        assert_eq!(stand_in.requests().1, asked);
    }
    world.execute_sql("UPDATE reloads SET next_attempt_at = '2026-01-01T00:00:00+00:00'").await;
    let check = linerent::operations::reload::look_up(&world.app, &watch).await;
    assert_eq!(check.expect("a check").reloads.captured, 1);
});

on_both_engines!(a_process_charges_so_many_cards_at_once_whatever_it_does, |world| {
    let stand_in = StripeServer::start().await;
    stand_in.latency(std::time::Duration::from_millis(20));
    stand_in.answer_when_busy(3);
    world.use_stripe(&stand_in);
    world.app.permits = std::sync::Arc::new(tokio::sync::Semaphore::new(3));
    cards_only(world).await;
    world.sleep_until("2026-02-28").await;
    let (run, check) = tokio::join!(world.run(), world.check());
    assert_eq!(run.reloads.captured + check.captured, u64::from(ACCOUNTS));
    assert_eq!(stand_in.busiest(), 3);
});
