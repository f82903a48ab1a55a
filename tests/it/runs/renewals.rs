//! Renewing, and what money that arrives settles.

use linerent::installation::InstallationKind;
use linerent::operations::run::Watch;
use linerent::operations::{databases::advance, run};
use linerent_testkit::{date, said};

on_both_engines!(three_numbers_due_and_money_for_one, |world| {
    world.change_policy(|policy| policy.release.grace_days = 5);
    world.numbers(&["447700900001", "447700900002", "447700900003"], "2.00").await;
    world.account("0000000a", "9").await;
    for msisdn in ["447700900001", "447700900002", "447700900003"] {
        world.rent("0000000a", msisdn).await;
    }
    let report = world.advance("2026-02-28").await.pop().expect("a run on the last day");
    assert_eq!((report.renewed, report.past_due, report.released), (1, 2, 0));
    assert_eq!(world.balance("0000000a").await, "1.00");
    let snapshot: Vec<_> =
        world.subscriptions("0000000a").await.iter().map(|it| it.status).collect();
    assert_eq!(snapshot, ["active", "past_due", "past_due"]);
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

on_both_engines!(the_thirtieth_comes_back_after_february, |world| {
    world.sleep_until("2027-01-30").await;
    world.numbers(&["447700900001"], "1.00").await;
    world.account("0000000a", "10").await;
    world.rent("0000000a", "447700900001").await;
    world.advance("2027-03-30").await;
    let lines = world.statement("0000000a").await;
    let booked: Vec<_> = lines.iter().filter(|line| line.code == "rental").collect();
    let starts: Vec<_> = booked.iter().filter_map(|line| line.period_start).collect();
    assert_eq!(starts, ["2027-01-30", "2027-02-28", "2027-03-30"].map(date));
    let days: Vec<_> = booked.iter().map(|line| line.on).collect();
    assert_eq!(days, starts, "each is booked on the day on which it is due");
    let next = world.subscriptions("0000000a").await[0].next_renewal_on;
    assert_eq!(next, Some(date("2027-04-30")));
});

on_both_engines!(a_run_done_twice_does_nothing_the_second_time, |world| {
    world.change_policy(|policy| policy.release.grace_days = 5);
    world.numbers(&["447700900001", "447700900002"], "2.00").await;
    world.account("0000000a", "7").await;
    world.rent("0000000a", "447700900001").await;
    world.rent("0000000a", "447700900002").await;
    world.sleep_until("2026-02-28").await;
    let first = world.run().await;
    let after_first = world.dump().await;
    let second = world.run().await;
    assert_eq!((first.renewed, first.past_due), (1, 1));
    assert_eq!((second.accounts, second.renewed, second.past_due, second.released), (0, 0, 0, 0));
    assert_eq!(world.dump().await, after_first);
    let of_the_date = world.run_of("2026-02-28").await;
    assert_eq!((of_the_date.accounts, of_the_date.renewed, of_the_date.past_due), (1, 1, 1));
});

on_both_engines!(a_number_that_costs_nothing_renews_without_a_transfer, |world| {
    world.numbers(&["447700900001"], "0").await;
    world.account("0000000a", "0").await;
    world.rent("0000000a", "447700900001").await;
    let report = world.advance("2026-02-28").await.pop().expect("a run on the last day");
    assert_eq!((report.renewed, report.renewed_amounts.len()), (1, 0));
    let next = world.subscriptions("0000000a").await[0].next_renewal_on;
    assert_eq!(next, Some(date("2026-03-31")));
    assert_eq!(world.statement("0000000a").await.len(), 0);
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(the_setup_price_is_charged_once, |world| {
    world.number_with_setup("447700900001", "2.00", "0.50").await;
    world.account("0000000a", "10").await;
    world.rent("0000000a", "447700900001").await;
    world.advance("2026-02-28").await;
    let codes: Vec<_> = world.statement("0000000a").await.iter().map(|line| line.code).collect();
    assert_eq!(codes, ["top-up", "setup", "rental", "rental"]);
    assert_eq!(world.balance("0000000a").await, "5.50");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(the_credit_limit_is_used_up_exactly, |world| {
    world.change_policy(|policy| policy.release.grace_days = 60);
    world.numbers(&["447700900001"], "2.00").await;
    world.account_with_credit("0000000a", "0", "6").await;
    world.rent("0000000a", "447700900001").await;
    world.advance("2026-04-30").await;
    assert_eq!(world.balance("0000000a").await, "-6.00");
    let subscription = world.subscriptions("0000000a").await.remove(0);
    assert_eq!(
        (subscription.status, subscription.past_due_since),
        ("past_due", Some(date("2026-04-30")))
    );
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_top_up_pays_what_is_past_due_at_once, |world| {
    world.change_policy(|policy| policy.release.grace_days = 5);
    world.numbers(&["447700900001"], "2.00").await;
    world.account("0000000a", "2").await;
    world.rent("0000000a", "447700900001").await;
    world.advance("2026-03-02").await;
    let before = world.subscriptions("0000000a").await.remove(0);
    assert_eq!((before.status, before.past_due_since), ("past_due", Some(date("2026-02-28"))));
    world.top_up("0000000a", "3", "INV-1").await;
    let after = world.subscriptions("0000000a").await.remove(0);
    assert_eq!((after.status, after.past_due_since), ("active", None));
    assert_eq!(after.next_renewal_on, Some(date("2026-03-31")));
    assert_eq!(world.balance("0000000a").await, "1.00");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_top_up_that_is_too_small_pays_nothing, |world| {
    world.change_policy(|policy| policy.release.grace_days = 5);
    world.numbers(&["447700900001"], "2.00").await;
    world.account("0000000a", "2").await;
    world.rent("0000000a", "447700900001").await;
    world.advance("2026-03-02").await;
    world.top_up("0000000a", "1.999999", "INV-1").await;
    let after = world.subscriptions("0000000a").await.remove(0);
    assert_eq!((after.status, after.past_due_since), ("past_due", Some(date("2026-02-28"))));
    assert_eq!(world.balance("0000000a").await, "1.999999");
});

on_both_engines!(a_clock_that_went_back_is_refused, |world| {
    world.advance("2026-02-03").await;
    world.app.kind = InstallationKind::Sandbox { on: date("2026-02-02") };
    let error = run::run(&world.app, &Watch::default()).await.expect_err("a refusal");
    let error = said(error);
    assert!(error.contains("2026-02-03 has been run already"), "{error}");
    world.execute_sql("UPDATE installation SET sandbox_on = '2026-02-02'").await;
    assert_eq!(world.linerent(&["run"]).status.code(), Some(1));
});

on_both_engines!(a_run_that_was_cut_off_is_finished_before_the_clock_moves_on, |world| {
    world.numbers(&["447700900001"], "2.00").await;
    world.account("0000000a", "10").await;
    world.rent("0000000a", "447700900001").await;
    world.sleep_until("2026-02-28").await;
    world.cut_off_run().await;
    assert_eq!(world.run_of("2026-02-28").await.status, "running");
    let runs = world.advance("2026-03-01").await;
    let days: Vec<_> = runs.iter().map(|run| (run.billing_date, run.renewed)).collect();
    assert_eq!(days, [(date("2026-02-28"), 1), (date("2026-03-01"), 0)]);
    assert_eq!(world.run_of("2026-02-28").await.status, "complete");
});

on_both_engines!(who_stops_an_advance_is_told_where_the_sandbox_stands, |world| {
    let watch = Watch::default();
    watch.stop.cancel();
    let stopped = advance::advance(&mut world.app, date("2026-03-01"), false, &watch).await;
    let in_words = |error| format!("{:#}", anyhow::Error::from(error));
    let told = in_words(stopped.expect_err("it was stopped"));
    assert!(told.starts_with("the run of 2026-02-01: the run was interrupted"), "{told}");
    let again = advance::advance(&mut world.app, date("2026-03-01"), false, &watch).await;
    assert_eq!(in_words(again.expect_err("it was stopped again")), told);
    let runs = world.advance("2026-02-02").await;
    let days: Vec<_> = runs.iter().map(|run| run.billing_date).collect();
    assert_eq!(days, [date("2026-02-01"), date("2026-02-02")]);
});

on_both_engines!(a_sandbox_whose_present_day_was_run_does_not_run_it_again, |world| {
    world.advance("2026-02-01").await;
    let runs = world.advance("2026-02-02").await;
    assert_eq!(runs.len(), 1);
    let watch = Watch::default();
    let back = advance::advance(&mut world.app, date("2026-02-01"), false, &watch).await;
    assert!(said(back.expect_err("a refusal")).contains("is before the sandbox's date"));
});

on_both_engines!(a_sandbox_in_which_nothing_happened_only_says_where_it_stands, |world| {
    let output = world.linerent(&["sandbox", "advance", "--to", "2026-02-02"]);
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "the sandbox's date is 2026-02-02; 2 runs done; mail: 0 sent\n"
    );
});
