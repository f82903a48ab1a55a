//! The first numbers that match, so many: all of them or none.

use linerent::cli::parse::SearchOptions;
use linerent::operations::rentals::rent_any;
use linerent::rental::{Match, NumberSearch};
use linerent_testkit::{World, id, said};

/// British numbers whose last digits are `from..to`.
async fn numbers(world: &World, from: u32, to: u32, monthly_price: &str) -> Vec<String> {
    let numbers: Vec<_> = (from..to).map(|it| format!("447700900{it:03}")).collect();
    let msisdns: Vec<_> = numbers.iter().map(String::as_str).collect();
    world.numbers(&msisdns, monthly_price).await;
    numbers
}

fn british() -> SearchOptions {
    SearchOptions {
        country: "GB".to_owned(),
        kind: None,
        features: None,
        pattern: None,
        matching: Match::Starts,
    }
}

fn search(options: &SearchOptions) -> NumberSearch {
    options.to_search().expect("well-formed values")
}

on_both_engines!(the_first_that_match_are_rented_in_order, |world| {
    numbers(world, 0, 30, "1.00").await;
    world.account("0000000a", "10").await;
    let wanted = SearchOptions {
        features: Some("SMS".to_owned()),
        pattern: Some("4".to_owned()),
        matching: Match::Ends,
        ..british()
    };
    let rented =
        rent_any::rent_any(&world.app, id("0000000a"), &search(&wanted), 2).await.expect("rentals");
    let rented: Vec<_> = rented.into_iter().map(|it| it.subscription.msisdn.to_string()).collect();
    assert_eq!(rented, ["447700900004", "447700900014"]);
    assert_eq!(world.balance("0000000a").await, "8.00");
    assert_eq!(world.statement("0000000a").await.len(), 3);
    assert_eq!(world.number("447700900014").await.status, "rented");
    assert_eq!(world.number("447700900024").await.status, "available");
    world.advance("2026-02-28").await;
    assert_eq!(world.balance("0000000a").await, "6.00");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(all_of_it_is_one_change_to_the_account, |world| {
    numbers(world, 0, 20, "1.00").await;
    world.account("0000000a", "20").await;
    let version = "SELECT CAST(version AS TEXT) FROM accounts";
    let before: i64 = world.texts(version).await[0].parse().expect("a version");
    rent_any::rent_any(&world.app, id("0000000a"), &search(&british()), 20).await.expect("rentals");
    let after: i64 = world.texts(version).await[0].parse().expect("a version");
    assert_eq!(after, before + 1);
    assert_eq!(world.balance("0000000a").await, "0.00");
});

on_both_engines!(only_numbers_of_the_accounts_currency_are_taken, |world| {
    let heading = "msisdn,country,type,features,monthly_price,setup_price,currency";
    let lines = "447700900001,GB,mobile-lvn,SMS,1,0,USD\n447700900002,GB,mobile-lvn,SMS,1,0,EUR\n";
    std::fs::write(world.folder().join("numbers.csv"), format!("{heading}\n{lines}"))
        .expect("a file");
    assert!(world.linerent(&["number", "import", "numbers.csv"]).status.success());
    world.account("0000000a", "10").await;
    let rented =
        rent_any::rent_any(&world.app, id("0000000a"), &search(&british()), 1).await.expect("one");
    assert_eq!(rented[0].subscription.msisdn.as_str(), "447700900002");
});

on_both_engines!(a_shared_code_is_rented_once_by_each_account, |world| {
    world.shared_short_code("4455", "1.00").await;
    world.shared_short_code("4456", "1.00").await;
    world.account("0000000a", "10").await;
    let first =
        rent_any::rent_any(&world.app, id("0000000a"), &search(&british()), 1).await.expect("one");
    let second =
        rent_any::rent_any(&world.app, id("0000000a"), &search(&british()), 1).await.expect("one");
    assert_eq!(
        (first[0].subscription.msisdn.as_str(), second[0].subscription.msisdn.as_str()),
        ("4455", "4456")
    );
    let told = rent_any::rent_any(&world.app, id("0000000a"), &search(&british()), 1).await;
    let told = said(told.expect_err("a refusal"));
    assert!(
        told.starts_with("there are 0 such numbers on sale in EUR, and 1 are asked for"),
        "{told}"
    );
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_card_is_charged_once_for_all_of_them, |world| {
    numbers(world, 0, 20, "1.00").await;
    world.account("0000000a", "5").await;
    world.auto_reload("0000000a", "1", "10", "pm_card_visa").await;
    let rented = rent_any::rent_any(&world.app, id("0000000a"), &search(&british()), 20)
        .await
        .expect("rentals");
    assert_eq!(rented.len(), 20);
    let codes: Vec<_> = world.statement("0000000a").await.into_iter().map(|it| it.code).collect();
    assert_eq!(codes.iter().filter(|code| **code == "reload").count(), 1);
    assert_eq!(world.balance("0000000a").await, "5.00");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(two_that_want_the_same_numbers_at_once_both_get_some, |world| {
    numbers(world, 0, 60, "1.00").await;
    world.account("0000000a", "100").await;
    world.account("0000000b", "100").await;
    world.account("0000000c", "100").await;
    let (one, other, third) =
        (world.another_app().await, world.another_app().await, world.another_app().await);
    let wanted = search(&british());
    let (left, right, middle) = tokio::join!(
        rent_any::rent_any(&one, id("0000000a"), &wanted, 20),
        rent_any::rent_any(&other, id("0000000b"), &wanted, 20),
        rent_any::rent_any(&third, id("0000000c"), &wanted, 20),
    );
    let rented = [left, right, middle].map(|it| it.expect("rentals"));
    let mut numbers: Vec<_> =
        rented.iter().flatten().map(|it| it.subscription.msisdn.to_string()).collect();
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers.len(), 60);
    for key in ["0000000a", "0000000b", "0000000c"] {
        assert_eq!(world.balance(key).await, "80.00");
    }
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(what_would_be_rented_is_shown_and_nothing_changes, |world| {
    numbers(world, 1, 4, "1.25").await;
    world.account("0000000a", "3").await;
    let before = world.dump().await;
    let command = ["rent", "0000000a", "--any", "--country", "GB", "--count", "3", "--dry-run"];
    let output = world.linerent(&command);
    assert!(output.status.success(), "{output:?}");
    insta::allow_duplicates! { insta::assert_snapshot!(String::from_utf8_lossy(&output.stdout), @r"
    NUMBER        COUNTRY  TYPE        FEATURES  MONTHLY  SETUP
    447700900001  GB       mobile-lvn  SMS          1.25   0.00  EUR
    447700900002  GB       mobile-lvn  SMS          1.25   0.00  EUR
    447700900003  GB       mobile-lvn  SMS          1.25   0.00  EUR

    3 numbers: 0000000a would pay 3.75 EUR at once; 3.00 EUR is available
    0.75 EUR is missing: the command would be refused
    ") }
    let output = world.linerent(&[&["--json"], &command[..]].concat());
    insta::allow_duplicates! { insta::assert_snapshot!(String::from_utf8_lossy(&output.stdout), @r#"
    {
      "account": "0000000a",
      "numbers": [
        {
          "msisdn": "447700900001",
          "country": "GB",
          "type": "mobile-lvn",
          "features": [
            "SMS"
          ],
          "monthly_price": "1.25",
          "setup_price": "0.00",
          "currency": "EUR"
        },
        {
          "msisdn": "447700900002",
          "country": "GB",
          "type": "mobile-lvn",
          "features": [
            "SMS"
          ],
          "monthly_price": "1.25",
          "setup_price": "0.00",
          "currency": "EUR"
        },
        {
          "msisdn": "447700900003",
          "country": "GB",
          "type": "mobile-lvn",
          "features": [
            "SMS"
          ],
          "monthly_price": "1.25",
          "setup_price": "0.00",
          "currency": "EUR"
        }
      ],
      "total": "3.75",
      "available": "3.00",
      "missing": "0.75",
      "currency": "EUR",
      "auto_reload": false
    }
    "#) }
    assert_eq!(world.dump().await, before);
});

on_both_engines!(a_person_sees_a_table_and_a_script_an_array, |world| {
    numbers(world, 1, 5, "1.25").await;
    world.account("0000000a", "10").await;
    let command = ["rent", "0000000a", "--any", "--country", "GB", "--count", "2"];
    let output = world.linerent(&command);
    insta::allow_duplicates! { insta::assert_snapshot!(String::from_utf8_lossy(&output.stdout), @r"
    NUMBER        ACCOUNT   STARTED ON  RENEWS ON   MONTHLY       STATUS
    447700900001  0000000a  2026-01-31  2026-02-28     1.25  EUR  active
    447700900002  0000000a  2026-01-31  2026-02-28     1.25  EUR  active

    2 numbers rented
    ") }
    let output = world.linerent(&[&["--json"], &command[..]].concat());
    insta::allow_duplicates! { insta::assert_snapshot!(String::from_utf8_lossy(&output.stdout), @r#"
    [
      {
        "number": "447700900003",
        "account": "0000000a",
        "started_on": "2026-01-31",
        "next_renewal_on": "2026-02-28",
        "monthly_price": "1.25",
        "next_monthly_price": null,
        "next_monthly_price_on": null,
        "currency": "EUR",
        "status": "active",
        "past_due_since": null,
        "ends_at_period_end": false,
        "ended_on": null,
        "end_reason": null
      },
      {
        "number": "447700900004",
        "account": "0000000a",
        "started_on": "2026-01-31",
        "next_renewal_on": "2026-02-28",
        "monthly_price": "1.25",
        "next_monthly_price": null,
        "next_monthly_price_on": null,
        "currency": "EUR",
        "status": "active",
        "past_due_since": null,
        "ends_at_period_end": false,
        "ended_on": null,
        "end_reason": null
      }
    ]
    "#) }
});
