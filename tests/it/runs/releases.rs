//! Release, hold, return, and renting a number again.

use linerent_testkit::date;

on_both_engines!(without_grace_it_is_released_in_the_same_run_and_held_for_its_renter, |world| {
    world.numbers(&["447700900001"], "2.00").await;
    world.account("0000000a", "3").await;
    world.rent("0000000a", "447700900001").await;
    let report = world.advance("2026-02-28").await.pop().expect("a run on the last day");
    assert_eq!((report.renewed, report.past_due, report.released), (0, 0, 1));
    assert_eq!(report.oldest_unbilled, None);
    let ended = world.subscriptions("0000000a").await.remove(0);
    assert_eq!((ended.status, ended.end_reason), ("ended", Some("unfunded")));
    assert_eq!(ended.ended_on, Some(date("2026-02-28")));
    let number = world.number("447700900001").await;
    assert_eq!((number.status, number.held_for.as_deref()), ("held", Some("0000000a")));
    assert_eq!(number.held_until, Some(date("2026-05-29")), "90 days");
    assert_eq!(world.balance("0000000a").await, "1.00", "the unpaid period is not charged");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(with_grace_it_is_released_on_the_exact_day, |world| {
    world.change_policy(|policy| policy.release.grace_days = 5);
    world.numbers(&["447700900001"], "2.00").await;
    world.account("0000000a", "2").await;
    world.rent("0000000a", "447700900001").await;
    world.advance("2026-03-04").await;
    assert_eq!(world.subscriptions("0000000a").await[0].status, "past_due");
    let runs = world.advance("2026-03-05").await;
    assert_eq!(runs[0].released, 1);
    assert_eq!(world.subscriptions("0000000a").await[0].ended_on, Some(date("2026-03-05")));
});

on_both_engines!(nobody_loses_a_number_because_the_run_came_late, |world| {
    world.numbers(&["447700900001"], "2.00").await;
    world.account("0000000a", "2").await;
    world.rent("0000000a", "447700900001").await;
    world.sleep_until("2026-03-10").await;
    let late = world.run().await;
    assert_eq!((late.past_due, late.released), (1, 0));
    let runs = world.advance("2026-03-13").await;
    let released: Vec<_> = runs.iter().map(|run| run.released).collect();
    assert_eq!(released, [0, 0, 1], "three days after the first try");
});

on_both_engines!(a_held_number_is_for_its_last_renter_only, |world| {
    world.numbers(&["447700900001"], "2.00").await;
    world.account("0000000a", "3").await;
    world.account("0000000b", "10").await;
    world.rent("0000000a", "447700900001").await;
    world.advance("2026-03-05").await;
    let refusal = world.rental_refusal("0000000b", "447700900001").await;
    assert!(refusal.contains("is held for its last renter until 2026-05-29"), "{refusal}");
    world.top_up("0000000a", "1", "INV-1").await;
    let bought_back = world.rent("0000000a", "447700900001").await;
    assert_eq!(bought_back.started_on, date("2026-03-05"));
    let number = world.number("447700900001").await;
    assert_eq!((number.status, number.rented_by.as_deref()), ("rented", Some("0000000a")));
    assert_eq!((number.held_for, number.held_until), (None, None));
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(buying_back_starts_a_new_anchor, |world| {
    world.numbers(&["447700900001"], "2.00").await;
    world.account("0000000a", "2").await;
    world.rent("0000000a", "447700900001").await;
    world.advance("2026-03-05").await;
    world.top_up("0000000a", "10", "INV-1").await;
    world.rent("0000000a", "447700900001").await;
    world.advance("2026-05-05").await;
    let lines = world.statement("0000000a").await;
    let starts: Vec<_> = lines.iter().filter_map(|line| line.period_start).collect();
    assert_eq!(starts, ["2026-01-31", "2026-03-05", "2026-04-05", "2026-05-05"].map(date));
    assert_eq!(world.subscriptions("0000000a").await.len(), 2, "an ordinary rental of its own");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(after_the_hold_anyone_may_rent_the_number, |world| {
    world.change_policy(|policy| policy.release.hold.days = 10);
    world.numbers(&["447700900001"], "2.00").await;
    world.account("0000000a", "2").await;
    world.account("0000000b", "10").await;
    world.rent("0000000a", "447700900001").await;
    world.advance("2026-03-09").await;
    assert_eq!(world.number("447700900001").await.held_until, Some(date("2026-03-10")));
    let runs = world.advance("2026-03-10").await;
    assert_eq!(runs[0].returned, 1);
    let number = world.number("447700900001").await;
    assert_eq!((number.status, number.held_for, number.held_until), ("available", None, None));
    world.rent("0000000b", "447700900001").await;
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_hold_that_is_over_does_not_wait_for_the_run, |world| {
    world.change_policy(|policy| policy.release.hold.days = 10);
    world.numbers(&["447700900001"], "2.00").await;
    world.account("0000000a", "2").await;
    world.account("0000000b", "10").await;
    world.rent("0000000a", "447700900001").await;
    world.advance("2026-03-01").await;
    world.sleep_until("2026-03-10").await;
    assert_eq!(world.number("447700900001").await.status, "held");
    world.rent("0000000b", "447700900001").await;
    assert_eq!(world.number("447700900001").await.rented_by.as_deref(), Some("0000000b"));
});

on_both_engines!(without_a_hold_a_released_number_is_on_sale_at_once, |world| {
    world.change_policy(|policy| policy.release.hold.days = 0);
    world.numbers(&["447700900001"], "2.00").await;
    world.account("0000000a", "2").await;
    world.account("0000000b", "10").await;
    world.rent("0000000a", "447700900001").await;
    world.advance("2026-02-28").await;
    let number = world.number("447700900001").await;
    assert_eq!((number.status, number.held_for, number.held_until), ("available", None, None));
    world.rent("0000000b", "447700900001").await;
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_shared_short_code_is_released_for_one_renter_only, |world| {
    world.shared_short_code("98975", "2.00").await;
    world.account("0000000a", "2").await;
    world.account("0000000b", "10").await;
    world.rent("0000000a", "98975").await;
    world.rent("0000000b", "98975").await;
    let refusal = world.rental_refusal("0000000b", "98975").await;
    assert!(refusal.contains("rents 98975 already"), "{refusal}");
    let report = world.advance("2026-02-28").await.pop().expect("a run on the last day");
    assert_eq!((report.renewed, report.released), (1, 1));
    assert_eq!(world.subscriptions("0000000a").await[0].status, "ended");
    assert_eq!(world.subscriptions("0000000b").await[0].status, "active");
    assert_eq!(world.number("98975").await.status, "available");
    assert_eq!(world.disagreements().await, []);
});
