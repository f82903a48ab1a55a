//! Prices that change: for new rentals at once, for running ones from an agreed date on, and everybody is
//! told beforehand, once.

use linerent::billing::settle;
use linerent::cli::views::prices::RepriceView;
use linerent::ids::AccountId;
use linerent::money::{Currency, Money};
use linerent::operations::Refusal;
use linerent::operations::numbers::reprice::{self, Wanted};
use linerent::operations::run::Watch;
use linerent::rental::{NewPrice, NumberType};
use linerent::repricing::Tariff;
use linerent_testkit::{World, date};

const A: &str = "0000000a";
const FIRST: &str = "447700900001";
const SECOND: &str = "447700900002";

/// British mobile numbers cost this from a date on.
async fn reprice(world: &World, price: &str, effective_on: &str) -> RepriceView {
    let wanted = wanted(price, effective_on);
    let repriced = reprice::reprice(&world.app, &wanted, &Watch::default()).await;
    RepriceView::from(&repriced.expect("a repricing"))
}

/// The order alone, as if the program had been killed right after it.
async fn order_and_die(world: &World, price: i64, effective_on: &str) {
    let price = NewPrice {
        monthly_price: Money::from_micros(price, Currency::EUR),
        from: date(effective_on),
        agreed_on: world.app.moment().on,
    };
    let now = world.app.clock.now();
    let ordered = world.app.store.order_repricing(&mobile(), price, now).await;
    ordered.expect("an order");
}

/// What the account was charged, by date.
async fn charges(world: &World, key: &str) -> Vec<String> {
    let lines = world.statement(key).await.into_iter();
    let rentals = lines.filter(|line| line.code == "rental");
    rentals
        .map(|line| format!("{} {}", line.period_start.expect("a period"), line.amount))
        .collect()
}

fn mobile() -> Tariff {
    Tariff { country: "GB".to_owned(), kind: NumberType::MobileLvn, currency: Currency::EUR }
}

fn wanted(price: &str, effective_on: &str) -> Wanted {
    Wanted {
        country: "GB".to_owned(),
        kind: NumberType::MobileLvn,
        currency: None,
        price: price.parse().expect("an amount"),
        effective_on: date(effective_on),
        notice_days: 1,
    }
}

on_both_engines!(what_is_agreed_holds_until_the_first_renewal_on_or_after_the_date, |world| {
    world.account(A, "100").await;
    world.numbers(&[FIRST, SECOND], "1").await;
    world.rent(A, FIRST).await;
    let repriced = reprice(world, "1.10", "2026-03-31").await;
    assert_eq!((repriced.numbers, repriced.accounts, repriced.subscriptions), (2, 1, 1));
    assert_eq!(
        (repriced.amount_now.to_string(), repriced.amount_then.to_string()),
        ("1.00".to_owned(), "1.10".to_owned())
    );
    // Who rents now pays it at once.
    assert_eq!(world.rent(A, SECOND).await.monthly_price.to_string(), "1.10");
    let [first, second] = &world.subscriptions(A).await[..] else { panic!("two rentals") };
    assert_eq!(first.monthly_price.to_string(), "1.00");
    assert_eq!(first.next_monthly_price.expect("a price").to_string(), "1.10");
    assert_eq!(first.next_monthly_price_on, Some(date("2026-03-31")));
    assert_eq!(second.next_monthly_price, None);
    world.advance("2026-04-30").await;
    assert_eq!(
        charges(world, A).await,
        [
            "2026-01-31 -1.00",
            "2026-01-31 -1.10",
            "2026-02-28 -1.00",
            "2026-02-28 -1.10",
            "2026-03-31 -1.10",
            "2026-03-31 -1.10",
            "2026-04-30 -1.10",
            "2026-04-30 -1.10",
        ]
    );
    let first = world.subscriptions(A).await.remove(0);
    assert_eq!(
        (first.monthly_price.to_string(), first.next_monthly_price),
        ("1.10".to_owned(), None)
    );
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_price_that_is_never_paid_is_not_told, |world| {
    world.account(A, "100").await;
    world.numbers(&[FIRST], "1").await;
    world.rent(A, FIRST).await;
    order_and_die(world, 1_100_000, "2026-03-10").await;
    reprice(world, "1.20", "2026-03-15").await;
    let output = world.linerent(&["account", "history", A]);
    let told = String::from_utf8(output.stdout).expect("text");
    let agreed: Vec<_> = told.lines().filter(|line| line.contains("instead of")).collect();
    insta::allow_duplicates! { insta::assert_snapshot!(agreed.join("\n"), @r"
    2026-01-31                        447700900001 costs 1.20 EUR instead of 1.00 EUR from its renewal of 2026-03-31 on
    ") };
});

on_both_engines!(everybody_is_told_once_however_often_it_is_ordered, |world| {
    world.account(A, "100").await;
    world.numbers(&[FIRST, SECOND], "1").await;
    world.rent(A, FIRST).await;
    world.rent(A, SECOND).await;
    assert_eq!(reprice(world, "1.10", "2026-03-15").await.notices, 1);
    let again = reprice(world, "1.10", "2026-03-15").await;
    assert_eq!((again.numbers, again.subscriptions, again.notices), (0, 0, 0));
    assert_eq!(world.told(A).await, ["price_change/2026-01-31"]);
    world.deliver().await;
    let letter = world.letter("0000000a/price_change/2026-01-31").await;
    assert!(
        letter.contains("+447700900001     31 March 2026              1.00 EUR         1.10 EUR"),
        "{letter}"
    );
    world.advance("2026-02-01").await;
    assert_eq!(world.told(A).await, ["price_change/2026-01-31"]);
});

on_both_engines!(a_letter_tells_all_that_is_agreed_and_nothing_that_is_not, |world| {
    world.account(A, "100").await;
    world.numbers(&[FIRST, SECOND], "1").await;
    world.rent(A, FIRST).await;
    world.rent(A, SECOND).await;
    // Put right before anybody was told.
    reprice(world, "14", "2026-03-15").await;
    reprice(world, "1.40", "2026-03-15").await;
    assert_eq!(world.told(A).await, ["price_change/2026-01-31"]);
    world.deliver().await;
    let first = world.letter("0000000a/price_change/2026-01-31").await;
    // One more step, which begins where the earlier one ends; then all is taken back.
    world.advance("2026-02-01").await;
    reprice(world, "2", "2026-05-01").await;
    world.deliver().await;
    let second = world.letter("0000000a/price_change/2026-02-01").await;
    world.advance("2026-02-02").await;
    reprice(world, "1", "2026-02-20").await;
    world.deliver().await;
    let third = world.letter("0000000a/price_change/2026-02-02").await;
    let told = [first, second, third].join("\n=====\n");
    insta::allow_duplicates! { insta::assert_snapshot!(told, @r"
    The monthly price of 2 numbers that you rent changes.

    Each number renews at its new price from the date in the table. There is
    nothing for you to do.

    If you do not want to keep a number at the new price, tell us before that day
    and it will not be renewed: billing@localhost

      Number            From                         Before        New price
      ----------------  ------------------ ---------------- ----------------
      +447700900001     31 March 2026              1.00 EUR         1.40 EUR
      +447700900002     31 March 2026              1.00 EUR         1.40 EUR
      ---------------------------------------------------------------------
      Total per month                              2.00 EUR         2.80 EUR

    This replaces our earlier emails about new prices.

    --------------------------------------------------------------------
    From:       Billing
    Questions:  reply to this email, or write to billing@localhost
    Reference:  0000000a/price_change/2026-01-31
    Account:    0000000a
                Account 0000000a

    =====
    The monthly price of 2 numbers that you rent changes.

    Each number renews at its new price from the date in the table. There is
    nothing for you to do.

    If you do not want to keep a number at the new price, tell us before that day
    and it will not be renewed: billing@localhost

      Number            From                         Before        New price
      ----------------  ------------------ ---------------- ----------------
      +447700900001     31 March 2026              1.00 EUR         1.40 EUR
      +447700900002     31 March 2026              1.00 EUR         1.40 EUR
      +447700900001     31 May 2026                1.40 EUR         2.00 EUR
      +447700900002     31 May 2026                1.40 EUR         2.00 EUR
      ---------------------------------------------------------------------
      Total per month                              2.00 EUR         4.00 EUR

    This replaces our earlier emails about new prices.

    --------------------------------------------------------------------
    From:       Billing
    Questions:  reply to this email, or write to billing@localhost
    Reference:  0000000a/price_change/2026-02-01
    Account:    0000000a
                Account 0000000a

    =====
    The monthly prices of your numbers stay as they are: a change that was agreed
    has been taken back. There is nothing for you to do.

    --------------------------------------------------------------------
    From:       Billing
    Questions:  reply to this email, or write to billing@localhost
    Reference:  0000000a/price_change/2026-02-02
    Account:    0000000a
                Account 0000000a
    ") };
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_killed_repricing_is_finished_by_the_next_run, |world| {
    world.account(A, "100").await;
    world.numbers(&[FIRST], "1").await;
    world.rent(A, FIRST).await;
    order_and_die(world, 2_000_000, "2026-02-28").await;
    assert_eq!(world.told(A).await, Vec::<String>::new());
    world.advance("2026-02-02").await;
    assert_eq!(world.told(A).await, ["price_change/2026-02-01"]);
    world.advance("2026-02-28").await;
    assert_eq!(charges(world, A).await, ["2026-01-31 -1.00", "2026-02-28 -2.00"]);
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(
    periods_from_before_the_date_keep_their_price_however_late_they_are_charged,
    |world| {
        world.account(A, "100").await;
        world.numbers(&[FIRST], "1").await;
        world.rent(A, FIRST).await;
        reprice(world, "3", "2026-04-01").await;
        world.sleep_until("2026-05-31").await;
        world.run().await;
        assert_eq!(
            charges(world, A).await,
            [
                "2026-01-31 -1.00",
                "2026-02-28 -1.00",
                "2026-03-31 -1.00",
                "2026-04-30 -3.00",
                "2026-05-31 -3.00"
            ]
        );
    }
);

on_both_engines!(an_earlier_order_that_is_finished_later_takes_nothing_back, |world| {
    world.account(A, "100").await;
    world.numbers(&[FIRST], "1").await;
    world.rent(A, FIRST).await;
    order_and_die(world, 2_000_000, "2026-02-28").await;
    reprice(world, "3", "2026-03-31").await;
    // Broken, so that no order can be done with: every run tries again.
    world.account("0000000b", "100").await;
    world.numbers(&[SECOND], "1").await;
    world.rent("0000000b", SECOND).await;
    order_and_die(world, 4_000_000, "2026-04-30").await;
    world.execute_sql("UPDATE accounts SET currency = '?' WHERE account_id = 11").await;
    world.advance("2026-04-30").await;
    assert_eq!(
        charges(world, A).await,
        ["2026-01-31 -1.00", "2026-02-28 -2.00", "2026-03-31 -3.00", "2026-04-30 -4.00"]
    );
    assert_eq!(world.told(A).await.iter().filter(|it| it.starts_with("price")).count(), 2);
    world.execute_sql("UPDATE accounts SET currency = 'EUR' WHERE account_id = 11").await;
    world.advance("2026-05-01").await;
    assert!(world.told("0000000b").await.contains(&"price_change/2026-05-01".to_owned()));
    assert_eq!(world.app.store.tariffs_to_reprice().await.expect("a list"), []);
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_price_that_is_taken_back_never_holds, |world| {
    world.account(A, "100").await;
    world.numbers(&[FIRST], "1").await;
    world.rent(A, FIRST).await;
    reprice(world, "2", "2026-02-28").await;
    let back = reprice(world, "1", "2026-02-20").await;
    assert_eq!((back.subscriptions, back.amount_then.to_string()), (1, "1.00".to_owned()));
    world.advance("2026-02-28").await;
    assert_eq!(charges(world, A).await, ["2026-01-31 -1.00", "2026-02-28 -1.00"]);
});

on_both_engines!(who_stops_it_is_told_what_holds_and_the_next_one_goes_on, |world| {
    world.account(A, "100").await;
    world.numbers(&[FIRST], "1").await;
    world.rent(A, FIRST).await;
    let (wanted, watch) = (wanted("2", "2026-02-28"), Watch::default());
    watch.stop.cancel();
    let stopped = reprice::reprice(&world.app, &wanted, &watch).await;
    let stopped = anyhow::Error::from(stopped.expect_err("it was stopped"));
    // Something has changed: that is no refusal.
    assert!(!stopped.chain().any(|cause| cause.is::<Refusal>()), "{stopped:?}");
    assert!(stopped.to_string().contains("the new price holds for new rentals"), "{stopped}");
    assert_eq!(world.told(A).await, Vec::<String>::new());
    let again = reprice(world, "2", "2026-02-28").await;
    assert_eq!((again.numbers, again.subscriptions, again.notices), (0, 1, 1));
});

on_both_engines!(a_number_that_cost_nothing_can_be_given_a_price_and_back, |world| {
    world.account(A, "100").await;
    world.numbers(&[FIRST], "0").await;
    world.rent(A, FIRST).await;
    reprice(world, "2", "2026-03-31").await;
    reprice(world, "0", "2026-05-31").await;
    world.advance("2026-06-30").await;
    assert_eq!(charges(world, A).await, ["2026-03-31 -2.00", "2026-04-30 -2.00"]);
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_dry_run_says_how_much_and_changes_nothing, |world| {
    world.account(A, "100").await;
    world.numbers(&[FIRST, SECOND], "1").await;
    world.rent(A, FIRST).await;
    world.rent(A, SECOND).await;
    let before = world.dump().await;
    let (wanted, watch) = (wanted("1.10", "2026-03-15"), Watch::default());
    let would = reprice::dry_run(&world.app, &wanted, &watch).await;
    let would = RepriceView::from(&would.expect("a look"));
    assert_eq!(world.dump().await, before);
    let is = reprice(world, "1.10", "2026-03-15").await;
    assert_eq!(serde_json::to_value(would).expect("JSON"), serde_json::to_value(is).expect("JSON"));
    assert_ne!(world.dump().await, before);
});

on_both_engines!(two_that_reprice_at_once_tell_everybody_once, |world| {
    for id in 1..=40 {
        let key = AccountId::new(id).to_string();
        world.account(&key, "100").await;
        let msisdn = format!("4477009001{id:02}");
        world.numbers(&[&msisdn], "1").await;
        world.rent(&key, &msisdn).await;
    }
    world.change_policy(|policy| policy.run.batch_accounts = 3);
    let other = world.another_app().await;
    let (first, second) = (wanted("2", "2026-03-15"), wanted("2", "2026-03-15"));
    let watch = Watch::default();
    let (first, second) = tokio::join!(
        reprice::reprice(&world.app, &first, &watch),
        reprice::reprice(&other, &second, &watch)
    );
    let (first, second) = (first.expect("one"), second.expect("another"));
    let (first, second) = (first.repriced, second.repriced);
    assert_eq!(first.subscriptions + second.subscriptions, 40);
    assert_eq!(first.notices + second.notices, 40);
    assert_eq!(world.all_notices().await.len(), 40);
    assert_eq!(world.app.store.tariffs_to_reprice().await.expect("a list"), []);
});

on_both_engines!(a_shared_code_is_not_rented_at_a_price_that_is_gone, |world| {
    world.account(A, "100").await;
    world.shared_short_code("98975", "5").await;
    let code = "98975".parse().expect("a short code");
    let offered = world.app.store.find_number(&code).await.expect("a look").expect("a code");
    let asked = Wanted { kind: NumberType::ShortCode, ..wanted("9", "2026-03-15") };
    reprice::reprice(&world.app, &asked, &Watch::default()).await.expect("a repricing");
    let id = A.parse().expect("a key");
    let (writer, numbers) = (world.app.account_writer(world.app.moment()), [&offered.number]);
    let rented = settle::rent(&writer, id, &numbers).await;
    assert_eq!(rented.expect_err("a refusal").to_string(), "the number is no longer available");
    assert_eq!(world.rent(A, "98975").await.monthly_price.to_string(), "9.00");
});
