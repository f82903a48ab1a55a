//! Closing an account: all that it has left ends at once, or nothing does.

use linerent::billing::close_account::EndRentals;
use linerent::cli::views::closing::ClosedView;
use linerent::operations::accounts::close;
use linerent::operations::rentals::rent;

use crate::accounts::refunds::at_once;
use linerent_testkit::{World, date, id, number, said};

/// What can be done about an account that is closed.
const CLOSED_HINT: &str = "hint: a closed account cannot be changed or opened again; `linerent account create` makes a new one";
const KEY: &str = "0000000a";

on_both_engines!(what_is_left_ends_with_the_account, |world| {
    world.numbers(&["447700900001", "447700900002"], "2.00").await;
    world.shared_short_code("45678", "0").await;
    world.account(KEY, "4").await;
    for number in ["447700900001", "447700900002", "45678"] {
        world.rent(KEY, number).await;
    }
    world.auto_reload(KEY, "5", "20", "pm_card_visa").await;
    world.sleep_until("2026-02-10").await;
    let before = world.subscriptions(KEY).await;
    let refusal = close::close(&world.app, id(KEY), EndRentals::No).await;
    assert!(refusal.is_err());
    assert_eq!(world.subscriptions(KEY).await.len(), before.len());

    let closed =
        close::close(&world.app, id(KEY), EndRentals::Yes).await.expect("a closed account");
    let closed = ClosedView::from(&closed);
    assert_eq!((closed.account.status, closed.ended_rentals.len()), ("closed", 3));
    assert!(closed.ended_auto_reload.is_some() && closed.account.auto_reload.is_none());
    let rentals = world.subscriptions(KEY).await;
    assert!(rentals.iter().all(|it| it.end_reason == Some("cancelled")));
    assert_eq!(
        serde_json::to_value(&closed.ended_rentals).expect("JSON"),
        serde_json::to_value(&rentals).expect("JSON")
    );
    let number = world.number("447700900001").await;
    assert_eq!(
        (number.held_for.as_deref(), number.held_until),
        (Some(KEY), Some(date("2026-05-11")))
    );
    assert_eq!(world.number("45678").await.status, "available");
    world.advance("2026-03-05").await;
    assert_eq!(world.reloads(KEY).await.len(), 0);
    assert_eq!(world.balance(KEY).await, "0.00");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_balance_and_an_open_reload_stand_in_the_way_of_everything, |world| {
    world.numbers(&["447700900001"], "2.00").await;
    world.account(KEY, "5").await;
    world.rent(KEY, "447700900001").await;
    world.auto_reload(KEY, "5", "20", "pm_sandbox_error500_3").await;
    world.check().await;
    let refusal = close::close(&world.app, id(KEY), EndRentals::Yes).await.expect_err("a refusal");
    let id = world.reloads(KEY).await.remove(0).id;
    let said = said(refusal).replace(&id, "RELOAD");
    insta::allow_duplicates! { insta::assert_snapshot!(said, @r"
    account 0000000a is not closed, it has
      447700900001 rented for 2.00 EUR a month, next renewal on 2026-02-28
      a standing order: below 5.00 EUR charge 20.00 EUR to pm_sandbox_error500_3
      the reload RELOAD, which is not settled
      a balance of 3.00 EUR
    hint: `linerent reload check` asks the gateway about it
    hint: `linerent account auto-reload 0000000a --off` ends the standing order
    hint: `linerent account refund 0000000a --all --reference …` books that the balance was paid back
    hint: then run `linerent account close 0000000a --yes`: the rentals end today, without refund
    ") };
    assert_eq!(world.subscriptions(KEY).await[0].status, "active");
    assert!(world.show(KEY).await.auto_reload.is_some());
});

on_both_engines!(an_account_in_debt_is_not_closed, |world| {
    world.numbers(&["447700900001"], "2.00").await;
    world.account_with_credit(KEY, "0", "5").await;
    world.rent(KEY, "447700900001").await;
    let output = world.linerent(&["account", "close", KEY, "--yes"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).expect("text");
    insta::allow_duplicates! { insta::assert_snapshot!(said, @r"
    error: account 0000000a is not closed, it has
      447700900001 rented for 2.00 EUR a month, next renewal on 2026-02-28
      a balance of -2.00 EUR
    hint: `linerent account adjust 0000000a 2.00 --reason … --reference …` writes the debt off, `top-up` books what was paid
    hint: then run `linerent account close 0000000a --yes`: the rentals end today, without refund
    ") };
});

on_both_engines!(a_past_due_rental_ends_unpaid, |world| {
    world.change_policy(|policy| policy.release.grace_days = 9);
    world.numbers(&["447700900001"], "2.00").await;
    world.account(KEY, "2").await;
    world.rent(KEY, "447700900001").await;
    world.advance("2026-03-02").await;
    let output = world.linerent(&["account", "close", KEY]);
    assert_eq!(output.status.code(), Some(1));
    let refused = String::from_utf8(output.stderr).expect("text");
    let dry_run = world.linerent(&["account", "close", KEY, "--dry-run"]);
    assert!(dry_run.status.success());
    let dry_run = String::from_utf8(dry_run.stdout).expect("text");
    assert_eq!(world.subscriptions(KEY).await[0].status, "past_due");
    let done = world.linerent(&["account", "close", KEY, "--yes"]);
    assert!(done.status.success(), "{done:?}");
    let done = String::from_utf8(done.stdout).expect("text");
    let said = [refused, dry_run, done].join("---\n");
    insta::allow_duplicates! { insta::assert_snapshot!(said, @r"
    error: account 0000000a is not closed, it has
      447700900001 rented for 2.00 EUR a month, past due since 2026-02-28
      renewals of 2.00 EUR that are due and not paid; they end unpaid
    hint: run `linerent account close 0000000a --yes`: the rentals end today, without refund
    ---
    would end: the rental of 447700900001, past due since 2026-02-28
    would be closed: account 0000000a (Account 0000000a)
    ---
    ended: the rental of 447700900001
    closed: account 0000000a (Account 0000000a)
    ") };
    assert_eq!(world.number("447700900001").await.status, "held");
    assert_eq!(world.statement(KEY).await.len(), 2);
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(closing_answers_with_the_account_and_what_ended, |world| {
    world.numbers(&["447700900001"], "2.00").await;
    world.account(KEY, "3").await;
    world.rent(KEY, "447700900001").await;
    let dry_run = world.linerent(&["--json", "account", "close", KEY, "--dry-run"]);
    assert_eq!(dry_run.status.code(), Some(1), "a balance stands in the way");
    let dry_run = String::from_utf8(dry_run.stdout).expect("text");
    world.linerent(&["account", "adjust", KEY, "-1", "--reason", "gone", "--reference", "r"]);
    let closed = world.linerent(&["--json", "account", "close", KEY, "--yes"]);
    let closed = String::from_utf8(closed.stdout).expect("text");
    let in_the_way = dry_run.split("\"in_the_way\"").nth(1).unwrap_or_default();
    insta::allow_duplicates! {
        insta::assert_snapshot!(in_the_way, @r#"
        : [
            {
              "kind": "balance",
              "text": "a balance of 1.00 EUR",
              "hint": "`linerent account refund 0000000a --all --reference …` books that the balance was paid back"
            }
          ],
          "notices_pending": 0
        }
        "#);
        insta::assert_snapshot!(closed, @r#"
        {
          "key": "0000000a",
          "name": "Account 0000000a",
          "email": "0000000a@example.com",
          "currency": "EUR",
          "balance": "0.00",
          "credit_limit": "0.00",
          "low_balance": null,
          "notices_off": [],
          "auto_reload": null,
          "auto_reload_ended": null,
          "status": "closed",
          "ended_rentals": [
            {
              "number": "447700900001",
              "account": "0000000a",
              "started_on": "2026-01-31",
              "next_renewal_on": null,
              "monthly_price": "2.00",
              "next_monthly_price": null,
              "next_monthly_price_on": null,
              "currency": "EUR",
              "status": "ended",
              "past_due_since": null,
              "ends_at_period_end": false,
              "ended_on": "2026-01-31",
              "end_reason": "cancelled"
            }
          ],
          "ended_auto_reload": null,
          "held_numbers": [],
          "in_the_way": [],
          "notices_pending": 0
        }
        "#);
    };
});

on_both_engines!(nothing_is_rented_by_an_account_that_closes_at_the_same_time, |world| {
    for round in 0..8 {
        let (key, number) = (format!("000000b{round}"), format!("44770090000{round}"));
        world.numbers(&[&number], "0").await;
        world.account(&key, "0").await;
        let close = ["account", "close", &key, "--yes"];
        let [closed, rented] = at_once(world, [&close, &["rent", &key, &number]]).await;
        assert!(closed.status.success(), "{closed:?}");
        let said = String::from_utf8_lossy(&rented.stderr).into_owned();
        let expected = format!("error: account {key} is closed\n{CLOSED_HINT}\n");
        assert!(rented.status.success() || said == expected, "{rented:?}");
        assert_eq!(world.show(&key).await.status, "closed");
        let rentals = world.subscriptions(&key).await;
        assert!(rentals.iter().all(|it| it.status == "ended"), "{rentals:?}");
        assert_ne!(world.number(&number).await.status, "rented");
    }
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(who_read_the_account_before_it_was_closed_is_told_so, |world| {
    world.numbers(&["447700900001"], "0").await;
    world.account(KEY, "0").await;
    let stale = world.app.account(KEY.parse().expect("a key")).await.expect("an account");
    close::close(&world.app, id(KEY), EndRentals::Yes).await.expect("a closed account");
    assert!(stale.is_open);
    let writer = world.app.account_writer(world.app.moment());
    let entry = linerent::ledger::Entry::top_up(stale.credit_limit, "r");
    let late = linerent::billing::settle::book(&writer, stale.id, &entry);
    late.await.expect_err("nothing is booked");
    let refusal = rent::rent(&world.app, id(KEY), &number("447700900001")).await;
    let refusal = refusal.expect_err("a refusal");
    assert_eq!(said(refusal), format!("account {KEY} is closed\n{CLOSED_HINT}"));
});

/// Closes the only account, which has nothing left.
async fn closed(world: &World) {
    world.numbers(&["447700900001"], "0").await;
    world.account(KEY, "0").await;
    close::close(&world.app, id(KEY), EndRentals::No).await.expect("a closed account");
}

on_both_engines!(every_verb_refuses_a_closed_account, |world| {
    closed(world).await;
    let order = ["--threshold", "5", "--amount", "20", "--payment-method", "pm_card_visa"];
    let commands: [&[&str]; 10] = [
        &["account", "close", KEY, "--yes"],
        &["account", "close", KEY, "--dry-run"],
        &["account", "refund", KEY, "--all", "--reference", "r"],
        &["account", "top-up", KEY, "5", "--reference", "r"],
        &["account", "adjust", KEY, "5", "--reason", "why", "--reference", "r"],
        &[&["account", "auto-reload", KEY][..], &order].concat(),
        &["account", "auto-reload", KEY, "--off"],
        &["account", "notices", KEY, "--off", "renewed"],
        &["account", "update", KEY, "--name", "Ada"],
        &["rent", KEY, "447700900001"],
    ];
    for command in commands {
        let output = world.linerent(command);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(said, format!("error: account {KEY} is closed\n{CLOSED_HINT}\n"), "{command:?}");
        assert_eq!(output.status.code(), Some(1), "{command:?}");
    }
    for command in ["show", "notices", "statement"] {
        assert!(world.linerent(&["account", command, KEY]).status.success(), "{command}");
    }
});

on_both_engines!(a_held_number_is_not_given_up_without_yes, |world| {
    world.numbers(&["447700900001"], "0").await;
    world.account(KEY, "0").await;
    world.rent(KEY, "447700900001").await;
    assert!(world.linerent(&["cancel", "447700900001"]).status.success());
    let output = world.linerent(&["account", "close", KEY]);
    assert_eq!(output.status.code(), Some(1));
    let refused = String::from_utf8(output.stderr).expect("text");
    let dry_run = world.linerent(&["account", "close", KEY, "--dry-run"]);
    let dry_run = String::from_utf8(dry_run.stdout).expect("text");
    assert_eq!(world.show(KEY).await.status, "open");
    let said = [refused, dry_run].join("---\n");
    insta::allow_duplicates! { insta::assert_snapshot!(said, @r"
    error: account 0000000a is not closed, it has
      447700900001 held for it until 2026-05-01; it can no longer be rented again
    hint: run `linerent account close 0000000a --yes`
    ---
    could not be rented again: 447700900001, held until 2026-05-01
    would be closed: account 0000000a (Account 0000000a)
    ") };
    assert!(world.linerent(&["account", "close", KEY, "--yes"]).status.success());
    assert_eq!(world.show(KEY).await.status, "closed");
});

on_both_engines!(a_held_number_is_shown_with_the_date_on_which_it_goes_back_on_sale, |world| {
    world.numbers(&["447700900001"], "0").await;
    world.account(KEY, "0").await;
    world.rent(KEY, "447700900001").await;
    assert!(world.linerent(&["cancel", "447700900001"]).status.success());
    let text =
        |arguments: &[&str]| String::from_utf8(world.linerent(arguments).stdout).expect("text");
    let (listed, shown) = (text(&["number", "list"]), text(&["number", "show", "447700900001"]));
    assert!(listed.contains("AVAILABLE FROM") && listed.contains("2026-05-01"), "{listed}");
    assert!(shown.contains("\navailable from  2026-05-01"), "{shown}");
});
