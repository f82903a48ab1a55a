//! Amounts, references and limits.

use super::{done, refused};

/// What is no amount, or none that can be kept.
const BAD_AMOUNTS: [&str; 11] = [
    "",
    "NaN",
    "inf",
    "1e5",
    "0x10",
    "1,50",
    "1_000",
    "--5",
    "1.0000001",
    "1000000000000.000001",
    "99999999999999999999999999999999999999999",
];

on_both_engines!(amounts_that_are_none_are_not_topped_up, |world| {
    world.account("0000000a", "1").await;
    let commands = BAD_AMOUNTS
        .map(|amount| ["account", "top-up", "0000000a", amount, "--reference", "r"])
        .map(Vec::from);
    let commands: Vec<_> = commands.iter().map(Vec::as_slice).collect();
    assert_answers!(refused(world, &commands).await, @r#"
    $ account top-up 0000000a "" --reference r
    error: `` is not an amount
    hint: write a plain decimal number, for example 12.50
    exit 1
    $ account top-up 0000000a NaN --reference r
    error: `NaN` is not an amount
    hint: write a plain decimal number, for example 12.50
    exit 1
    $ account top-up 0000000a inf --reference r
    error: `inf` is not an amount
    hint: write a plain decimal number, for example 12.50
    exit 1
    $ account top-up 0000000a 1e5 --reference r
    error: `1e5` is not an amount
    hint: write a plain decimal number, for example 12.50
    exit 1
    $ account top-up 0000000a 0x10 --reference r
    error: `0x10` is not an amount
    hint: write a plain decimal number, for example 12.50
    exit 1
    $ account top-up 0000000a 1,50 --reference r
    error: `1,50` is not an amount
    hint: write a plain decimal number, for example 12.50
    exit 1
    $ account top-up 0000000a 1_000 --reference r
    error: `1_000` is not an amount
    hint: write a plain decimal number, for example 12.50
    exit 1
    $ account top-up 0000000a --5 --reference r
    error: `--5` is not an amount
    hint: write a plain decimal number, for example 12.50
    exit 1
    $ account top-up 0000000a 1.0000001 --reference r
    error: `1.0000001` has more than 6 decimals
    hint: use fewer decimals, for example 12.50
    exit 1
    $ account top-up 0000000a 1000000000000.000001 --reference r
    error: `1000000000000.000001` exceeds the maximum amount, 1000000000000
    hint: use a smaller amount
    exit 1
    $ account top-up 0000000a 99999999999999999999999999999999999999999 --reference r
    error: `99999999999999999999999999999999999999999` exceeds the maximum amount, 1000000000000
    hint: use a smaller amount
    exit 1
    "#);
});

on_both_engines!(amounts_that_are_none_are_refused_everywhere, |world| {
    world.account("0000000a", "1").await;
    for amount in BAD_AMOUNTS {
        let adjust =
            ["account", "adjust", "0000000a", amount, "--reason", "why", "--reference", "r"];
        let create = ["account", "create", "Ada", "--email", "ada@example.com"];
        let answers = refused(
            world,
            &[
                &adjust,
                &[&create[..], &["--credit-limit", amount]].concat(),
                &[&create[..], &["--low-balance", amount]].concat(),
            ],
        )
        .await;
        assert_eq!(answers.matches("exit 1").count(), 3, "{answers}");
        assert_eq!(answers.matches(&format!("error: `{amount}`")).count(), 3, "{answers}");
    }
});

on_both_engines!(nothing_and_less_than_nothing_are_refused, |world| {
    world.account("0000000a", "1").await;
    let create = ["account", "create", "Ada", "--email", "ada@example.com"];
    let answers = refused(
        world,
        &[
            &["account", "top-up", "0000000a", "0", "--reference", "r"],
            &["account", "top-up", "0000000a", "-0.00", "--reference", "r"],
            &["account", "top-up", "0000000a", "-0.000001", "--reference", "r"],
            &["account", "adjust", "0000000a", "0", "--reason", "why", "--reference", "r"],
            &[&create[..], &["--credit-limit", "-1"]].concat(),
            &[&create[..], &["--low-balance", "-1"]].concat(),
        ],
    )
    .await;
    assert_answers!(answers, @r"
    $ account top-up 0000000a 0 --reference r
    error: the amount must not be zero
    hint: write an amount such as 12.50
    exit 1
    $ account top-up 0000000a -0.00 --reference r
    error: the amount must not be zero
    hint: write an amount such as 12.50
    exit 1
    $ account top-up 0000000a -0.000001 --reference r
    error: the top-up -0.000001 EUR is negative
    hint: `linerent account adjust` books corrections of either sign
    exit 1
    $ account adjust 0000000a 0 --reason why --reference r
    error: the amount must not be zero
    hint: write an amount such as 12.50
    exit 1
    $ account create Ada --email ada@example.com --credit-limit -1
    error: the credit limit -1.00 EUR is negative
    hint: use zero or more
    exit 1
    $ account create Ada --email ada@example.com --low-balance -1
    error: the low balance -1.00 EUR is negative
    hint: use zero or more
    exit 1
    ");
});

on_both_engines!(a_reference_counts_once, |world| {
    world.account("0000000a", "0").await;
    world.account("0000000b", "0").await;
    let top_up = |amount| ["account", "top-up", "0000000a", amount, "--reference", "INV/7"];
    let first = done(world, &top_up("5"));
    let again = done(world, &[&top_up("5.00")[..], &["--json"]].concat());
    let elsewhere = done(world, &["account", "top-up", "0000000b", "7", "--reference", "INV/7"]);
    let refusal = refused(world, &[&top_up("6")]).await;
    assert_answers!([first, again, elsewhere, refusal].join(""), @r#"
    booked; the balance of 0000000a is 5.00 EUR
    {
      "key": "0000000a",
      "balance": "5.00",
      "currency": "EUR",
      "booked": false
    }
    booked; the balance of 0000000b is 7.00 EUR
    $ account top-up 0000000a 6 --reference INV/7
    error: this reference was used before, for 5.00 EUR
    hint: use a different reference for each booking
    exit 1
    "#);
});

on_both_engines!(a_correction_counts_once, |world| {
    world.account("0000000a", "10").await;
    let adjust = |amount| {
        ["account", "adjust", "0000000a", amount, "--reason", "why", "--reference", "INV/7"]
    };
    let first = done(world, &adjust("-5"));
    let again = done(world, &adjust("-5"));
    let refusal = refused(world, &[&adjust("5")]).await;
    assert_answers!([first, again, refusal].join(""), @r"
    booked; the balance of 0000000a is 5.00 EUR
    already booked under this reference, nothing was changed; the balance of 0000000a is 5.00 EUR
    $ account adjust 0000000a 5 --reason why --reference INV/7
    error: this reference was used before, for -5.00 EUR
    hint: use a different reference for each booking
    exit 1
    ");
});

on_both_engines!(references_and_reasons_are_one_line, |world| {
    world.account("0000000a", "0").await;
    let long = "r".repeat(201);
    let answers = refused(
        world,
        &[
            &["account", "top-up", "0000000a", "5"],
            &["account", "top-up", "0000000a", "5", "--reference", " "],
            &["account", "top-up", "0000000a", "5", "--reference", "r\ns"],
            &["account", "top-up", "0000000a", "5", "--reference", &long],
            &["account", "adjust", "0000000a", "5", "--reference", "r", "--reason", ""],
        ],
    )
    .await;
    assert_answers!(answers.replace(&long, "rrr…"), @r#"
    $ account top-up 0000000a 5
    error: the following required arguments were not provided:
      --reference <REFERENCE>
    Usage: linerent account top-up --reference <REFERENCE> <KEY> <AMOUNT>
    For more information, try '--help'.
    exit 2
    $ account top-up 0000000a 5 --reference " "
    error: the reference contains no visible character
    hint: use 1 to 200 characters on one line
    exit 1
    $ account top-up 0000000a 5 --reference "r\ns"
    error: the reference contains U+000A (line feed) at character 2
    hint: leave it out: it is not seen, and can change how other text is shown
    exit 1
    $ account top-up 0000000a 5 --reference rrr…
    error: the reference has more than 200 characters
    hint: use 1 to 200 characters on one line
    exit 1
    $ account adjust 0000000a 5 --reference r --reason ""
    error: the reason contains no visible character
    hint: use 1 to 200 characters on one line
    exit 1
    "#);
});

on_both_engines!(a_correction_stops_at_the_credit_limit, |world| {
    let create = ["account", "create", "Ada", "--email", "ada@example.com", "--key", "0000000a"];
    done(world, &[&create[..], &["--credit-limit", "5"]].concat());
    let adjust = |amount, reference| {
        ["account", "adjust", "0000000a", amount, "--reason", "why", "--reference", reference]
    };
    let too_much = refused(world, &[&adjust("-5.000001", "r")]).await;
    let exactly = done(world, &adjust("-5", "r"));
    let more = refused(world, &[&adjust("-0.000001", "s")]).await;
    assert_answers!([too_much, "\n".to_owned(), exactly, more].join(""), @r"
    $ account adjust 0000000a -5.000001 --reason why --reference r
    error: the balance does not cover it: 5.000001 EUR is needed, 5.00 EUR is available: the balance plus the credit limit
    hint: use a smaller amount, or top the account up first
    exit 1
    booked; the balance of 0000000a is -5.00 EUR
    $ account adjust 0000000a -0.000001 --reason why --reference s
    error: the balance does not cover it: 0.000001 EUR is needed, 0.00 EUR is available: the balance plus the credit limit
    hint: use a smaller amount, or top the account up first
    exit 1
    ");
});

on_both_engines!(a_balance_is_no_more_than_can_be_held, |world| {
    world.account("0000000a", "0").await;
    let top_up =
        |reference| ["account", "top-up", "0000000a", "1000000000000", "--reference", reference];
    for reference in ["1", "2", "3", "4", "5", "6", "7", "8", "9"] {
        done(world, &top_up(reference));
    }
    assert_answers!(refused(world, &[&top_up("10")]).await, @r"
    $ account top-up 0000000a 1000000000000 --reference 10
    error: the balance would exceed the largest amount that an account can hold
    hint: use a smaller amount
    exit 1
    ");
});
