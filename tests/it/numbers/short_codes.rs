//! Short codes from their sale to the end of a rental, through the real program.

use std::process::Output;

use linerent::ids::AccountId;
use linerent::operations::rentals::list;
use linerent::rental::SubscriptionStatus;
use linerent::store::StoreError;
use linerent::store::subscriptions::short_codes::Renter;
use linerent_short_codes::{ProgramKind, ShortCodeProgram, TwoFactor};
use linerent_testkit::{World, id, number};

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

macro_rules! assert_said {
    ($said:expr, @$expected:literal) => {{
        let said = $said;
        insta::allow_duplicates! { insta::assert_snapshot!(said, @$expected) }
    }};
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
    number         1234
    country        GB
    type           shortcode, shared
    features       SMS
    monthly price  0.00 GBP
    setup price    0.00 GBP
    status         available
    ");
});

on_both_engines!(a_set_up_shows_what_each_text_costs, |world| {
    two_renters(world, "100", "100").await;
    assert_said!(set_up_two_factor(world, "a0000001", &[]), @r#"
    {
      "number": "98975",
      "account": "a0000001",
      "two_factor": {
        "company": "Acme",
        "message": {
          "text": "Your ${company} code is ${pin}",
          "variables": [
            "company",
            "pin"
          ],
          "measured": "Your Acme code is 12345678",
          "encoding": "GSM-7",
          "length": 26,
          "segments": 1,
          "room": 134,
          "ucs2_cause": null
        },
        "terms": null,
        "privacy": null,
        "support": null,
        "warnings": []
      },
      "alert": null
    }
    "#);
    assert_said!(set_up_alert(world, "b0000002", &["--json"]), @r#"
    {
      "number": "98975",
      "account": "b0000002",
      "two_factor": null,
      "alert": {
        "program": "Acme Alerts",
        "templates": [
          {
            "text": "Acme Alerts: ${item} is $${price}",
            "variables": [
              "item",
              "price"
            ],
            "measured": "Acme Alerts:  is $",
            "encoding": "GSM-7",
            "length": 18,
            "segments": 1,
            "room": 142,
            "ucs2_cause": null
          },
          {
            "text": "Acme Alerts: it’s ${day}",
            "variables": [
              "day"
            ],
            "measured": "Acme Alerts: it’s ",
            "encoding": "UCS-2",
            "length": 18,
            "segments": 1,
            "room": 52,
            "ucs2_cause": {
              "character": "’",
              "code_point": "U+2019",
              "position": 16,
              "instead": "'"
            }
          }
        ],
        "help_message": {
          "text": "Acme Alerts: call 1 (800) 555-0199. Reply STOP to cancel.",
          "variables": [],
          "measured": "Acme Alerts: call 1 (800) 555-0199. Reply STOP to cancel.",
          "encoding": "GSM-7",
          "length": 57,
          "segments": 1,
          "room": 103,
          "ucs2_cause": null
        },
        "stop_message": {
          "text": "Acme Alerts: you will receive no more messages.",
          "variables": [],
          "measured": "Acme Alerts: you will receive no more messages.",
          "encoding": "GSM-7",
          "length": 47,
          "segments": 1,
          "room": 113,
          "ucs2_cause": null
        },
        "frequency": "2 msgs/day",
        "support": "1-800-555-0199",
        "terms": "https://example.com/terms",
        "privacy": "https://example.com/privacy",
        "warnings": []
      }
    }
    "#);
    set_up_alert(world, "a0000001", &[]);
    assert_said!(said(world, &["shortcode", "show", "a0000001", "98975"]), @r"
    number   98975
    account  a0000001

    set up for  2fa
    company     Acme
    message     Your ${company} code is ${pin}
    sent as     Your Acme code is 12345678

    TEXT     ENCODING  LENGTH  SMS  LEFT
    message  GSM-7         26    1   134

    set up for    alert
    program       Acme Alerts
    template 1    Acme Alerts: ${item} is $${price}
    template 2    Acme Alerts: it’s ${day}
    help message  Acme Alerts: call 1 (800) 555-0199. Reply STOP to cancel.
    stop message  Acme Alerts: you will receive no more messages.
    frequency     2 msgs/day
    support       1-800-555-0199
    terms         https://example.com/terms
    privacy       https://example.com/privacy

    TEXT          ENCODING  LENGTH  SMS  LEFT
    template 1    GSM-7         18    1   142
    template 2    UCS-2         18    1    52  because of `’` (U+2019), `'` would do
    help message  GSM-7         57    1   103
    stop message  GSM-7         47    1   113

    variables count as nothing: what is left of an SMS is for their values
    ");
});

on_both_engines!(what_carriers_may_object_to_is_warned_of, |world| {
    two_renters(world, "100", "100").await;
    let two_factor = ["98975", "--company", "Acme", "--message", "Your code is ${pin}"];
    assert_said!(said(world, &[&["shortcode", "setup-2fa", "a0000001"], &two_factor[..]].concat()), @r"
    number   98975
    account  a0000001

    set up for  2fa
    company     Acme
    message     Your code is ${pin}
    sent as     Your code is 12345678

    TEXT     ENCODING  LENGTH  SMS  LEFT
    message  GSM-7         21    1   139
    warning: the message does not name the company; add `${company}`
    ");
});

on_both_engines!(a_disclosure_has_what_the_opt_in_page_needs, |world| {
    two_renters(world, "100", "100").await;
    set_up_two_factor(world, "a0000001", &LINKS);
    set_up_alert(world, "a0000001", &[]);
    assert_said!(said(world, &["shortcode", "disclosure", "a0000001", "98975"]), @r"
    Acme verification codes
    Message frequency: one message per request. Message and data rates may apply.
    Text STOP to 98975 to cancel. Text HELP to 98975 for help.
    Support: 1-800-555-0199
    Terms: https://example.com/terms
    Privacy policy: https://example.com/privacy

    Acme Alerts
    Message frequency: 2 msgs/day. Message and data rates may apply.
    Text STOP to 98975 to cancel. Text HELP to 98975 for help.
    Support: 1-800-555-0199
    Terms: https://example.com/terms
    Privacy policy: https://example.com/privacy
    ");
    assert_said!(said(world, &["shortcode", "disclosure", "a0000001", "98975", "2fa", "--json"]), @r#"
    {
      "number": "98975",
      "account": "a0000001",
      "disclosures": [
        {
          "kind": "2fa",
          "text": "Acme verification codes\nMessage frequency: one message per request. Message and data rates may apply.\nText STOP to 98975 to cancel. Text HELP to 98975 for help.\nSupport: 1-800-555-0199\nTerms: https://example.com/terms\nPrivacy policy: https://example.com/privacy"
        }
      ]
    }
    "#);
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

fn some_set_up() -> ShortCodeProgram {
    let (company, message) = ("Acme".to_owned(), "${company}: ${pin}".to_owned());
    ShortCodeProgram::TwoFactor(TwoFactor {
        company,
        message,
        terms: None,
        privacy: None,
        support: None,
    })
}

/// The renter as it stands, with this ordinal.
async fn renter(world: &World, key: &str, ordinal: i64) -> Renter {
    let account: AccountId = key.parse().expect("a key");
    let found = world.app.store.find_account(account).await.expect("an answer");
    Renter { account, version: found.expect("an account").version, ordinal }
}

on_both_engines!(a_set_up_is_written_after_its_accounts_row_or_not_at_all, |world| {
    two_renters(world, "100", "100").await;
    let store = &world.app.store;
    let read = renter(world, "a0000001", 1).await;
    world.top_up("a0000001", "1", "meanwhile").await;
    let outcome = store.write_set_up(&read, &some_set_up()).await;
    assert!(matches!(outcome, Err(StoreError::Conflict)), "{outcome:?}");
    let outcome = store.remove_set_up(&read, ProgramKind::TwoFactor).await;
    assert!(matches!(outcome, Err(StoreError::Conflict)), "{outcome:?}");

    let read = renter(world, "a0000001", 1).await;
    store.write_set_up(&read, &some_set_up()).await.expect("a set-up");
    assert_eq!(store.set_ups(&read).await.expect("set-ups"), [some_set_up()]);
    let after = renter(world, "a0000001", 1).await;
    assert_eq!(after.version, read.version + 1, "whoever reads meanwhile computes again");
});

on_both_engines!(an_ended_rental_is_not_set_up_whoever_asks, |world| {
    two_renters(world, "100", "100").await;
    said(world, &["cancel", "98975", "--account", "a0000001"]);
    let read = renter(world, "a0000001", 1).await;
    let outcome = world.app.store.write_set_up(&read, &some_set_up()).await;
    assert!(matches!(outcome, Err(StoreError::Conflict)), "{outcome:?}");
    assert_eq!(renter(world, "a0000001", 1).await, read, "nothing was written");
    assert_eq!(world.app.store.set_ups(&read).await.expect("set-ups"), []);
});

on_both_engines!(set_ups_at_once_are_all_written, |world| {
    two_renters(world, "100", "100").await;
    let (one, other) = (world.another_app().await, world.another_app().await);
    let tasks = [one, other].map(|app| {
        tokio::spawn(async move {
            for _ in 0..5 {
                let ShortCodeProgram::TwoFactor(asked) = some_set_up() else {
                    unreachable!("it is one")
                };
                let set_up = linerent::operations::short_code::set_up::two_factor;
                set_up(&app, id("a0000001"), &number("98975"), asked).await.expect("a set-up");
            }
            app.store.close().await;
        })
    });
    for task in tasks {
        task.await.expect("an end");
    }
    let written = renter(world, "a0000001", 1).await;
    let account = world.show("a0000001").await;
    assert_eq!(account.balance.to_string(), "75.00");
    // The opening and the rental before the ten set-ups.
    assert_eq!(written.version, renter(world, "b0000002", 1).await.version + 10);
});

on_both_engines!(the_database_keeps_set_ups_to_rentals_and_kinds, |world| {
    two_renters(world, "100", "100").await;
    set_up_two_factor(world, "a0000001", &[]);
    for (statement, rule) in [
        ("UPDATE short_code_set_ups SET kind = 'x'", "short_code_set_ups_kind"),
        ("UPDATE short_code_set_ups SET ordinal = 2", "FOREIGN KEY"),
    ] {
        let refusal = world.sql_error_of(statement).await.to_lowercase();
        assert!(refusal.contains(&rule.to_lowercase()), "{refusal}");
    }
    world.execute_sql("UPDATE short_code_set_ups SET content = '{\"company\": \"Acme\"}'").await;
    let Output { status, stderr, .. } = world.linerent(&["shortcode", "show", "a0000001", "98975"]);
    assert_eq!(status.code(), Some(2));
    assert_said!(String::from_utf8_lossy(&stderr), @"error: the 2fa of subscription 1 of account a0000001 cannot be read: missing field `message`");
});
