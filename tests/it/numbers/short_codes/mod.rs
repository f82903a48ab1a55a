//! Short codes from their sale to the end of a rental, through the real program.

use std::process::Output;

use linerent::ids::AccountId;
use linerent::operations::rentals::list;
use linerent::rental::SubscriptionStatus;
use linerent::store::StoreError;
use linerent::store::subscriptions::short_codes::Renter;
use linerent_short_codes::{ProgramKind, ShortCodeProgram, TwoFactor};
use linerent_testkit::{World, id, number};

macro_rules! assert_said {
    ($said:expr, @$expected:literal) => {{
        let said = $said;
        insta::allow_duplicates! { insta::assert_snapshot!(said, @$expected) }
    }};
}

mod messages;
mod stored;

/// What the program prints on stdout and, behind it, on stderr; it does as it is told.
fn said(world: &World, command: &[&str]) -> String {
    let Output { status, stdout, stderr } = world.linerent(command);
    let (data, rest) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{command:?} was not done: {rest}");
    format!("{data}{rest}")
}

/// What the program says to a command that a rule refuses.
fn refusal(world: &World, command: &[&str]) -> String {
    let Output { status, stdout, stderr } = world.linerent(command);
    assert_eq!(status.code(), Some(1), "{command:?}: {}", String::from_utf8_lossy(&stdout));
    String::from_utf8_lossy(&stderr).into_owned()
}

fn account(world: &World, key: &str, balance: &str) {
    said(
        world,
        &["account", "create", key, "--email", "a@example.com", "--key", key, "--currency", "USD"],
    );
    said(world, &["account", "top-up", key, balance, "--reference", "opening"]);
}

const TWO_FACTOR: [&str; 6] =
    ["98975", "--company", "Acme", "--message", "Your ${company} code is ${pin}", "--json"];

const LINKS: [&str; 6] = [
    "--support",
    "1-800-555-0199",
    "--terms",
    "https://example.com/terms",
    "--privacy",
    "https://example.com/privacy",
];

const ALERT: [&str; 13] = [
    "98975",
    "--program",
    "Acme Alerts",
    "--template",
    "Acme Alerts: ${item} is $${price}",
    "--template",
    "Acme Alerts: it’s ${day}",
    "--help-message",
    "Acme Alerts: call 1 (800) 555-0199. Reply STOP to cancel.",
    "--stop-message",
    "Acme Alerts: you will receive no more messages.",
    "--frequency",
    "2 msgs/day",
];

fn set_up_two_factor(world: &World, key: &str, more: &[&str]) -> String {
    said(world, &[&["shortcode", "setup-2fa", key], &TWO_FACTOR[..], more].concat())
}

fn set_up_alert(world: &World, key: &str, more: &[&str]) -> String {
    said(world, &[&["shortcode", "setup-alert", key], &ALERT[..], &LINKS, more].concat())
}

/// A shared code at 25 USD a month, and two accounts that rent it.
async fn two_renters(world: &World, balance: &str, other_balance: &str) {
    said(world, &["shortcode", "add", "98975", "--monthly-price", "25", "--shared"]);
    for (key, balance) in [("a0000001", balance), ("b0000002", other_balance)] {
        account(world, key, balance);
        said(world, &["rent", key, "98975"]);
    }
}

on_both_engines!(a_shared_code_is_rented_set_up_renewed_lost_and_given_up, |world| {
    two_renters(world, "100", "30").await;
    set_up_two_factor(world, "a0000001", &[]);
    set_up_alert(world, "a0000001", &[]);
    set_up_two_factor(world, "b0000002", &[]);
    let before = said(world, &["shortcode", "show", "a0000001", "98975"]);

    said(world, &["sandbox", "advance", "--to", "2026-02-28"]);
    let statuses = |key| {
        let list = world.subscriptions(key);
        async { list.await.iter().map(|it| it.status).collect::<Vec<_>>() }
    };
    assert_eq!(statuses("a0000001").await, ["active"]);
    assert_eq!(statuses("b0000002").await, ["ended"], "5 USD do not pay for a month");
    assert_eq!(said(world, &["shortcode", "show", "a0000001", "98975"]), before);
    assert_said!(refusal(world, &["shortcode", "show", "b0000002", "98975"]), @r"
    error: account b0000002 does not rent 98975
    hint: `linerent rent b0000002 98975` rents it
    ");
    assert_said!(said(world, &["number", "search", "--country", "US", "--type", "shortcode"]), @r"
    NUMBER  COUNTRY  TYPE       FEATURES  MONTHLY  SETUP
    98975   US       shortcode  SMS         25.00   0.00  USD

    1 number on sale, page 1 of 1
    ");

    said(world, &["account", "top-up", "b0000002", "100", "--reference", "more"]);
    said(world, &["rent", "b0000002", "98975"]);
    assert_said!(said(world, &["shortcode", "show", "b0000002", "98975"]), @r"
    number   98975
    account  b0000002

    nothing is set up
    ");

    said(world, &["cancel", "98975", "--account", "a0000001"]);
    assert_said!(refusal(world, &["shortcode", "disclosure", "a0000001", "98975"]), @r"
    error: account a0000001 does not rent 98975
    hint: `linerent rent a0000001 98975` rents it
    ");
    assert_eq!(world.number("98975").await.status, "available");
    said(world, &["sandbox", "advance", "--to", "2026-03-31"]);
    assert_eq!(statuses("b0000002").await, ["ended", "active"]);
    assert_eq!(world.balance("b0000002").await, "55.00", "30 and 100 less three months");
    assert!(world.disagreements().await.is_empty());
});

on_both_engines!(a_code_of_one_renter_is_set_up_anew_when_it_is_bought_back, |world| {
    said(world, &["shortcode", "add", "98975", "--monthly-price", "5", "--setup-price", "10"]);
    account(world, "a0000001", "100");
    account(world, "b0000002", "100");
    said(world, &["rent", "a0000001", "98975"]);
    set_up_two_factor(world, "a0000001", &[]);
    assert!(refusal(world, &["rent", "b0000002", "98975"]).contains("98975 is rented"));
    said(world, &["cancel", "98975", "--at-period-end"]);
    set_up_two_factor(world, "a0000001", &LINKS);
    said(world, &["sandbox", "advance", "--to", "2026-02-28"]);
    assert_eq!(world.number("98975").await.status, "held");
    said(world, &["rent", "a0000001", "98975"]);
    let shown = said(world, &["shortcode", "show", "a0000001", "98975"]);
    assert!(shown.ends_with("\nnothing is set up\n"), "{shown}");
    assert_eq!(world.balance("a0000001").await, "70.00", "twice 15");
});

on_both_engines!(a_code_on_sale_is_as_it_was_asked_for, |world| {
    let add = ["shortcode", "add", "20000", "--monthly-price", "500", "--setup-price", "1000.50"];
    assert_said!(said(world, &[&add[..], &["--features", "mms,sms", "--json"]].concat()), @r#"
    {
      "msisdn": "20000",
      "country": "US",
      "type": "shortcode",
      "features": [
        "MMS",
        "SMS"
      ],
      "monthly_price": "500.00",
      "setup_price": "1000.50",
      "currency": "USD",
      "shared": false,
      "status": "available",
      "rented_by": null,
      "held_for": null,
      "held_until": null
    }
    "#);
    let abroad = ["shortcode", "add", "1234", "--country", "gb", "--monthly-price", "0"];
    assert_said!(said(world, &[&abroad[..], &["--currency", "GBP", "--shared"]].concat()), @r"
    number          1234
    country         GB
    type            shortcode, shared
    features        SMS
    monthly price   0.00 GBP
    setup price     0.00 GBP
    status          available
    ");
});

on_both_engines!(setting_up_anew_replaces_all_of_it, |world| {
    two_renters(world, "100", "100").await;
    let first = set_up_two_factor(world, "a0000001", &[]);
    set_up_two_factor(world, "b0000002", &LINKS);
    let with_links = set_up_two_factor(world, "a0000001", &LINKS);
    assert_ne!(first, with_links);
    assert_eq!(set_up_two_factor(world, "a0000001", &[]), first, "the links are gone");
    let other = said(world, &["shortcode", "show", "b0000002", "98975"]);
    assert!(other.contains("https://example.com/terms"), "the other renter's stays: {other}");
});

on_both_engines!(a_set_up_is_taken_back_by_itself, |world| {
    two_renters(world, "100", "100").await;
    set_up_two_factor(world, "a0000001", &[]);
    set_up_alert(world, "a0000001", &[]);
    set_up_two_factor(world, "b0000002", &[]);
    let cleared = said(world, &["shortcode", "clear", "a0000001", "98975", "2fa", "--json"]);
    assert!(cleared.contains("\"two_factor\": null"), "{cleared}");
    assert!(cleared.contains("\"program\": \"Acme Alerts\""), "{cleared}");
    let cleared = said(world, &["shortcode", "clear", "a0000001", "98975", "alert"]);
    assert!(cleared.ends_with("\nnothing is set up\n"), "{cleared}");
    let other = said(world, &["shortcode", "show", "b0000002", "98975"]);
    assert!(other.contains("set up for  2fa"), "{other}");
    let statuses = list::list(&world.app, None, Some(SubscriptionStatus::Active), None).await;
    assert_eq!(statuses.expect("a list").len(), 2, "the rentals go on");
});
