//! The history of an account: what happened and why, in order.

use linerent::operations::accounts::history::{self, HistoryView, Part};
use linerent::operations::rentals::cancel::CancelAt;
use linerent_testkit::{World, date, id};

use super::refunds::refund;

const KEY: &str = "0000000a";
const ALL: Part = Part { from: None, to: None, limit: 1_000, each_renewal: true };

async fn history(world: &World, part: Part) -> HistoryView {
    history::history(&world.app, id(KEY), part).await.expect("a history")
}

/// The text of the program's answer, without what differs from one world to another.
fn told(world: &World, arguments: &[&str]) -> String {
    let output = world.linerent(&[&["account", "history", KEY][..], arguments].concat());
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text") + &String::from_utf8_lossy(&output.stderr)
}

/// Rents, renews, is declined, loses a number, buys it back, is refunded and cancels.
async fn a_life(world: &mut World) {
    world.number_with_setup("447700900001", "2.00", "1.00").await;
    world.numbers(&["447700900002"], "3.00").await;
    world.account(KEY, "11").await;
    world.rent(KEY, "447700900001").await;
    world.rent(KEY, "447700900002").await;
    world.auto_reload(KEY, "0.5", "5", "pm_card_chargeDeclined").await;
    world.advance("2026-04-02").await;
    world.top_up(KEY, "20", "B-2").await;
    world.advance("2026-04-03").await;
    world.rent(KEY, "447700900001").await;
    world.rent(KEY, "447700900002").await;
    world.advance("2026-04-04").await;
    let adjusted = world.try_to_adjust(KEY, "-0.5", "postage", "A-1").await;
    adjusted.expect("a correction");
    refund(world, Some("1"), "R-1").await.expect("a refund");
    world.cancel("447700900001", CancelAt::Once).await;
    world.cancel("447700900002", CancelAt::PeriodEnd).await;
}

on_both_engines!(a_life_is_told_in_order, |world| {
    a_life(world).await;
    insta::allow_duplicates! { insta::assert_snapshot!(told(world, &[]), @r#"
    ON          AMOUNT  BALANCE       WHAT HAPPENED
    2026-01-31                        account created for Account 0000000a, in EUR
    2026-01-31   11.00    11.00  EUR  topped up (opening)
    2026-01-31   -3.00     8.00  EUR  447700900001 rented, next renewal on 2026-02-28, 1.00 of it setup
    2026-01-31   -3.00     5.00  EUR  447700900002 rented, next renewal on 2026-02-28
    2026-01-31                        auto-reload set to charge 5.00 EUR to pm_card_chargeDeclined below 0.50 EUR
    2026-02-28   -5.00     0.00  EUR  2 renewals: the run of 2026-02-28
    2026-02-28                        reload of 5.00 EUR requested from pm_card_chargeDeclined: low balance
    2026-02-28                        the reload of 5.00 EUR declined: generic_decline: your card was declined
    2026-02-28                        mail "Your receipt: 2 numbers renewed for 5.00 EUR" sent to 0000000a@example.com
    2026-02-28                        mail "Your card was declined for 5.00 EUR; we will try it again" sent to 0000000a@example.com
    2026-03-01                        reload of 5.00 EUR requested from pm_card_chargeDeclined: low balance
    2026-03-01                        the reload of 5.00 EUR declined: generic_decline: your card was declined
    2026-03-01                        mail "Your card was declined for 5.00 EUR; we will try it again" sent to 0000000a@example.com
    2026-03-02                        reload of 5.00 EUR requested from pm_card_chargeDeclined: low balance
    2026-03-02                        the reload of 5.00 EUR declined: generic_decline: your card was declined
    2026-03-02                        auto-reload switched off after 3 declines: your card was declined
    2026-03-02                        mail "Auto-reload is off: your card was declined 3 times in a row" sent to 0000000a@example.com
    2026-03-28                        mail "Add 5.00 EUR by 30 March 2026 to renew 2 numbers" sent to 0000000a@example.com
    2026-03-31                        447700900001 released; it can be rented again until 2026-06-28: 2.00 EUR due on 2026-03-31 was not paid
    2026-03-31                        447700900002 released; it can be rented again until 2026-06-28: 3.00 EUR due on 2026-03-31 was not paid
    2026-03-31                        mail "You lost 2 numbers; you can rent them again until 28 June 2026" sent to 0000000a@example.com
    2026-04-02   20.00    20.00  EUR  topped up (B-2)
    2026-04-03   -3.00    17.00  EUR  447700900001 rented again, next renewal on 2026-05-03, 1.00 of it setup
    2026-04-03   -3.00    14.00  EUR  447700900002 rented again, next renewal on 2026-05-03
    2026-04-04   -0.50    13.50  EUR  corrected (A-1): postage
    2026-04-04   -1.00    12.50  EUR  paid back (R-1)
    2026-04-04                        447700900001 cancelled, without refund: on request
    2026-04-04                        447700900002 will end on 2026-05-03 instead of renewing: on request
    "#) };
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(each_event_is_an_object, |world| {
    a_life(world).await;
    let part = Part { from: Some(date("2026-04-04")), ..ALL };
    let json = serde_json::to_string_pretty(&history(world, part).await.events[0]).expect("JSON");
    insta::allow_duplicates! { insta::assert_snapshot!(json, @r#"
    {
      "on": "2026-04-04",
      "at": "2026-04-04T02:30:00Z",
      "event": "adjusted",
      "number": null,
      "amount": "-0.50",
      "currency": "EUR",
      "balance_after": "13.50",
      "period_start": null,
      "period_end": null,
      "reference": "A-1",
      "count": 1,
      "text": "corrected (A-1)",
      "because": "postage"
    }
    "#) };
    let all = history(world, ALL).await.events;
    let moved: Vec<_> = all.iter().filter(|it| it.balance_after.is_some()).collect();
    // Each transfer is told once, a setup price with its rental, and the balance is carried on.
    assert_eq!(moved.len() + 2, world.statement(KEY).await.len());
    let mut balance = rust_decimal::Decimal::ZERO;
    for event in moved {
        balance += event.amount.expect("an amount");
        assert_eq!(event.balance_after, Some(balance), "{event:?}");
    }
});

on_both_engines!(many_renewals_are_one_line_and_are_read_page_by_page, |world| {
    let numbers: Vec<_> = (0..40).map(|n| format!("4477009{n:05}")).collect();
    world.numbers(&numbers.iter().map(String::as_str).collect::<Vec<_>>(), "1.00").await;
    world.account(KEY, "2000").await;
    for number in &numbers {
        world.rent(KEY, number).await;
    }
    world.sleep_until("2027-09-30").await;
    assert_eq!(world.run().await.renewed, 800);
    let folded = history(world, Part { each_renewal: false, ..ALL }).await.events;
    let renewals: Vec<_> = folded.iter().filter(|it| it.event == "renewed").collect();
    assert_eq!((renewals.len(), renewals[0].count), (1, 800));
    assert_eq!(renewals[0].amount, Some((-800).into()));
    assert_eq!(renewals[0].balance_after, Some(1160.into()));
    let each = history(world, ALL).await;
    assert_eq!(each.events.iter().filter(|it| it.event == "renewed").count(), 800);
    assert!(!each.older_left_out);
    let newest = history(world, Part { limit: 600, ..ALL }).await;
    assert_eq!((newest.events.len(), newest.older_left_out), (600, true));
    assert_eq!(newest.events[..], each.events[each.events.len() - 600..]);
});

on_both_engines!(a_part_is_told_by_its_dates, |world| {
    a_life(world).await;
    let all = history(world, ALL).await.events;
    let (from, to) = (date("2026-03-31"), date("2026-04-02"));
    let part = Part { from: Some(from), to: Some(to), ..ALL };
    let expected: Vec<_> = all.into_iter().filter(|it| (from..=to).contains(&it.on)).collect();
    assert_eq!(history(world, part).await.events, expected);
    let note = told(world, &["--limit", "2"]);
    // All of 2026-04-04: nothing that `--to` can leave out.
    assert!(
        note.contains("only the newest 2 events are shown\nhint: `--limit` shows more\n"),
        "{note}"
    );
    let note = told(world, &["--limit", "8"]);
    assert!(note.contains("8 events are shown\nhint: `--limit` shows more; `--to 20"), "{note}");
});

on_both_engines!(a_run_that_failed_or_was_held_is_told, |world| {
    world.change_policy(|policy| {
        policy.release.guard.min = 0;
        policy.release.guard.percent = rust_decimal::Decimal::ZERO;
    });
    world.numbers(&["447700900001"], "2.00").await;
    world.account(KEY, "2").await;
    world.rent(KEY, "447700900001").await;
    world.sleep_until("2026-02-28").await;
    assert_eq!(world.run().await.held_back, 1);
    world.execute_sql("INSERT INTO run_failures (billing_date, account_id, reason) VALUES ('2026-02-28', 10, 'its balance is odd')").await;
    let events = history(world, ALL).await.events;
    let told: Vec<_> = events.iter().map(|it| it.event).collect();
    assert_eq!(
        told,
        [
            "account_created",
            "top_up",
            "rented",
            "past_due",
            "mail_pending",
            "run_held",
            "run_failed"
        ]
    );
    assert_eq!(events[6].because.as_deref(), Some("its balance is odd"));
});

on_both_engines!(what_cannot_be_told_is_refused, |world| {
    world.account(KEY, "2").await;
    let mut said = Vec::new();
    let commands: [&[&str]; 4] = [
        &["0000000b"],
        &["xyz"],
        &[KEY, "--from", "2026-02-02", "--to", "2026-02-01"],
        &[KEY, "--limit", "0"],
    ];
    for command in commands {
        let output = world.linerent(&[&["account", "history"][..], command].concat());
        let first = String::from_utf8_lossy(&output.stderr).lines().next().map(str::to_owned);
        said.push(format!("{} {:?}", first.unwrap_or_default(), output.status.code()));
    }
    insta::allow_duplicates! { insta::assert_snapshot!(said.join("\n"), @r"
    error: there is no account 0000000b Some(1)
    error: `xyz` is not an account key Some(1)
    error: the first date 2026-02-02 is after the last date 2026-02-01 Some(1)
    error: invalid value '0' for '--limit <LIMIT>': 0 is not in 1..=10000 Some(2)
    ") };
});
