//! Cancelling, keeping and retiring.

use super::renting::shared_code;
use super::{done, refused};

on_both_engines!(a_rental_that_is_not_there_is_not_cancelled, |world| {
    world.numbers(&["447700900001", "447700900002"], "1.00").await;
    world.account("0000000a", "10").await;
    world.account("0000000b", "10").await;
    world.rent("0000000a", "447700900001").await;
    world.rent("0000000a", "447700900002").await;
    done(world, &["cancel", "447700900002"]);
    let answers = refused(
        world,
        &[
            &["cancel", "447700900001", "--account", "0000000b"],
            &["cancel", "447700900002"],
            &["cancel", "447700900002", "--at-period-end"],
            &["cancel", "447700900009"],
        ],
    )
    .await;
    assert_answers!(answers, @r"
    $ cancel 447700900001 --account 0000000b
    error: account 0000000b does not rent 447700900001
    hint: `linerent subscription list --account 0000000b` shows what it rents
    exit 1
    $ cancel 447700900002
    error: 447700900002 is not rented by any account
    hint: `linerent number show 447700900002` shows its status
    exit 1
    $ cancel 447700900002 --at-period-end
    error: 447700900002 is not rented by any account
    hint: `linerent number show 447700900002` shows its status
    exit 1
    $ cancel 447700900009
    error: there is no number 447700900009 in the inventory
    hint: `linerent number search` shows what is on sale
    exit 1
    ");
});

on_both_engines!(whose_rental_of_a_shared_code_ends_has_to_be_said, |world| {
    shared_code(world).await;
    for key in ["0000000a", "0000000b", "0000000c"] {
        world.account(key, "10").await;
    }
    world.rent("0000000a", "4455").await;
    world.rent("0000000b", "4455").await;
    let answers = refused(
        world,
        &[
            &["cancel", "4455"],
            &["cancel", "4455", "--account", "0000000c"],
            &["rent", "0000000a", "4455"],
        ],
    )
    .await;
    assert_answers!(answers, @r"
    $ cancel 4455
    error: 2 accounts rent 4455
    hint: name the account of the rental with `--account KEY`
    exit 1
    $ cancel 4455 --account 0000000c
    error: account 0000000c does not rent 4455
    hint: `linerent subscription list --account 0000000c` shows what it rents
    exit 1
    $ rent 0000000a 4455
    error: account 0000000a rents 4455 already
    hint: `linerent number search` shows what is on sale
    exit 1
    ");
    done(world, &["cancel", "4455", "--account", "0000000b"]);
    done(world, &["cancel", "4455"]);
});

on_both_engines!(a_number_is_retired_once_and_not_while_it_is_rented, |world| {
    world.numbers(&["447700900001", "447700900002"], "1.00").await;
    world.account("0000000a", "10").await;
    world.rent("0000000a", "447700900001").await;
    done(world, &["number", "retire", "447700900002"]);
    let answers = refused(
        world,
        &[
            &["number", "retire", "447700900001"],
            &["number", "retire", "447700900002"],
            &["number", "retire", "447700900009"],
            &["number", "show", "447700900009"],
            &["number", "show", "12"],
        ],
    )
    .await;
    assert_answers!(answers, @r"
    $ number retire 447700900001
    error: 447700900001 is rented
    hint: `linerent cancel 447700900001` ends the rental
    exit 1
    $ number retire 447700900002
    error: 447700900002 is retired already
    exit 1
    $ number retire 447700900009
    error: there is no number 447700900009 in the inventory
    hint: `linerent number search` shows what is on sale
    exit 1
    $ number show 447700900009
    error: there is no number 447700900009 in the inventory
    hint: `linerent number search` shows what is on sale
    exit 1
    $ number show 12
    error: `12` is not a phone number
    hint: write E.164 without `+`, for example 447700900001, or a short code of 3 to 8 digits
    exit 1
    ");
});

on_both_engines!(what_is_not_to_end_is_not_kept, |world| {
    world.numbers(&["447700900001", "447700900002"], "2.00").await;
    world.account("0000000a", "10").await;
    world.rent("0000000a", "447700900001").await;
    world.rent("0000000a", "447700900002").await;
    done(world, &["cancel", "447700900002"]);
    let answers = refused(
        world,
        &[
            &["cancel", "447700900001", "--keep"],
            &["cancel", "447700900002", "--keep"],
            &["cancel", "447700900009", "--keep"],
        ],
    )
    .await;
    assert_answers!(answers, @r"
    $ cancel 447700900001 --keep
    error: the rental of 447700900001 by 0000000a is not cancelled
    hint: there is nothing to take back
    exit 1
    $ cancel 447700900002 --keep
    error: 447700900002 is not rented by any account
    hint: `linerent number show 447700900002` shows its status
    exit 1
    $ cancel 447700900009 --keep
    error: there is no number 447700900009 in the inventory
    hint: `linerent number search` shows what is on sale
    exit 1
    ");
    done(world, &["cancel", "447700900001", "--at-period-end"]);
    let kept = done(world, &["cancel", "447700900001", "--keep"]);
    assert_answers!(kept, @r"
    number          447700900001
    account         0000000a
    started on      2026-01-31
    renews on       2026-02-28
    monthly price   2.00 EUR
    status          active
    ");
});
