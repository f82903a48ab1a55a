//! The customer's own wish.

use linerent::operations::rentals::cancel::{self, CancelAt};
use linerent_testkit::{date, number, said};

on_both_engines!(cancelled_at_period_end_it_stays_until_it_would_renew, |world| {
    world.numbers(&["447700900001"], "2.00").await;
    world.account("0000000a", "10").await;
    world.rent("0000000a", "447700900001").await;
    let cancelled = world.cancel("447700900001", CancelAt::PeriodEnd).await;
    assert_eq!((cancelled.status, cancelled.ends_at_period_end), ("active", true));
    world.advance("2026-02-27").await;
    assert_eq!(world.number("447700900001").await.status, "rented");
    let report = world.advance("2026-02-28").await.pop().expect("a run on the last day");
    assert_eq!((report.accounts, report.renewed, report.released), (1, 0, 0));
    let ended = world.subscriptions("0000000a").await.remove(0);
    assert_eq!(ended.ended_on, Some(date("2026-02-28")));
    assert_eq!(ended.end_reason, Some("cancelled"));
    assert_eq!(world.number("447700900001").await.held_until, Some(date("2026-05-29")));
    assert_eq!(world.balance("0000000a").await, "8.00");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_late_run_ends_it_on_the_day_it_would_have_renewed, |world| {
    world.numbers(&["447700900001"], "2.00").await;
    world.account("0000000a", "10").await;
    world.rent("0000000a", "447700900001").await;
    world.cancel("447700900001", CancelAt::PeriodEnd).await;
    world.sleep_until("2026-04-20").await;
    assert_eq!(world.run().await.renewed, 0);
    assert_eq!(world.subscriptions("0000000a").await[0].ended_on, Some(date("2026-02-28")));
    assert_eq!(world.number("447700900001").await.held_until, Some(date("2026-05-29")));
});

on_both_engines!(a_hold_that_was_over_before_the_late_run_puts_it_on_sale_at_once, |world| {
    world.numbers(&["447700900001"], "2.00").await;
    world.account("0000000a", "10").await;
    world.rent("0000000a", "447700900001").await;
    world.cancel("447700900001", CancelAt::PeriodEnd).await;
    world.sleep_until("2026-07-01").await;
    world.run().await;
    assert_eq!(world.number("447700900001").await.status, "available");
});

on_both_engines!(cancelled_at_once_it_ends_today_without_refund, |world| {
    world.numbers(&["447700900001"], "2.00").await;
    world.account("0000000a", "10").await;
    world.rent("0000000a", "447700900001").await;
    world.advance("2026-02-10").await;
    let ended = world.cancel("447700900001", CancelAt::Once).await;
    assert_eq!((ended.status, ended.ended_on), ("ended", Some(date("2026-02-10"))));
    assert_eq!(ended.next_renewal_on, None);
    let number = world.number("447700900001").await;
    assert_eq!(
        (number.held_for.as_deref(), number.held_until),
        (Some("0000000a"), Some(date("2026-05-11")))
    );
    world.advance("2026-03-01").await;
    assert_eq!(world.balance("0000000a").await, "8.00");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(what_is_past_due_has_no_period_to_wait_for, |world| {
    world.change_policy(|policy| policy.release.grace_days = 5);
    world.numbers(&["447700900001"], "2.00").await;
    world.account("0000000a", "2").await;
    world.rent("0000000a", "447700900001").await;
    world.advance("2026-03-02").await;
    let ended = world.cancel("447700900001", CancelAt::PeriodEnd).await;
    assert_eq!((ended.status, ended.ended_on), ("ended", Some(date("2026-03-02"))));
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_top_up_ends_what_was_cancelled_and_is_due, |world| {
    world.numbers(&["447700900001"], "2.00").await;
    world.account("0000000a", "10").await;
    world.rent("0000000a", "447700900001").await;
    world.cancel("447700900001", CancelAt::PeriodEnd).await;
    world.sleep_until("2026-03-05").await;
    world.top_up("0000000a", "1", "INV-1").await;
    assert_eq!(world.subscriptions("0000000a").await[0].ended_on, Some(date("2026-02-28")));
    assert_eq!(world.balance("0000000a").await, "9.00");
});

on_both_engines!(what_was_to_end_is_kept_and_renews, |world| {
    world.numbers(&["447700900001"], "2.00").await;
    world.account("0000000a", "10").await;
    world.rent("0000000a", "447700900001").await;
    world.cancel("447700900001", CancelAt::PeriodEnd).await;
    world.advance("2026-02-27").await;
    let kept = cancel::keep(&world.app, &number("447700900001"), None).await;
    let kept = kept.expect("it is kept").subscription;
    assert_eq!((kept.status(), kept.ends_at_period_end), ("active", false));
    let report = world.advance("2026-02-28").await.pop().expect("a run on the last day");
    assert_eq!((report.renewed, report.released), (1, 0));
    assert_eq!(world.balance("0000000a").await, "6.00");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(from_the_day_on_nothing_is_kept, |world| {
    world.numbers(&["447700900001"], "2.00").await;
    world.account("0000000a", "10").await;
    world.rent("0000000a", "447700900001").await;
    world.cancel("447700900001", CancelAt::PeriodEnd).await;
    world.sleep_until("2026-02-28").await;
    let told = cancel::keep(&world.app, &number("447700900001"), None).await;
    let told = said(told.expect_err("a refusal"));
    insta::allow_duplicates! { insta::assert_snapshot!(told, @r"
    the last period of 447700900001 was over on 2026-02-28: it is too late to keep it
    hint: the next run ends it; then `linerent rent 0000000a 447700900001` rents it anew
    ") }
    assert_eq!(world.run().await.renewed, 0);
    assert_eq!(world.number("447700900001").await.status, "held");
});
