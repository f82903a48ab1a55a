//! Days that cannot be foretold, and accounts that are not there.

use super::{done, refused};

on_both_engines!(a_forecast_of_what_is_not_there, |world| {
    world.account("0000000a", "0").await;
    done(world, &["account", "close", "0000000a"]);
    let answers = refused(
        world,
        &[
            &["forecast", "--days", "0"],
            &["forecast", "--days", "367"],
            &["forecast", "--days", "100000", "--csv"],
            &["forecast", "--days", "soon"],
            &["forecast", "--days", "4294967296"],
            &["forecast", "--account", "0000000f"],
            &["forecast", "--account", "Analytical Engines"],
            &["forecast", "--account", "0000000a"],
            &["forecast", "--csv", "--json"],
        ],
    )
    .await;
    assert_answers!(answers, @r#"
    $ forecast --days 0
    error: the number of days is 0
    hint: use 1 to 366
    exit 1
    $ forecast --days 367
    error: the number of days is 367
    hint: use 1 to 366
    exit 1
    $ forecast --days 100000 --csv
    error: the number of days is 100000
    hint: use 1 to 366
    exit 1
    $ forecast --days soon
    error: invalid value 'soon' for '--days <N>': invalid digit found in string
    For more information, try '--help'.
    exit 2
    $ forecast --days 4294967296
    error: invalid value '4294967296' for '--days <N>': 4294967296 is not in 0..=4294967295
    For more information, try '--help'.
    exit 2
    $ forecast --account 0000000f
    error: there is no account 0000000f
    hint: `linerent account list` lists all accounts
    exit 1
    $ forecast --account "Analytical Engines"
    error: `Analytical Engines` is not an account key
    hint: a key is 8 hexadecimal characters, for example 1f3a90c2
    exit 1
    $ forecast --account 0000000a
    error: account 0000000a is closed
    hint: a closed account cannot be changed or opened again; `linerent account create` makes a new one
    exit 1
    $ forecast --csv --json
    error: the argument '--csv' cannot be used with '--json'
    Usage: linerent forecast --csv
    For more information, try '--help'.
    exit 2
    "#);
});
