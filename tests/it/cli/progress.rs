//! What is seen on a terminal while a long work goes on.

use linerent_testkit::World;
use linerent_testkit::terminal::{CTRL_C, on_terminal};

/// Nothing is pressed.
const NO_KEYS: (&str, &str) = ("", "");

on_both_engines!(an_import_shows_how_many_numbers_it_has_stored, |world| {
    let line = |i| format!("447700{i:06},GB,mobile-lvn,SMS,1.00,0,EUR\n");
    let lines: String = (900_000..900_300).map(line).collect();
    let file = format!("msisdn,country,type,features,monthly_price,setup_price,currency\n{lines}");
    std::fs::write(world.folder().join("numbers.csv"), file).expect("a file");
    let seen = on_terminal(world, "number import numbers.csv", NO_KEYS);
    for shown in ["checking numbers", "storing numbers", "of 300"] {
        assert!(seen.has_shown(shown), "{shown} was not shown: {}", seen.at_the_end());
    }
    assert!(seen.at_the_end().ends_with("300 numbers imported\nexit 0"), "{}", seen.at_the_end());
});

on_both_engines!(a_sandbox_that_advances_shows_its_day, |world| {
    let seen = on_terminal(world, "sandbox advance --to 2026-02-03", NO_KEYS);
    assert!(seen.has_shown("advancing, 2026-02-02, day 2 of 3"), "{}", seen.at_the_end());
});

/// As many accounts, each of which is to be sent a receipt.
async fn receipts(world: &mut World, accounts: u32) {
    for i in 1..=accounts {
        let (key, number) = (format!("{i:08x}"), format!("44770090000{i}"));
        world.numbers(&[&number], "1.00").await;
        world.account(&key, "10").await;
        world.rent(&key, &number).await;
    }
    world.sleep_until("2026-02-28").await;
}

on_both_engines!(a_run_counts_the_notices_that_it_delivers, |world| {
    receipts(world, 2).await;
    let seen = on_terminal(world, "run", NO_KEYS);
    assert!(seen.has_shown("running, 2 accounts"), "{}", seen.at_the_end());
    assert!(seen.has_shown("delivering, 2 notices"), "{}", seen.at_the_end());
});

on_both_engines!(an_interrupted_delivery_says_what_still_waits, |world| {
    receipts(world, 4).await;
    std::fs::write(world.folder().join("slow.toml"), "mail.rate_max_per_s = 1\n").expect("a file");
    let keys = ("delivering, 1 notice", CTRL_C);
    let seen = on_terminal(world, "--config slow.toml run", keys).at_the_end();
    let told = seen.lines().rev().nth(1).expect("two lines");
    assert!(told.contains(" still wait"), "{seen}");
    assert!(told.contains(", `linerent notice send` sends "), "{seen}");
});
