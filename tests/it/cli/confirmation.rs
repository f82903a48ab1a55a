//! What is asked before something is ended, on a terminal.

use linerent_testkit::World;
use linerent_testkit::terminal::{CTRL_C, CTRL_D, on_terminal};

/// What is seen of a command where its question, if it asks one, is answered by these keys.
fn answered(world: &World, command: &str, keys: &str) -> String {
    on_terminal(world, command, ("[y/N] ", keys)).at_the_end()
}

async fn a_rental(world: &World) {
    world.numbers(&["447700900001", "447700900002"], "1.00").await;
    world.account("0000000a", "10").await;
    world.rent("0000000a", "447700900001").await;
}

const REPRICE: &str =
    "number reprice --country GB --type mobile-lvn --price 1.10 --effective 2026-03-15";

on_both_engines!(the_first_interrupt_ends_a_question, |world| {
    a_rental(world).await;
    std::fs::write(world.folder().join("lines.csv"), "msisdn\n447700900001\n").expect("a file");
    world.account("0000000b", "0").await;
    let before = world.dump().await;
    let commands = [
        REPRICE,
        "number retire 447700900002",
        "cancel 447700900001",
        "cancel --file lines.csv",
        "account close 0000000b",
    ];
    for command in commands {
        let seen = answered(world, command, CTRL_C);
        assert!(seen.contains("[y/N]") && seen.ends_with("exit 130"), "{command}: {seen}");
    }
    assert_eq!(world.dump().await, before);
});

on_both_engines!(no_answer_is_a_no_on_a_line_of_its_own, |world| {
    a_rental(world).await;
    let before = world.dump().await;
    insta::allow_duplicates! { insta::assert_snapshot!(answered(world, REPRICE, CTRL_D), @r"
    Change the price of 2 numbers and 1 subscription, and tell 1 account? [y/N]
    error: not confirmed, nothing was changed
    exit 1
    ") }
    assert_eq!(world.dump().await, before);
});

on_both_engines!(a_number_that_cannot_be_retired_is_not_asked_about, |world| {
    a_rental(world).await;
    let ask = |number: &str, keys| answered(world, &format!("number retire {number}"), keys);
    insta::allow_duplicates! {
        insta::assert_snapshot!(ask("447700900001", "y\n"), @r"
        error: 447700900001 is rented
        hint: `linerent cancel 447700900001` ends the rental
        exit 1
        ");
        insta::assert_snapshot!(ask("447700900009", "y\n"), @r"
        error: there is no number 447700900009 in the inventory
        hint: `linerent number search` shows what is on sale
        exit 1
        ");
        insta::assert_snapshot!(ask("447700900002", "n\n"), @r"
        Withdraw 447700900002 from sale? This cannot be undone [y/N] n
        error: not confirmed, nothing was changed
        exit 1
        ");
    }
    ask("447700900002", "y\n");
    assert_eq!(world.number("447700900002").await.status, "retired");
});
