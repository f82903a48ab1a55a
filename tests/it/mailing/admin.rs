//! What the admin program says of notices.

use crate::world::World;
use serde_json::Value;

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
    world.sabotage("UPDATE notices SET status = 'failed' WHERE account_id = 1").await;
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
