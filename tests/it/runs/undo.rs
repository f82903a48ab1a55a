//! `run undo`: what a run did is taken back, account by account, once.

use std::sync::Arc;

use linerent::billing::Observer;
use linerent::billing::undo::UndoReport;
use linerent::operations::rentals::cancel::CancelAt;
use linerent::operations::run::{self, Watch};
use linerent::operations::{Error, Refusal, run_undo};
use linerent_testkit::World;
use linerent_testkit::world::date;
use tokio_util::sync::CancellationToken;

/// Accounts to whom everything happens that a run can do. Their second periods begin on 2026-02-28; 0000000c has been past
/// due since 2026-03-27.
async fn everyone(world: &mut World) {
    world.change_policy(|policy| {
        policy.release.grace_days = 4;
        policy.release.late_grace_days = 0;
        policy.release.guard.min = 100;
    });
    world.numbers(&["447700900001", "447700900002", "447700900003", "447700900004"], "2.00").await;
    world.numbers(&["447700900005"], "0.00").await;
    world.numbers(&["447700900006", "447700900007"], "2.00").await;
    // Pays everything.
    world.account("0000000a", "20").await;
    world.rent("0000000a", "447700900001").await;
    world.rent("0000000a", "447700900005").await;
    // Becomes past due on 2026-03-31.
    world.account("0000000b", "4").await;
    world.rent("0000000b", "447700900002").await;
    // Is past due since 2026-03-27, and is released.
    world.account("0000000c", "2").await;
    // Ends at the end of its period.
    world.account("0000000d", "20").await;
    world.rent("0000000d", "447700900004").await;
    // Its card is charged.
    world.account("0000000e", "5").await;
    world.auto_reload("0000000e", "1", "10", "pm_card_visa").await;
    world.rent("0000000e", "447700900006").await;
    world.advance("2026-02-27").await;
    world.rent("0000000c", "447700900003").await;
    world.advance("2026-03-30").await;
    world.cancel("447700900004", CancelAt::PeriodEnd).await;
}

/// The rows of subscriptions and numbers, and the balances.
async fn state(world: &World) -> Vec<String> {
    let mut rows = world.dump().await;
    rows.retain(|row| row.starts_with("subscription|") || row.starts_with("number|"));
    for key in ["0000000a", "0000000b", "0000000c", "0000000d", "0000000e"] {
        rows.push(format!("{key} {}", world.balance(key).await));
    }
    rows
}

/// The rows of subscriptions alone.
async fn subscriptions(world: &World) -> Vec<String> {
    let mut rows = world.dump().await;
    rows.retain(|row| row.starts_with("subscription|"));
    rows
}

async fn undo(world: &World, on: &str) -> UndoReport {
    run_undo::undo(&world.app, date(on), Some("a trial"), &Watch::default()).await.expect("undone")
}

on_both_engines!(an_undone_run_leaves_all_but_the_cards_as_it_was, |world| {
    everyone(world).await;
    world.sleep_until("2026-03-31").await;
    let before = state(world).await;
    let ran = world.run().await;
    assert_eq!((ran.renewed, ran.past_due, ran.released), (3, 1, 1));
    assert_eq!(ran.reloads.captured, 1);
    let after = state(world).await;
    assert_ne!(after, before);

    let preview = run_undo::dry_run(&world.app, date("2026-03-31"), &Watch::default()).await;
    let preview = preview.expect("a preview");
    assert_eq!(state(world).await, after, "a preview changes nothing");
    let undone = undo(world, "2026-03-31").await;
    assert_eq!(undone, preview);
    // The free number was not charged, and needs no reversal.
    assert_eq!((undone.reversed, undone.amounts["EUR"]), (2, 4_000_000));
    assert_eq!(undone.restored.len(), 2);
    assert_eq!((undone.lost.len(), undone.failures.len()), (0, 0));
    assert_eq!(undone.reloads.len(), 1);
    let mut expected = before.clone();
    for row in &mut expected {
        // What the card paid is the customer's.
        *row = row.replace("0000000e 1.00", "0000000e 11.00");
    }
    assert_eq!(state(world).await, expected);
    assert_eq!(world.disagreements().await, []);
    assert_eq!(world.run_of("2026-03-31").await.status, "undone");

    // Nothing is undone twice.
    assert_eq!(undo(world, "2026-03-31").await, UndoReport::default());
    assert_eq!(state(world).await, expected);

    // The date is free again, and the run does the same as before.
    let again = world.run().await;
    assert_eq!((again.renewed, again.past_due, again.released), (3, 1, 1));
    assert_eq!(again.reloads.captured, 0, "the card has paid already");
    assert_eq!(state(world).await, after);
    assert_eq!(world.disagreements().await, []);
    let keys = "SELECT idempotency_key FROM transfers
        WHERE account_id = 10 AND posted_on = '2026-03-31' ORDER BY sequence";
    assert_eq!(
        world.texts(keys).await,
        ["rental/1/2026-03-31", "reversal/rental/1/2026-03-31", "rental/1/2026-03-31/2"]
    );
    assert_eq!(world.run().await.renewed, 0);
});

on_both_engines!(accounts_are_notified_of_what_was_taken_back, |world| {
    everyone(world).await;
    world.advance("2026-03-31").await;
    undo(world, "2026-03-31").await;
    world.deliver().await;
    let subject = |key: &'static str| async {
        world.subjects(key).await.into_iter().find(|it| it.starts_with("Correction"))
    };
    let returned = "Correction: 2.00 EUR returned to your balance";
    assert_eq!(subject("0000000a").await.as_deref(), Some(returned));
    assert_eq!(subject("0000000b").await, None, "it lost nothing but a mark");
    assert_eq!(subject("0000000c").await.as_deref(), Some("Correction: 1 number restored"));
    let history = world.linerent(&["account", "history", "0000000c"]);
    let history = String::from_utf8_lossy(&history.stdout);
    assert!(history.contains("is rented again as if it had not ended on 2026-03-31"), "{history}");
    let history = world.linerent(&["account", "history", "0000000a"]);
    let history = String::from_utf8_lossy(&history.stdout);
    assert!(
        history.contains("the charge for 447700900001 from 2026-03-31 to 2026-04-30 was reversed"),
        "{history}"
    );
    assert!(history.contains("a trial"), "{history}");
});

on_both_engines!(a_mark_that_the_run_cleared_comes_back, |world| {
    world.change_policy(|policy| policy.release.grace_days = 9);
    world.numbers(&["447700900001"], "2.00").await;
    world.account("0000000a", "2").await;
    world.rent("0000000a", "447700900001").await;
    world.advance("2026-03-01").await;
    let since = || async { world.subscriptions("0000000a").await[0].past_due_since };
    assert_eq!(since().await, Some(date("2026-02-28")));
    world.top_up("0000000a", "2", "INV-1").await;
    assert_eq!(since().await, None);
    undo(world, "2026-03-01").await;
    assert_eq!(since().await, Some(date("2026-02-28")));
    assert_eq!(world.balance("0000000a").await, "2.00");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(several_missed_periods_are_taken_back_latest_first, |world| {
    world.numbers(&["447700900001"], "2.00").await;
    world.account("0000000a", "20").await;
    world.rent("0000000a", "447700900001").await;
    world.sleep_until("2026-06-30").await;
    let before = subscriptions(world).await;
    assert_eq!(world.run().await.renewed, 5);
    assert_eq!(undo(world, "2026-06-30").await.reversed, 5);
    assert_eq!(subscriptions(world).await, before);
    assert_eq!(
        (world.balance("0000000a").await.as_str(), world.disagreements().await),
        ("18.00", vec![])
    );
    let last = world.statement("0000000a").await.pop().expect("a line");
    assert_eq!((last.code, last.period_start), ("reversal", Some(date("2026-02-28"))));
    let starts = "SELECT CAST(period_start AS TEXT) FROM transfers WHERE code = 'reversal' ORDER BY sequence";
    assert_eq!(
        world.texts(starts).await,
        ["2026-06-30", "2026-05-31", "2026-04-30", "2026-03-31", "2026-02-28"]
    );
});

on_both_engines!(a_number_that_another_account_has_rented_since_stays_lost, |world| {
    world.change_policy(|policy| policy.release.hold.days = 0);
    world.numbers(&["447700900001", "447700900002"], "2.00").await;
    world.account("0000000a", "4").await;
    world.rent("0000000a", "447700900001").await;
    world.rent("0000000a", "447700900002").await;
    world.account("0000000b", "20").await;
    assert_eq!(world.advance("2026-02-28").await.pop().expect("a run").released, 2);
    world.rent("0000000b", "447700900001").await;
    let undone = undo(world, "2026-02-28").await;
    let numbers = |list: &[(_, linerent::rental::Msisdn)]| -> Vec<String> {
        list.iter().map(|(_, msisdn)| msisdn.to_string()).collect()
    };
    assert_eq!(numbers(&undone.restored), ["447700900002"]);
    assert_eq!(numbers(&undone.lost), ["447700900001"]);
    assert_eq!(world.number("447700900001").await.status, "rented");
    assert_eq!(world.subscriptions("0000000a").await[0].status, "ended");
    assert_eq!(world.disagreements().await, []);
});

/// Stops the work once one batch is done.
struct StopAfterOne(CancellationToken);

impl Observer for StopAfterOne {
    fn looked_at(&self, _accounts: u64) {
        self.0.cancel();
    }
}

on_both_engines!(an_interrupted_undo_goes_on_and_no_run_begins_meanwhile, |world| {
    everyone(world).await;
    world.sleep_until("2026-03-31").await;
    let before = state(world).await;
    world.run().await;
    world.change_policy(|policy| policy.run.batch_accounts = 1);
    let mut rounds = 0;
    loop {
        let stop = CancellationToken::new();
        let observer = Arc::new(StopAfterOne(stop.clone()));
        let watch = Watch { stop, observer };
        rounds += 1;
        match run_undo::undo(&world.app, date("2026-03-31"), None, &watch).await {
            Ok(_) => break,
            Err(error) => assert!(matches!(error, Error::Failed(_)), "{error:?}"),
        }
        let refused = run::run(&world.app, &Watch::default()).await.expect_err("no run");
        assert!(matches!(refused, Error::Refused(Refusal::RunBeingUndone { .. })), "{refused:?}");
    }
    assert!(rounds > 3, "{rounds} rounds");
    let reversals = "SELECT CAST(COUNT(*) AS TEXT) FROM transfers WHERE code = 'reversal'";
    assert_eq!(world.texts(reversals).await, ["2"]);
    let after = state(world).await;
    let balances = |rows: &[String]| {
        rows.iter().filter(|it| !it.starts_with("0000000e")).cloned().collect::<Vec<_>>()
    };
    assert_eq!(balances(&after), balances(&before));
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(only_the_latest_run_is_undone, |world| {
    world.advance("2026-02-02").await;
    let refused = run_undo::undo(&world.app, date("2026-02-01"), None, &Watch::default()).await;
    let refused = refused.expect_err("not the latest");
    assert!(matches!(refused, Error::Refused(Refusal::RunNotLatest { .. })), "{refused:?}");
    undo(world, "2026-02-02").await;
    undo(world, "2026-02-01").await;
});

on_both_engines!(a_run_under_a_clock_that_was_ahead_is_undone_and_later_runs_go_on, |world| {
    world.numbers(&["447700900001", "447700900002"], "2.00").await;
    world.account("0000000a", "20").await;
    world.rent("0000000a", "447700900001").await;
    world.rent("0000000a", "447700900002").await;
    let clock = world.make_production_at("2026-02-10T06:00:00Z").await;
    world.run().await;
    world.cancel("447700900002", CancelAt::PeriodEnd).await;
    let before = subscriptions(world).await;
    // Seven weeks ahead, which no guard notices.
    clock.set("2026-04-01T06:00:00Z".parse().expect("an instant"));
    assert_eq!(world.run().await.renewed, 2);
    clock.set("2026-02-11T06:00:00Z".parse().expect("an instant"));
    let refused = run::run(&world.app, &Watch::default()).await.expect_err("the clock went back");
    assert!(matches!(refused, Error::Refused(Refusal::ClockWentBack { .. })), "{refused:?}");
    let undone = undo(world, "2026-04-01").await;
    assert_eq!((undone.reversed, undone.restored.len()), (2, 1));
    assert_eq!(subscriptions(world).await, before);
    assert_eq!(world.balance("0000000a").await, "16.00");
    for (day, renewed) in [("2026-02-11", 0), ("2026-02-28", 1), ("2026-04-01", 1)] {
        clock.set(format!("{day}T06:00:00Z").parse().expect("an instant"));
        assert_eq!(world.run().await.renewed, renewed, "{day}");
    }
    // The transfers of the undone run do not show that a date is right.
    clock.set("2026-08-01T06:00:00Z".parse().expect("an instant"));
    assert_eq!(world.run().await.held_by, Some("clock"));
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(the_program_shows_what_it_undoes, |world| {
    everyone(world).await;
    world.advance("2026-03-31").await;
    let output = world.linerent(&["run", "undo", "2026-03-31", "--dry-run"]);
    assert!(output.status.success());
    insta::allow_duplicates! {
        insta::assert_snapshot!(String::from_utf8_lossy(&output.stdout), @"
        billing date      2026-03-31
        accounts          5
        charges reversed  2
        amount returned   4.00 EUR
        numbers restored  2
        numbers lost      0
        notices           4
        failed accounts   0
        ");
    }
    let output = world.linerent(&["run", "undo", "2026-03-31", "--yes", "--reason", "a trial"]);
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("2026-03-31 can be run again"), "{said}");
    let again = world.linerent(&["run", "undo", "2026-03-31", "--yes"]);
    assert!(again.status.success(), "{again:?}");
    let json = world.linerent(&["--json", "run", "show", "2026-03-31"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!(json["status"], "undone");
});
