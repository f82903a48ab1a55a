//! Renewing, past due, release, return.

use crate::world::date;

on_both_engines!(three_numbers_due_and_money_for_one, |world| {
    world.with_terms(|terms| terms.policy.grace_days = 5);
    world.numbers(&["447700900001", "447700900002", "447700900003"], "2.00").await;
    world.account("0000000a", "9").await;
    for msisdn in ["447700900001", "447700900002", "447700900003"] {
        world.rent("0000000a", msisdn).await;
    }
    let report = world.advance("2026-02-28").await.pop().expect("a run on the last day");
    assert_eq!((report.renewed, report.past_due, report.released), (1, 2, 0));
    assert_eq!(world.balance("0000000a").await, "1.00");
    let standing: Vec<_> =
        world.subscriptions("0000000a").await.iter().map(|it| it.status).collect();
    assert_eq!(standing, ["active", "past_due", "past_due"]);
    assert_eq!(report.oldest_unbilled, Some(date("2026-02-28")));
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(rented_on_a_month_end_renews_on_month_ends, |world| {
    world.numbers(&["447700900001"], "1.00").await;
    world.account("0000000a", "10").await;
    world.rent("0000000a", "447700900001").await;
    world.advance("2026-05-30").await;
    let starts: Vec<_> =
        world.statement("0000000a").await.iter().filter_map(|line| line.period_start).collect();
    assert_eq!(starts, ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"].map(date));
});
