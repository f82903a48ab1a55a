//! The cases in which a card could be charged too often, or a number be lost too early.

use chrono::TimeDelta;
use linerent::installation::InstallationKind;

use super::{KEY, check_at};
use linerent_testkit::date;

on_both_engines!(where_the_threshold_is_still_not_met_a_further_reload_follows_at_once, |world| {
    world.account(KEY, "0").await;
    world.change_policy(|policy| policy.auto_reload.multiples_max = 2);
    world.auto_reload(KEY, "50", "10", "pm_card_visa").await;
    let run = world.run().await;
    assert_eq!((run.reloads.requested, run.reloads.captured), (3, 3));
    assert_eq!(world.reloads_in_short(KEY).await, "captured 10.00, captured 20.00, captured 20.00");
    assert_eq!(world.balance(KEY).await, "50.00");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_day_has_so_many_reloads_and_the_next_day_goes_on, |world| {
    world.account(KEY, "0").await;
    world.change_policy(|policy| policy.auto_reload.multiples_max = 1);
    world.auto_reload(KEY, "50", "10", "pm_card_visa").await;
    assert_eq!(world.run().await.reloads.captured, 3);
    for _ in 0..3 {
        assert_eq!(world.check().await.requested, 0, "the day is used up");
    }
    let next = world.advance("2026-02-01").await.remove(0);
    assert_eq!((next.reloads.requested, next.reloads.captured), (2, 2));
    assert_eq!(world.balance(KEY).await, "50.00");
});

on_both_engines!(what_a_used_up_day_leaves_unpaid_is_released, |world| {
    world.renter("99", "99").await;
    world.change_policy(|policy| {
        policy.auto_reload.multiples_max = 1;
        policy.release.guard.min = 20;
    });
    world.auto_reload(KEY, "1", "10", "pm_card_visa").await;
    let run = world.first_renewal().await;
    assert_eq!((run.reloads.captured, run.renewed, run.released), (3, 0, 1));
    assert_eq!(world.balance(KEY).await, "30.00", "the money stays the account's");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(an_amount_smaller_than_one_renewal_is_charged_as_a_multiple, |world| {
    world.renter("9", "9").await;
    world.auto_reload(KEY, "1", "2", "pm_card_visa").await;
    let run = world.first_renewal().await;
    assert_eq!((run.reloads.captured, run.renewed), (1, 1));
    assert_eq!(world.reloads_in_short(KEY).await, "captured 10.00");
    assert_eq!(world.balance(KEY).await, "1.00");
});

on_both_engines!(a_reload_that_is_open_when_the_next_check_comes_stays_the_only_one, |world| {
    world.renter("2", "2").await;
    world.auto_reload(KEY, "5", "4", "pm_sandbox_error500_6").await;
    let run = world.first_renewal().await;
    assert_eq!((run.reloads.in_doubt, run.past_due, run.released), (1, 1, 0));
    for _ in 0..2 {
        let check = world.check().await;
        assert_eq!((check.requested, check.in_doubt), (0, 1));
    }
    // Days go by, and the grace with them: a number is not lost while nobody knows.
    for day in ["2026-03-01", "2026-03-02", "2026-03-03"] {
        world.sleep_until(day).await;
        let run = world.run().await;
        assert_eq!((run.reloads.requested, run.released), (0, 0), "{day}");
    }
    let run = world.advance("2026-03-04").await.remove(0);
    assert_eq!((run.reloads.captured, run.renewed, run.released), (1, 1, 0));
    assert_eq!(world.reloads_in_short(KEY).await, "captured 8.00");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(declined_and_then_funded_by_hand_it_is_paid_at_once_and_not_charged, |world| {
    world.renter("2", "2").await;
    world.auto_reload(KEY, "1", "4", "pm_card_chargeDeclined").await;
    let run = world.first_renewal().await;
    assert_eq!((run.reloads.declined, run.past_due, run.released), (1, 1, 0));
    world.top_up(KEY, "3", "INV-1").await;
    assert_eq!(world.balance(KEY).await, "1.00");
    assert_eq!(world.subscriptions(KEY).await[0].status, "active");
    let next = world.advance("2026-03-01").await.remove(0);
    assert_eq!((next.reloads.requested, next.released), (0, 0));
    assert_eq!(world.reloads_in_short(KEY).await, "declined 4.00");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(funded_by_hand_while_in_doubt_it_is_credited_when_it_is_known, |world| {
    world.renter("2", "2").await;
    world.auto_reload(KEY, "1", "4", "pm_sandbox_timeoutAfterCapture").await;
    world.first_renewal().await;
    world.top_up(KEY, "3", "INV-1").await;
    assert_eq!(world.balance(KEY).await, "1.00", "the top-up paid");
    assert_eq!(world.check().await.captured, 1);
    assert_eq!(world.balance(KEY).await, "5.00", "the card was charged, so it is credited");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(after_two_declines_a_capture_begins_the_count_anew, |world| {
    world.account(KEY, "1").await;
    world.auto_reload(KEY, "5", "20", "pm_sandbox_declines_2").await;
    world.run().await;
    let declines = |account: linerent::cli::views::accounts::AccountView| {
        account.auto_reload.expect("an order in force").declines
    };
    assert_eq!(declines(world.show(KEY).await), 1);
    world.advance("2026-02-01").await;
    assert_eq!(declines(world.show(KEY).await), 2);
    world.advance("2026-02-02").await;
    assert_eq!(declines(world.show(KEY).await), 0);
    assert_eq!(world.reloads_in_short(KEY).await, "captured 20.00, declined 20.00, declined 20.00");
    let ids: std::collections::BTreeSet<_> =
        world.reloads(KEY).await.into_iter().map(|it| it.id).collect();
    assert_eq!(ids.len(), 3, "each attempt has a key of its own");
});

on_both_engines!(three_declines_switch_off_and_only_then_numbers_are_released, |world| {
    world.renter("2", "2").await;
    world.auto_reload(KEY, "5", "4", "pm_card_chargeDeclinedInsufficientFunds").await;
    let mut days = vec![world.first_renewal().await];
    days.extend(world.advance("2026-03-03").await);
    let declined: Vec<_> = days.iter().map(|run| run.reloads.declined).collect();
    let released: Vec<_> = days.iter().map(|run| run.released).collect();
    assert_eq!(declined, [1, 1, 1, 0]);
    assert_eq!(released, [0, 0, 1, 0], "at the third decline, and not before");
    let account = world.show(KEY).await;
    assert_eq!(account.auto_reload, None);
    let ended = account.auto_reload_ended.expect("it was");
    assert_eq!((ended.status, ended.declines), ("switched_off", 3));
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(setting_it_anew_begins_the_count_anew, |world| {
    world.account(KEY, "1").await;
    world.auto_reload(KEY, "5", "20", "pm_card_chargeDeclined").await;
    world.run().await;
    world.advance("2026-02-02").await;
    assert_eq!(world.show(KEY).await.auto_reload, None, "switched off");
    world.auto_reload(KEY, "5", "20", "pm_card_visa").await;
    assert_eq!(world.check().await.captured, 1, "at once, without waiting for an hour");
    assert_eq!(world.show(KEY).await.auto_reload.expect("on").declines, 0);
});

on_both_engines!(after_a_decline_no_check_charges_again_before_its_time, |world| {
    world.account(KEY, "1").await;
    world.auto_reload(KEY, "5", "20", "pm_card_chargeDeclined").await;
    assert_eq!(world.check().await.declined, 1);
    for _ in 0..3 {
        assert_eq!(world.check().await.requested, 0);
    }
    world.change_policy(|policy| policy.auto_reload.retry_after = TimeDelta::zero());
    assert_eq!(world.check().await.declined, 1, "one attempt a check");
});

on_both_engines!(two_daemons_that_check_at_once_charge_once, |world| {
    for account in 0..20 {
        let key = format!("{account:08x}");
        world.account(&key, "1").await;
        world.auto_reload(&key, "5", "20", "pm_sandbox_slow_5").await;
    }
    let other = world.another_app().await;
    let (one, two) = tokio::join!(check_at(&world.app), check_at(&other));
    assert_eq!((one.requested + two.requested, one.captured + two.captured), (20, 20));
    for account in 0..20 {
        let key = format!("{account:08x}");
        assert_eq!(world.reloads_in_short(&key).await, "captured 20.00");
        assert_eq!(world.balance(&key).await, "21.00");
        assert_eq!(world.reloads(&key).await[0].attempts, 1, "and nobody asked twice");
    }
    other.store.close().await;
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_check_and_a_run_at_once_charge_once, |world| {
    world.renter("2", "2").await;
    world.auto_reload(KEY, "5", "4", "pm_sandbox_slow_20").await;
    world.sleep_until("2026-02-28").await;
    let mut other = world.another_app().await;
    other.kind = InstallationKind::Sandbox { on: date("2026-02-28") };
    let (run, check) = tokio::join!(world.run(), check_at(&other));
    assert_eq!(run.reloads.requested + check.requested, 1, "{run:?} {check:?}");
    assert_eq!(run.reloads.captured + check.captured, 1, "{run:?} {check:?}");
    assert_eq!((run.renewed + check.renewed, run.released), (1, 0));
    assert_eq!(world.balance(KEY).await, "6.00");
    other.store.close().await;
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(two_periods_that_are_due_at_once_are_one_reload, |world| {
    world.renter("2", "2").await;
    world.auto_reload(KEY, "5", "4", "pm_card_visa").await;
    world.sleep_until("2026-03-31").await;
    let run = world.run().await;
    assert_eq!((run.reloads.requested, run.reloads.captured, run.renewed), (1, 1, 2));
    assert_eq!(world.reloads_in_short(KEY).await, "captured 12.00", "4 for both, and 5 to be left");
    assert_eq!(world.balance(KEY).await, "8.00");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(money_that_comes_between_runs_pays_what_is_past_due, |world| {
    world.renter("2", "2").await;
    world.auto_reload(KEY, "1", "4", "pm_sandbox_declines_1").await;
    let run = world.first_renewal().await;
    assert_eq!((run.reloads.declined, run.past_due), (1, 1));
    world.change_policy(|policy| policy.auto_reload.retry_after = TimeDelta::zero());
    let check = world.check().await;
    assert_eq!((check.requested, check.captured, check.renewed), (1, 1, 1));
    assert_eq!(world.subscriptions(KEY).await[0].status, "active");
    assert_eq!(world.disagreements().await, []);
});
