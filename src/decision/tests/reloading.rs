//! The rules of reloads by example.

use super::*;
use crate::reload::ReloadPolicy;

#[test]
fn what_is_missing_is_asked_of_the_card_and_nothing_is_released_meanwhile() {
    let mut snapshot = snapshot(3, vec![subscription(1, "2026-01-15", 5)]);
    snapshot.reloads.auto_reload = Some(order(10, 4));
    let (decision, enforced) = snapshot.run("2026-02-15", &NO_GRACE);
    assert_eq!(decision.reload, Some(eur(12)), "5 for the number, and 10 to be left");
    assert_eq!(counts(&enforced), (1, 0, 0));
    snapshot.reloads.open = Some(reload_id());
    for today in ["2026-02-16", "2026-03-01", "2026-05-15"] {
        let (decision, enforced) = snapshot.run(today, &NO_GRACE);
        assert_eq!((decision.reload, enforced.released.len()), (None, 0), "{today}");
    }
}

#[test]
fn both_periods_of_a_number_that_is_stuck_are_missing() {
    let mut snapshot = snapshot(0, vec![subscription(1, "2026-01-15", 5)]);
    snapshot.reloads.auto_reload = Some(order(1, 1));
    let (decision, _) = snapshot.run("2026-03-15", &NO_GRACE);
    assert_eq!(decision.unfunded.len(), 1);
    assert_eq!(decision.reload, Some(eur(10)), "11 would be needed, ten times 1 is the most");
    let policy =
        BillingPolicy { auto_reload: ReloadPolicy { multiples_max: 20, ..RELOADS }, ..NO_GRACE };
    let (decision, _) = snapshot.run("2026-03-15", &policy);
    assert_eq!(decision.reload, Some(eur(11)));
}

#[test]
fn with_nothing_due_a_balance_below_the_threshold_is_enough() {
    let mut snapshot = snapshot(9, vec![]);
    snapshot.reloads.auto_reload = Some(order(10, 4));
    let (decision, _) = snapshot.run("2026-02-15", &NO_GRACE);
    assert_eq!((decision.reload, decision.has_due()), (Some(eur(4)), false));
    snapshot.book.balance = eur(10);
    assert_eq!(snapshot.run("2026-02-15", &NO_GRACE).0.reload, None);
}

#[test]
fn the_credit_limit_is_no_part_of_the_balance() {
    let mut snapshot = snapshot(0, vec![subscription(1, "2026-01-15", 5)]);
    snapshot.book.credit_limit = eur(20);
    snapshot.reloads.auto_reload = Some(order(1, 1));
    let (decision, _) = snapshot.run("2026-02-15", &NO_GRACE);
    assert_eq!(decision.charges.len(), 1);
    assert_eq!(decision.reload, Some(eur(6)), "from -5 to 1");
}

#[test]
fn the_third_decline_in_a_row_switches_off_and_only_then_it_is_released() {
    let mut snapshot = snapshot(0, vec![subscription(1, "2026-01-15", 5)]);
    snapshot.reloads.auto_reload = Some(order(10, 4));
    for today in ["2026-02-15", "2026-02-16", "2026-02-17"] {
        let decision = decide(&snapshot, moment(date(today)), &NO_GRACE).expect("sound");
        let amount = decision.reload.expect("an attempt is left");
        let reload = snapshot.request_reload(amount, reload_id(), moment(date(today)));
        snapshot.decline(&reload, moment(date(today)), &RELOADS);
        let released = snapshot.run(today, &NO_GRACE).1.released;
        assert_eq!(released.len(), usize::from(today == "2026-02-17"), "{today}");
    }
    let order = snapshot.reloads.auto_reload.expect("it stays for people to see");
    assert_eq!((order.status, order.declines), (OrderStatus::SwitchedOff, 3));
}

#[test]
fn a_capture_sets_the_count_of_declines_back() {
    let mut snapshot = snapshot(0, vec![]);
    snapshot.reloads.auto_reload = Some(order(10, 4));
    let now = moment(date("2026-02-15"));
    for _ in 0..2 {
        let reload = snapshot.request_reload(eur(12), reload_id(), now);
        snapshot.decline(&reload, now, &RELOADS);
    }
    let reload = snapshot.request_reload(eur(12), reload_id(), now);
    snapshot.capture(&reload, now).expect("a credit is welcome");
    assert_eq!((snapshot.book.balance, snapshot.reloads.captured_today), (eur(12), 1));
    let order = snapshot.reloads.auto_reload.expect("it is on");
    assert_eq!((order.declines, order.declined_at), (0, None));
}

#[test]
fn a_decline_of_the_old_card_does_not_count_against_the_new_one() {
    let mut snapshot = snapshot(0, vec![]);
    snapshot.reloads.auto_reload = Some(order(10, 4));
    let now = moment(date("2026-02-15"));
    let reload = snapshot.request_reload(eur(12), reload_id(), now);
    let new = PaymentMethod { id: "pm_card_mastercard".to_owned(), customer: None };
    snapshot.reloads.auto_reload = Some(AutoReload { payment_method: new, ..order(10, 4) });
    snapshot.decline(&reload, now, &RELOADS);
    assert_eq!(snapshot.reloads.attempt(now.at, &RELOADS), Attempt::Now);
    assert_eq!(snapshot.reloads.auto_reload.expect("it is on").declines, 0);
}

#[test]
fn what_stays_unpaid_after_a_days_last_reload_is_released() {
    let mut snapshot = snapshot(0, vec![subscription(1, "2026-01-15", 500)]);
    snapshot.reloads.auto_reload = Some(order(1, 1));
    let now = moment(date("2026-02-15"));
    for _ in 0..3 {
        let decision = decide(&snapshot, now, &NO_GRACE).expect("sound");
        assert_eq!(decision.releases(), 0);
        let amount = decision.reload.expect("an attempt is left");
        let reload = snapshot.request_reload(amount, reload_id(), now);
        snapshot.capture(&reload, now).expect("a credit is welcome");
    }
    let decision = decide(&snapshot, now, &NO_GRACE).expect("sound");
    assert_eq!((decision.reload, decision.releases()), (None, 1));
}
