//! What the admin program says of notices.

use linerent_testkit::World;
use serde_json::Value;

on_both_engines!(who_sees_a_part_of_a_list_is_told_so, |world| {
    world.renewers(3).await;
    let more = "2 notices shown, newest first; there are more\nhint: `--limit` shows more\n";
    for (limit, told) in [("2", more), ("3", "")] {
        let output = world.linerent(&["--json", "notice", "list", "--limit", limit]);
        let listed: Vec<Value> = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(listed.len().to_string(), limit);
        assert_eq!(String::from_utf8_lossy(&output.stderr), told);
    }
});

on_both_engines!(notices_are_listed_shown_and_taken_up_again, |world| {
    world.renewers(2).await;
    let list = json(world, &["notice", "list"]);
    assert_eq!(list.as_array().map(Vec::len), Some(2));
    let first = &json(world, &["notice", "list", "--account", "00000001"])[0];
    for (field, value) in [
        ("id", "00000001/renewed/2026-02-28"),
        ("account", "00000001"),
        ("kind", "renewed"),
        ("billing_date", "2026-02-28"),
        ("status", "pending"),
        ("to", "00000001@example.com"),
        ("subject", "Your receipt: 1 number renewed for 1.00 EUR"),
    ] {
        assert_eq!(first[field], value, "{field}");
    }
    assert_eq!(first["attempts"], 0);
    let done = json(world, &["notice", "send"]);
    assert_eq!(
        (&done["sent"], &done["failed"], &done["deferred"]),
        (&2.into(), &0.into(), &0.into())
    );
    assert_eq!(
        json(world, &["notice", "list", "--status", "sent"]).as_array().map(Vec::len),
        Some(2)
    );
    let shown = json(world, &["notice", "show", "00000001/renewed/2026-02-28"]);
    assert_eq!((&shown["status"], &shown["attempts"]), (&"sent".into(), &1.into()));
    assert!(shown["text"].as_str().expect("a letter").contains("This is your receipt"));
    world.execute_sql("UPDATE notices SET status = 'failed' WHERE account_id = 1").await;
    let retried = json(world, &["notice", "retry", "00000001/renewed/2026-02-28"]);
    assert_eq!(retried["status"], "pending");
    assert_eq!(json(world, &["notice", "send"])["sent"], 1);
});

on_both_engines!(a_run_by_hand_delivers_unless_it_is_told_not_to, |world| {
    world.numbers(&["447700900001"], "1").await;
    world.account("0000000a", "10").await;
    world.rent("0000000a", "447700900001").await;
    world.sleep_until("2026-02-28").await;
    let report = json(world, &["run", "--no-mail"]);
    assert_eq!(report["notices"], 1);
    assert_eq!(json(world, &["notice", "list"])[0]["status"], "pending");
    assert_eq!(json(world, &["run"])["notices"], 0);
    assert_eq!(json(world, &["notice", "list"])[0]["status"], "sent");
    let advanced = json(world, &["sandbox", "advance", "--to", "2026-03-31"]);
    assert_eq!(advanced["mail"]["sent"], 1);
});

on_both_engines!(a_wrong_address_is_put_right_and_what_failed_is_sent, |world| {
    world.renewers(1).await;
    // As an earlier version may have let it in.
    world.execute_sql("UPDATE accounts SET email = 'a..b@example.com'").await;
    assert_eq!(json(world, &["notice", "send"])["failed"], 1);
    let account = json(world, &["account", "update", "00000001", "--email", "ada@example.com"]);
    assert_eq!(account["email"], "ada@example.com");
    assert_eq!(json(world, &["notice", "retry", "--failed"])["retried"], 1);
    assert_eq!(json(world, &["notice", "send"])["sent"], 1);
    assert_eq!(json(world, &["notice", "list"])[0]["to"], "ada@example.com");
});

on_both_engines!(a_new_threshold_is_crossed_from_where_the_balance_stands, |world| {
    world.account("0000000a", "10").await;
    let adjust = async |amount: &str, reference: &str| {
        let booked = world.try_to_adjust("0000000a", amount, "a fee", reference).await;
        booked.expect("booked");
    };
    json(world, &["account", "update", "0000000a", "--low-balance", "5"]);
    adjust("-6", "below").await;
    assert_eq!(world.told("0000000a").await, ["low_balance/2026-01-31"]);
    let account = json(world, &["account", "update", "0000000a", "--low-balance", "4"]);
    assert_eq!(account["low_balance"], "4.00");
    world.deliver().await;
    adjust("-1", "below that, too").await;
    assert_eq!(world.told("0000000a").await.len(), 2);
    let account = json(world, &["account", "update", "0000000a", "--low-balance", ""]);
    assert_eq!(account["low_balance"], Value::Null);
});

on_both_engines!(an_account_says_what_it_does_without, |world| {
    world.account("0000000a", "0").await;
    let account = json(world, &["account", "notices", "0000000a", "--off", "renewed,low_balance"]);
    assert_eq!(account["notices_off"], serde_json::json!(["renewed", "low_balance"]));
    let account = json(world, &["account", "notices", "0000000a", "--on", "renewed"]);
    assert_eq!(account["notices_off"], serde_json::json!(["low_balance"]));
    assert_eq!(
        json(world, &["account", "notices", "0000000a"]),
        account,
        "asked, it changes nothing"
    );
});

/// The program does as it is told, and returns the JSON that it printed.
fn json(world: &World, command: &[&str]) -> Value {
    let output = world.linerent(&[&["--json"], command].concat());
    assert!(output.status.success(), "{command:?}: {output:?}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}
