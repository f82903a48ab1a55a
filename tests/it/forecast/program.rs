//! What a person, a spreadsheet and a program read of it.

use linerent_testkit::World;

/// One account with money for long, one with a card, one without means, one that pays in dollars;
/// the clock stands on 22 February.
async fn rent_for_a_forecast(world: &mut World) {
    world.numbers(&["447700900001", "447700900002"], "2.50").await;
    world.numbers(&["447700900003"], "9").await;
    world.numbers(&["447700900004"], "6").await;
    world.number_in("447700900005", "4", "USD").await;
    world.account("0000000a", "100").await;
    world.account("0000000b", "12").await;
    world.account("0000000c", "8").await;
    world.account_in("0000000d", "USD", "0").await;
    world.top_up("0000000d", "20", "opening").await;
    world.auto_reload("0000000b", "2", "10", "pm_card_visa").await;
    world.rent("0000000a", "447700900001").await;
    world.rent("0000000b", "447700900003").await;
    world.rent("0000000d", "447700900005").await;
    world.advance("2026-02-02").await;
    world.rent("0000000a", "447700900002").await;
    world.rent("0000000c", "447700900004").await;
    world.advance("2026-02-22").await;
}

/// What the program prints, and what it says beside it.
fn printed(world: &World, arguments: &[&str], code: i32) -> (String, String) {
    let output = world.linerent(arguments);
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (text(output.stdout), text(output.stderr))
}

on_both_engines!(a_person_sees_bars, |world| {
    rent_for_a_forecast(world).await;
    let (drawn, beside) = printed(world, &["forecast", "--days", "10"], 0);
    assert_eq!(beside, "");
    assert!(drawn.lines().all(|line| line.len() <= 80 && line.is_ascii()), "{drawn}");
    insta::allow_duplicates! { insta::assert_snapshot!(drawn, @r"
    EUR, 2026-02-23 to 2026-03-04    # balance  + card  ! short

              RENEWALS  AMOUNT  SHORT  NUMBERS  RELEASED
    2026-02
      Mon 23         0
      Tue 24         0
      Wed 25         0
      Thu 26         0
      Fri 27         0
      Sat 28         2   11.50                            ############++++++++++++++

    2026-03
      Sun 01         0
      Mon 02         2    8.50   6.00        1         1  ######!!!!!!!!!!!!!
      Tue 03         0
      Wed 04         0

    2026-02          2   11.50
    2026-03          2    8.50   6.00        1         1
    total            4   20.00   6.00        1         1

    by balances  8.00 EUR
    by cards     6.00 EUR, out of 10.00 EUR by 1 charge
    short        6.00 EUR, of 1 account with 1 number; 1 number will be released

    USD, 2026-02-23 to 2026-03-04    # balance

              RENEWALS  AMOUNT
    2026-02
      Mon 23         0
      Tue 24         0
      Wed 25         0
      Thu 26         0
      Fri 27         0
      Sat 28         1    4.00  ####################################################

    2026-03
      Sun 01         0
      Mon 02         0
      Tue 03         0
      Wed 04         0

    2026-02          1    4.00
    2026-03          0
    total            1    4.00

    by balances  4.00 USD

    Assumptions: no top-ups or new rentals; no cancellations except those already
    requested; every card charge succeeds; the release guard is not applied
    ") }
});

on_both_engines!(a_spreadsheet_reads_a_line_for_each_day, |world| {
    rent_for_a_forecast(world).await;
    let (csv, _) =
        printed(world, &["forecast", "--days", "10", "--account", "0000000b", "--csv"], 0);
    insta::allow_duplicates! { insta::assert_snapshot!(csv, @r#"
    on,currency,renewals,amount,funded,funded_by_balance,funded_by_reload,short,paid_late,reloads,reload_amount,short_accounts,short_numbers,released
    2026-02-23,EUR,0,0.00,0.00,0.00,0.00,0.00,0.00,0,0.00,0,0,0
    2026-02-24,EUR,0,0.00,0.00,0.00,0.00,0.00,0.00,0,0.00,0,0,0
    2026-02-25,EUR,0,0.00,0.00,0.00,0.00,0.00,0.00,0,0.00,0,0,0
    2026-02-26,EUR,0,0.00,0.00,0.00,0.00,0.00,0.00,0,0.00,0,0,0
    2026-02-27,EUR,0,0.00,0.00,0.00,0.00,0.00,0.00,0,0.00,0,0,0
    2026-02-28,EUR,1,9.00,9.00,3.00,6.00,0.00,0.00,1,10.00,0,0,0
    2026-03-01,EUR,0,0.00,0.00,0.00,0.00,0.00,0.00,0,0.00,0,0,0
    2026-03-02,EUR,0,0.00,0.00,0.00,0.00,0.00,0.00,0,0.00,0,0,0
    2026-03-03,EUR,0,0.00,0.00,0.00,0.00,0.00,0.00,0,0.00,0,0,0
    2026-03-04,EUR,0,0.00,0.00,0.00,0.00,0.00,0.00,0,0.00,0,0,0
    "#) }
    let (json, _) = printed(world, &["--json", "forecast", "--days", "10"], 0);
    let days: Vec<serde_json::Map<String, serde_json::Value>> =
        serde_json::from_str(&json).expect("objects");
    assert_eq!(days.len(), 20, "ten in each currency");
    let (csv, _) = printed(world, &["forecast", "--days", "10", "--csv"], 0);
    let mut csv = csv::Reader::from_reader(csv.as_bytes());
    let names: Vec<_> = csv.headers().expect("a heading").iter().map(str::to_owned).collect();
    for (line, day) in csv.records().zip(&days) {
        let line = line.expect("a line");
        assert_eq!(names.len(), day.len());
        for (name, value) in names.iter().zip(line.iter()) {
            assert_eq!(day[name].to_string().trim_matches('"'), value, "{name}");
        }
    }
});

on_both_engines!(a_program_reads_objects, |world| {
    rent_for_a_forecast(world).await;
    let (json, _) = printed(world, &["--json", "forecast", "--days", "6"], 0);
    let days: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let last = serde_json::to_string_pretty(&days[5]).expect("JSON");
    insta::allow_duplicates! { insta::assert_snapshot!(last, @r#"
    {
      "amount": "11.50",
      "currency": "EUR",
      "funded": "11.50",
      "funded_by_balance": "5.50",
      "funded_by_reload": "6.00",
      "on": "2026-02-28",
      "paid_late": "0.00",
      "released": 0,
      "reload_amount": "10.00",
      "reloads": 1,
      "renewals": 2,
      "short": "0.00",
      "short_accounts": 0,
      "short_numbers": 0
    }
    "#) }
});

on_both_engines!(what_is_left_out_is_told, |world| {
    rent_for_a_forecast(world).await;
    world
        .execute_sql(
            "UPDATE subscriptions SET next_renewal_on = '2026-03-03' WHERE account_id = 12",
        )
        .await;
    let mut program = world.program(&["forecast", "--days", "10", "--account", "0000000c"]);
    let alone = program.output().expect("the program starts");
    let (csv, beside) = printed(world, &["forecast", "--days", "10", "--csv"], 2);
    assert_eq!(csv.lines().count(), 21, "the others are foretold");
    assert_eq!(String::from_utf8_lossy(&alone.stderr), beside);
    insta::allow_duplicates! { insta::assert_snapshot!(beside, @r#"
    account 0000000c is left out: subscription 1 (447700900004) of account 0000000c cannot be read: it renews on 2026-03-03, and should on 2026-03-02
    "#) }
});

on_both_engines!(a_guard_that_would_hold_and_a_card_in_doubt_are_told, |world| {
    rent_for_a_forecast(world).await;
    world.auto_reload("0000000a", "101", "10", "pm_sandbox_error500_99").await;
    world.check().await;
    let mut program = world.program(&["forecast", "--days", "10", "--csv"]);
    program.env("LINERENT__RELEASE__GUARD_MIN", "0");
    let output = program.output().expect("the program starts");
    let beside = String::from_utf8(output.stderr).expect("text");
    insta::allow_duplicates! { insta::assert_snapshot!(beside, @r#"
    on 2026-03-02 the release guard would hold back 1 release, of 5 numbers live by then
    hint: in the forecast they are released; see why so many cannot pay
    the cards of 1 account are left out, as it is not known yet whether the latest charge was paid
    hint: `linerent reload check` asks the gateway
    "#) }
});

on_both_engines!(nothing_to_come_is_said_so, |world| {
    let (said, _) = printed(world, &["forecast", "--days", "3"], 0);
    assert_eq!(said, "nothing renews from 2026-01-31 to 2026-02-02\n");
    let (json, _) = printed(world, &["--json", "forecast"], 0);
    assert_eq!(json, "[]\n");
});
