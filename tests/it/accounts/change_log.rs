//! The change log: a change by hand is logged in the transaction of the change, once, and the history shows it.

use linerent::billing::close_account::EndRentals;
use linerent::operations::accounts::close;
use linerent::operations::rentals::cancel::CancelAt;

use crate::accounts::refunds::at_once;
use linerent_testkit::{Engine, World, id};

const KEY: &str = "0000000a";
const FIRST: &str = "447700900001";
const SECOND: &str = "447700900002";

/// The change log of all accounts, a line each.
async fn change_log(world: &World) -> Vec<String> {
    let rows = world.dump().await.into_iter();
    rows.filter(|row| row.starts_with("change_log|")).collect()
}

/// Runs commands of the program that all do what they should.
fn does(world: &World, commands: &[&str]) {
    for command in commands {
        let output = world.linerent(&words(command));
        assert!(output.status.success(), "{command}: {output:?}");
    }
}

/// The account's history on the screen.
fn history(world: &World, arguments: &str) -> String {
    let output = world.linerent(&words(&format!("account history {KEY} {arguments}")));
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// Empties the change log.
async fn empty_the_change_log(world: &World) {
    world
        .execute_sql(match world.engine {
            Engine::Sqlite => "DROP TRIGGER change_log_no_delete; DELETE FROM change_log",
            Engine::Postgres => {
                "ALTER TABLE change_log DISABLE TRIGGER ALL; DELETE FROM change_log"
            }
        })
        .await;
}

fn words(command: &str) -> Vec<&str> {
    command.split_whitespace().collect()
}

/// The account has 20 EUR and rents two numbers.
async fn two_rentals(world: &World) {
    world.numbers(&[FIRST, SECOND], "2.00").await;
    world.account(KEY, "20").await;
    world.rent(KEY, FIRST).await;
    world.rent(KEY, SECOND).await;
}

on_both_engines!(the_history_shows_what_is_changed_by_hand, |world| {
    two_rentals(world).await;
    let order = "account auto-reload 0000000a --amount 20 --payment-method pm_card_visa";
    does(
        world,
        &[
            &format!("{order} --threshold 5"),
            "account update 0000000a --name Ada --email ada@example.com --low-balance 3",
            "account notices 0000000a --off renewed,low_balance",
            "sandbox advance --to 2026-02-10",
            "account top-up 0000000a 1 --reference B-1",
            &format!("{order} --threshold 2.50"),
            "cancel 447700900001 --at-period-end",
            "cancel 447700900002 --at-period-end",
            "account adjust 0000000a -1 --reason postage --reference A-1",
            "account notices 0000000a --on renewed",
            "sandbox advance --to 2026-02-20",
            "cancel 447700900001 --keep",
            "number reprice --country GB --type mobile-lvn --price 2.20 --effective 2026-03-01 --notice-days 1",
            "account auto-reload 0000000a --off",
            "account update 0000000a --low-balance=",
            "sandbox advance --to 2026-03-31",
            "cancel 447700900001",
        ],
    );
    insta::allow_duplicates! { insta::assert_snapshot!(history(world, ""), @r#"
    ON          AMOUNT  BALANCE       WHAT HAPPENED
    2026-01-31                        account created for Account 0000000a, in EUR
    2026-01-31   20.00    20.00  EUR  topped up (opening)
    2026-01-31   -2.00    18.00  EUR  447700900001 rented, next renewal on 2026-02-28
    2026-01-31   -2.00    16.00  EUR  447700900002 rented, next renewal on 2026-02-28
    2026-01-31                        auto-reload set to charge 20.00 EUR to pm_card_visa below 5.00 EUR
    2026-01-31                        the name changed from "Account 0000000a" to "Ada"
    2026-01-31                        the e-mail address changed from 0000000a@example.com to ada@example.com
    2026-01-31                        the low balance changed from none to 3.00 EUR
    2026-01-31                        notices `renewed` switched off
    2026-01-31                        notices `low_balance` switched off
    2026-02-10    1.00    17.00  EUR  topped up (B-1)
    2026-02-10                        auto-reload set to charge 20.00 EUR to pm_card_visa below 2.50 EUR
    2026-02-10                        447700900001 will end on 2026-02-28 instead of renewing: on request
    2026-02-10                        447700900002 will end on 2026-02-28 instead of renewing: on request
    2026-02-10   -1.00    16.00  EUR  corrected (A-1): postage
    2026-02-10                        notices `renewed` switched on
    2026-02-20                        447700900001 is kept, and renews on 2026-02-28: on request
    2026-02-20                        447700900001 costs 2.20 EUR instead of 2.00 EUR from its renewal of 2026-03-31 on
    2026-02-20                        447700900002 costs 2.20 EUR instead of 2.00 EUR from its renewal of 2026-03-31 on
    2026-02-20                        auto-reload taken off, it charged 20.00 EUR to pm_card_visa below 2.50 EUR
    2026-02-20                        the low balance changed from 3.00 EUR to none
    2026-02-20                        mail "New price for 2 numbers from 31 March 2026" sent to ada@example.com
    2026-02-28   -2.00    14.00  EUR  447700900001 renewed until 2026-03-31: the run of 2026-02-28
    2026-02-28                        mail "Your receipt: 1 number renewed for 2.00 EUR" sent to ada@example.com
    2026-02-28                        447700900002 ended with its period: on request
    2026-03-31   -2.20    11.80  EUR  447700900001 renewed until 2026-04-30: the run of 2026-03-31
    2026-03-31                        447700900001 cancelled, without refund: on request
    2026-03-31                        mail "Your receipt: 1 number renewed for 2.20 EUR" sent to ada@example.com
    "#) };
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(an_order_is_told_before_what_it_led_to, |world| {
    two_rentals(world).await;
    does(
        world,
        &[
            "account auto-reload 0000000a --threshold 50 --amount 40 --payment-method pm_card_chargeDeclined",
            "reload check",
        ],
    );
    insta::allow_duplicates! { insta::assert_snapshot!(history(world, "--limit 4"), @r#"
    ON          AMOUNT  BALANCE     WHAT HAPPENED
    2026-01-31                      auto-reload set to charge 40.00 EUR to pm_card_chargeDeclined below 50.00 EUR
    2026-01-31                      reload of 40.00 EUR requested from pm_card_chargeDeclined: low balance
    2026-01-31                      the reload of 40.00 EUR declined: generic_decline: your card was declined
    2026-01-31                      mail "Your card was declined for 40.00 EUR; we will try it again" waits to be sent to 0000000a@example.com
    "#) };
});

on_both_engines!(an_entry_is_an_object_like_other_events, |world| {
    two_rentals(world).await;
    does(
        world,
        &[
            "number reprice --country GB --type mobile-lvn --price 2.20 --effective 2026-02-28 --notice-days 1",
        ],
    );
    let output = world.linerent(&words("--json account history 0000000a"));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let mut events = told["events"].as_array().expect("events").iter();
    let agreed = events.rfind(|it| it["event"] == "price_agreed").expect("a price");
    let json = serde_json::to_string_pretty(agreed).expect("JSON");
    insta::allow_duplicates! { insta::assert_snapshot!(json, @r#"
    {
      "amount": "2.20",
      "at": "2026-01-31T02:30:00Z",
      "balance_after": null,
      "because": null,
      "count": 1,
      "currency": "EUR",
      "event": "price_agreed",
      "number": "447700900002",
      "on": "2026-01-31",
      "period_end": null,
      "period_start": "2026-02-28",
      "reference": null,
      "text": "447700900002 costs 2.20 EUR instead of 2.00 EUR from its renewal of 2026-02-28 on"
    }
    "#) };
});

on_both_engines!(what_ended_with_the_account_is_told_so, |world| {
    world.numbers(&[FIRST, SECOND], "0").await;
    world.account(KEY, "0").await;
    world.rent(KEY, FIRST).await;
    world.rent(KEY, SECOND).await;
    does(
        world,
        &[
            "account auto-reload 0000000a --threshold 5 --amount 20 --payment-method pm_card_visa",
            "sandbox advance --to 2026-02-10 --without-runs",
            "cancel 447700900001",
            "account close 0000000a --yes",
        ],
    );
    let told = history(world, "--from 2026-02-10");
    insta::allow_duplicates! { insta::assert_snapshot!(told, @r"
    ON          AMOUNT  BALANCE     WHAT HAPPENED
    2026-02-10                      447700900001 cancelled, without refund: on request
    2026-02-10                      auto-reload taken off, it charged 20.00 EUR to pm_card_visa below 5.00 EUR: the account was closed
    2026-02-10                      447700900002 cancelled, without refund: the account was closed
    2026-02-10                      account closed
    ") };
});

on_both_engines!(what_is_refused_or_changes_nothing_is_not_logged, |world| {
    two_rentals(world).await;
    let order = "account auto-reload 0000000a --threshold 5 --amount 20 --payment-method";
    does(
        world,
        &[
            &format!("{order} pm_card_visa"),
            "cancel 447700900001 --at-period-end",
            "account update 0000000a --name Ada",
            "account notices 0000000a --off renewed",
            "number reprice --country GB --type mobile-lvn --price 2.20 --effective 2026-03-31",
        ],
    );
    let before = change_log(world).await;
    assert_eq!(before.len(), 6);
    let refused = [
        &format!("{order} pm_unheard_of"),
        "account auto-reload 0000000a --threshold 0 --amount 20 --payment-method pm_card_visa",
        "account auto-reload 0000000b --off",
        "account close 0000000a --dry-run",
        "account close 0000000a --yes",
        "account update 0000000a --email nobody",
        "account notices 0000000a --off released",
        "cancel 447700900003",
        "cancel 447700900002 --keep",
        "number reprice --country GB --type mobile-lvn --price 9 --effective 2026-01-31",
    ];
    for command in refused {
        let output = world.linerent(&words(command));
        assert_eq!(output.status.code(), Some(1), "{command}: {output:?}");
    }
    does(
        world,
        &[
            &format!("{order} pm_card_visa"),
            "cancel 447700900001 --at-period-end",
            "account update 0000000a --name Ada",
            "account notices 0000000a --off renewed",
            "number reprice --country GB --type mobile-lvn --price 2.20 --effective 2026-03-31",
            "number reprice --country GB --type mobile-lvn --price 5 --effective 2026-05-31 --dry-run",
        ],
    );
    assert_eq!(change_log(world).await, before);
    does(world, &["account auto-reload 0000000a --off", "account auto-reload 0000000a --off"]);
    assert_eq!(change_log(world).await.len(), before.len() + 1);
});

on_both_engines!(a_run_logs_nothing, |world| {
    world.numbers(&[FIRST, SECOND], "2.00").await;
    world.account(KEY, "4").await;
    world.rent(KEY, FIRST).await;
    world.rent(KEY, SECOND).await;
    world.auto_reload(KEY, "1", "5", "pm_card_chargeDeclined").await;
    world.cancel(FIRST, CancelAt::PeriodEnd).await;
    let before = change_log(world).await;
    world.advance("2026-03-10").await;
    let events: Vec<_> = world.subscriptions(KEY).await.iter().map(|it| it.end_reason).collect();
    assert_eq!(events, [Some("cancelled"), Some("unfunded")]);
    assert_eq!(world.show(KEY).await.auto_reload, None, "it was switched off");
    assert_eq!(change_log(world).await, before);
});

on_both_engines!(the_change_and_its_entry_are_written_together_or_not_at_all, |world| {
    two_rentals(world).await;
    let rows = world.dump().await;
    // What is written after the entry fails, and so does the whole.
    world.execute_sql("ALTER TABLE notices RENAME TO elsewhere").await;
    let order = "number reprice --country GB --type mobile-lvn --price 2.20 --effective 2026-03-31";
    let output = world.linerent(&words(order));
    assert!(!output.status.success(), "{output:?}");
    world.execute_sql("ALTER TABLE elsewhere RENAME TO notices").await;
    let is_of_numbers = |row: &&String| row.starts_with("number|");
    let left: Vec<_> = world.dump().await.into_iter().filter(|row| !is_of_numbers(&row)).collect();
    let expected: Vec<_> = rows.iter().filter(|row| !is_of_numbers(row)).cloned().collect();
    assert_eq!(left, expected);
    // The entry fails, and so does the change.
    let rows = world.dump().await;
    world.execute_sql("ALTER TABLE change_log RENAME TO elsewhere").await;
    for command in [
        "account auto-reload 0000000a --threshold 5 --amount 20 --payment-method pm_card_visa",
        "account update 0000000a --name Ada",
        "account notices 0000000a --off renewed",
        "cancel 447700900001",
    ] {
        let output = world.linerent(&words(command));
        assert_eq!(output.status.code(), Some(2), "{command}: {output:?}");
    }
    world.execute_sql("ALTER TABLE elsewhere RENAME TO change_log").await;
    assert_eq!(world.dump().await, rows);
    // What the run left to do is logged by the next one.
    world.run().await;
    assert_eq!(change_log(world).await.len(), 2);
});

on_both_engines!(changes_at_once_are_logged_one_after_the_other, |world| {
    world.account(KEY, "0").await;
    for round in 1..=6 {
        let order = |threshold: i32| {
            format!(
                "account auto-reload {KEY} --threshold {threshold} --amount 20 --payment-method pm_card_visa"
            )
        };
        let (one, other) = (order(2 * round), order(2 * round + 1));
        let outputs = at_once(world, [&words(&one), &words(&other)]).await;
        assert!(outputs.iter().all(|it| it.status.success()), "{outputs:?}");
    }
    let logged = change_log(world).await;
    assert_eq!(logged.len(), 12);
    let last = world.show(KEY).await.auto_reload.expect("an order").threshold;
    let told = history(world, "--limit 1");
    assert!(told.contains(&format!("below {last} EUR")), "{told}");
});

on_both_engines!(the_history_shows_what_the_tables_know_without_the_change_log, |world| {
    two_rentals(world).await;
    world.auto_reload(KEY, "5", "20", "pm_card_visa").await;
    world.cancel(FIRST, CancelAt::PeriodEnd).await;
    world.cancel(SECOND, CancelAt::Once).await;
    empty_the_change_log(world).await;
    insta::allow_duplicates! { insta::assert_snapshot!(history(world, ""), @r"
    ON          AMOUNT  BALANCE       WHAT HAPPENED
    2026-01-31                        account created for Account 0000000a, in EUR
    2026-01-31   20.00    20.00  EUR  topped up (opening)
    2026-01-31   -2.00    18.00  EUR  447700900001 rented, next renewal on 2026-02-28
    2026-01-31   -2.00    16.00  EUR  447700900002 rented, next renewal on 2026-02-28
    2026-01-31                        447700900002 cancelled, without refund: on request
    2026-02-28                        447700900001 will end instead of renewing: on request
    ") };
});

on_both_engines!(of_many_rentals_that_ended_with_the_account_the_newest_are_told_so, |world| {
    let numbers: Vec<_> = (0..30).map(|n| format!("4477009{n:05}")).collect();
    world.numbers(&numbers.iter().map(String::as_str).collect::<Vec<_>>(), "0").await;
    world.account(KEY, "0").await;
    for number in &numbers {
        world.rent(KEY, number).await;
    }
    world.sleep_until("2026-02-10").await;
    close::close(&world.app, id(KEY), EndRentals::Yes).await.expect("a closed account");
    let told = history(world, "--limit 3");
    insta::allow_duplicates! { insta::assert_snapshot!(told, @r"
    ON          AMOUNT  BALANCE     WHAT HAPPENED
    2026-02-10                      447700900028 cancelled, without refund: the account was closed
    2026-02-10                      447700900029 cancelled, without refund: the account was closed
    2026-02-10                      account closed
    ") };
});
