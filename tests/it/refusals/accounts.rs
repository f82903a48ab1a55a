//! Accounts that are unknown, malformed, taken or closed.

use super::{done, refused};

on_both_engines!(an_unknown_account_is_refused, |world| {
    world.numbers(&["447700900001"], "1.00").await;
    let answers = refused(
        world,
        &[
            &["account", "show", "0000000b"],
            &["account", "close", "0000000b"],
            &["account", "top-up", "0000000b", "5", "--reference", "r"],
            &["account", "adjust", "0000000b", "5", "--reason", "why", "--reference", "r"],
            &["account", "statement", "0000000b"],
            &["subscription", "list", "--account", "0000000b"],
            &["rent", "0000000b", "447700900001"],
            &["cancel", "447700900001", "--account", "0000000b"],
        ],
    )
    .await;
    assert_answers!(answers, @r"
    $ account show 0000000b
    error: there is no account 0000000b
    hint: `linerent account list` lists all accounts
    exit 1
    $ account close 0000000b
    error: there is no account 0000000b
    hint: `linerent account list` lists all accounts
    exit 1
    $ account top-up 0000000b 5 --reference r
    error: there is no account 0000000b
    hint: `linerent account list` lists all accounts
    exit 1
    $ account adjust 0000000b 5 --reason why --reference r
    error: there is no account 0000000b
    hint: `linerent account list` lists all accounts
    exit 1
    $ account statement 0000000b
    error: there is no account 0000000b
    hint: `linerent account list` lists all accounts
    exit 1
    $ subscription list --account 0000000b
    error: there is no account 0000000b
    hint: `linerent account list` lists all accounts
    exit 1
    $ rent 0000000b 447700900001
    error: there is no account 0000000b
    hint: `linerent account list` lists all accounts
    exit 1
    $ cancel 447700900001 --account 0000000b
    error: there is no account 0000000b
    hint: `linerent account list` lists all accounts
    exit 1
    ");
});

on_both_engines!(what_is_no_key_is_no_account, |world| {
    world.account("0000000a", "0").await;
    let answers = refused(
        world,
        &[
            &["account", "show", ""],
            &["account", "show", "a"],
            &["account", "show", "0000000g"],
            &["account", "show", "00000000a"],
            &["account", "show", "+000000a"],
            &["account", "show", "' OR 1=1"],
        ],
    )
    .await;
    assert_answers!(answers, @r#"
    $ account show ""
    error: `` is not an account key
    hint: a key is 8 hexadecimal characters, for example 1f3a90c2
    exit 1
    $ account show a
    error: `a` is not an account key
    hint: a key is 8 hexadecimal characters, for example 1f3a90c2
    exit 1
    $ account show 0000000g
    error: `0000000g` is not an account key
    hint: a key is 8 hexadecimal characters, for example 1f3a90c2
    exit 1
    $ account show 00000000a
    error: `00000000a` is not an account key
    hint: a key is 8 hexadecimal characters, for example 1f3a90c2
    exit 1
    $ account show +000000a
    error: `+000000a` is not an account key
    hint: a key is 8 hexadecimal characters, for example 1f3a90c2
    exit 1
    $ account show "' OR 1=1"
    error: `' OR 1=1` is not an account key
    hint: a key is 8 hexadecimal characters, for example 1f3a90c2
    exit 1
    "#);
});

on_both_engines!(a_key_is_given_once, |world| {
    world.account("0000000a", "0").await;
    let create = ["account", "create", "Ada", "--email", "ada@example.com", "--key"];
    let answers = refused(
        world,
        &[
            &[&create[..], &["0000000a"]].concat(),
            &[&create[..], &["0000000A"]].concat(),
            &[&create[..], &["ada"]].concat(),
        ],
    )
    .await;
    assert_answers!(answers, @r"
    $ account create Ada --email ada@example.com --key 0000000a
    error: there is already an account 0000000a
    hint: leave `--key` out to get a random key
    exit 1
    $ account create Ada --email ada@example.com --key 0000000A
    error: there is already an account 0000000a
    hint: leave `--key` out to get a random key
    exit 1
    $ account create Ada --email ada@example.com --key ada
    error: `ada` is not an account key
    hint: a key is 8 hexadecimal characters, for example 1f3a90c2
    exit 1
    ");
});

on_both_engines!(names_and_addresses_that_are_none_are_refused, |world| {
    let long = "a".repeat(201);
    let answers = refused(
        world,
        &[
            &["account", "create", "", "--email", "ada@example.com"],
            &["account", "create", "Ada\nEve", "--email", "ada@example.com"],
            &["account", "create", &long, "--email", "ada@example.com"],
            &["account", "create", "Ada", "--email", ""],
            &["account", "create", "Ada", "--email", "ada"],
            &["account", "create", "Ada", "--email", "ada@"],
            &["account", "create", "Ada", "--email", "ada@example.com, eve@example.com"],
            &["account", "create", "Ada", "--email", "ada@example.com\nBcc: eve@example.com"],
            &["account", "create", "Ada", "--email", "ada@example.com", "--currency", "EURO"],
        ],
    )
    .await;
    assert_answers!(answers.replace(&long, "aaa…"), @r#"
    $ account create "" --email ada@example.com
    error: the name contains no visible character
    hint: use 1 to 200 characters on one line
    exit 1
    $ account create "Ada\nEve" --email ada@example.com
    error: the name contains U+000A (line feed) at character 4
    hint: leave it out: it is not seen, and can change how other text is shown
    exit 1
    $ account create aaa… --email ada@example.com
    error: the name has more than 200 characters
    hint: use 1 to 200 characters on one line
    exit 1
    $ account create Ada --email ""
    error: `` is not an e-mail address
    hint: write it as name@example.com
    exit 1
    $ account create Ada --email ada
    error: `ada` is not an e-mail address
    hint: write it as name@example.com
    exit 1
    $ account create Ada --email ada@
    error: `ada@` is not an e-mail address
    hint: write it as name@example.com
    exit 1
    $ account create Ada --email "ada@example.com, eve@example.com"
    error: `ada@example.com, eve@example.com` is not an e-mail address
    hint: write it as name@example.com
    exit 1
    $ account create Ada --email "ada@example.com\nBcc: eve@example.com"
    error: `ada@example.com\u{a}Bcc: eve@example.com` is not an e-mail address
    hint: write it as name@example.com
    exit 1
    $ account create Ada --email ada@example.com --currency EURO
    error: `EURO` is not a currency
    hint: use an ISO 4217 code, for example EUR
    exit 1
    "#);
});

on_both_engines!(an_account_with_something_left_is_not_closed, |world| {
    world.numbers(&["447700900001", "447700900002"], "1.00").await;
    world.account("0000000a", "10").await;
    world.rent("0000000a", "447700900001").await;
    world.rent("0000000a", "447700900002").await;
    let close: &[&str] = &["account", "close", "0000000a"];
    let mut answers = vec![refused(world, &[close]).await];
    done(world, &["cancel", "447700900001", "--account", "0000000a"]);
    answers.push(refused(world, &[close]).await);
    done(world, &["cancel", "447700900002", "--account", "0000000a"]);
    answers.push(refused(world, &[close]).await);
    assert_answers!(answers.join("\n"), @r"
    $ account close 0000000a
    error: account 0000000a is not closed, it has
      447700900001 rented for 1.00 EUR a month, next renewal on 2026-02-28
      447700900002 rented for 1.00 EUR a month, next renewal on 2026-02-28
      a balance of 8.00 EUR
    hint: `linerent account refund 0000000a --all --reference …` books that the balance was paid back
    hint: then run `linerent account close 0000000a --yes`: the rentals end today, without refund
    exit 1
    $ account close 0000000a
    error: account 0000000a is not closed, it has
      447700900002 rented for 1.00 EUR a month, next renewal on 2026-02-28
      447700900001 held for it until 2026-05-01; it can no longer be rented again
      a balance of 8.00 EUR
    hint: `linerent account refund 0000000a --all --reference …` books that the balance was paid back
    hint: then run `linerent account close 0000000a --yes`: the rentals end today, without refund
    exit 1
    $ account close 0000000a
    error: account 0000000a is not closed, it has
      447700900001 held for it until 2026-05-01; it can no longer be rented again
      447700900002 held for it until 2026-05-01; it can no longer be rented again
      a balance of 8.00 EUR
    hint: `linerent account refund 0000000a --all --reference …` books that the balance was paid back
    hint: then run `linerent account close 0000000a --yes`
    exit 1
    ");
});

on_both_engines!(nothing_is_done_for_a_closed_account, |world| {
    world.numbers(&["447700900001"], "0").await;
    world.account("0000000a", "0").await;
    done(world, &["account", "close", "0000000a"]);
    let answers = refused(
        world,
        &[
            &["account", "close", "0000000a"],
            &["account", "top-up", "0000000a", "5", "--reference", "r"],
            &["account", "adjust", "0000000a", "5", "--reason", "why", "--reference", "r"],
            &["rent", "0000000a", "447700900001"],
            &["account", "create", "Ada", "--email", "ada@example.com", "--key", "0000000a"],
        ],
    )
    .await;
    assert_answers!(answers, @r"
    $ account close 0000000a
    error: account 0000000a is closed
    hint: a closed account cannot be changed or opened again; `linerent account create` makes a new one
    exit 1
    $ account top-up 0000000a 5 --reference r
    error: account 0000000a is closed
    hint: a closed account cannot be changed or opened again; `linerent account create` makes a new one
    exit 1
    $ account adjust 0000000a 5 --reason why --reference r
    error: account 0000000a is closed
    hint: a closed account cannot be changed or opened again; `linerent account create` makes a new one
    exit 1
    $ rent 0000000a 447700900001
    error: account 0000000a is closed
    hint: a closed account cannot be changed or opened again; `linerent account create` makes a new one
    exit 1
    $ account create Ada --email ada@example.com --key 0000000a
    error: there is already an account 0000000a
    hint: leave `--key` out to get a random key
    exit 1
    ");
});

on_both_engines!(a_debt_is_not_closed, |world| {
    let create = ["account", "create", "Ada", "--email", "ada@example.com", "--key", "0000000a"];
    done(world, &[&create[..], &["--credit-limit", "5"]].concat());
    done(world, &["account", "adjust", "0000000a", "-5", "--reason", "why", "--reference", "r"]);
    let answers = refused(world, &[&["account", "close", "0000000a"]]).await;
    assert_answers!(answers, @r"
    $ account close 0000000a
    error: account 0000000a is not closed, it has
      a balance of -5.00 EUR
    hint: `linerent account adjust 0000000a 5.00 --reason … --reference …` writes the debt off, `top-up` books what was paid
    exit 1
    ");
});
