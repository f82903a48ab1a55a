//! Prices that cannot be ordered.

use super::refused;

on_both_engines!(what_cannot_be_repriced_changes_nothing, |world| {
    world.account("0000000a", "10").await;
    world.numbers(&["447700900001"], "1").await;
    world.rent("0000000a", "447700900001").await;
    let csv = "msisdn,country,type,features,monthly_price,setup_price,currency\n\
        12025550101,US,landline,SMS,1,0,USD\n12025550102,US,landline,SMS,1,0,EUR\n";
    std::fs::write(world.folder().join("us.csv"), csv).expect("a file");
    assert!(world.linerent(&["number", "import", "us.csv"]).status.success());
    let gb = ["number", "reprice", "--country", "GB", "--type", "mobile-lvn"];
    let us = ["number", "reprice", "--country", "US", "--type", "landline"];
    let with = |of: &[&'static str; 6], rest: &[&'static str]| [&of[..], rest].concat();
    let commands = [
        with(&gb, &["--price", "2", "--effective", "2026-01-30"]),
        with(&gb, &["--price", "2", "--effective", "2026-01-31", "--notice-days", "0"]),
        with(&gb, &["--price", "2", "--effective", "2026-02-28"]),
        with(&gb, &["--price", "-2", "--effective", "2026-03-31"]),
        with(&gb, &["--price", "two", "--effective", "2026-03-31"]),
        with(&gb, &["--price", "2", "--effective", "2026-03-31", "--currency", "USD"]),
        with(&us, &["--price", "2", "--effective", "2026-03-31"]),
        vec![
            "number",
            "reprice",
            "--country",
            "GB",
            "--type",
            "mobile",
            "--price",
            "2",
            "--effective",
            "2026-03-31",
        ],
        vec![
            "number",
            "reprice",
            "--country",
            "FR",
            "--type",
            "landline",
            "--price",
            "2",
            "--effective",
            "2026-03-31",
        ],
    ];
    let commands: Vec<&[&str]> = commands.iter().map(Vec::as_slice).collect();
    assert_answers!(refused(world, &commands).await, @r"
    $ number reprice --country GB --type mobile-lvn --price 2 --effective 2026-01-30
    error: a new price cannot begin on 2026-01-30: today is 2026-01-31, and accounts are told before it
    hint: the first date is 2026-03-02
    exit 1
    $ number reprice --country GB --type mobile-lvn --price 2 --effective 2026-01-31 --notice-days 0
    error: a new price cannot begin on 2026-01-31: today is 2026-01-31, and accounts are told before it
    hint: the first date is 2026-02-01
    exit 1
    $ number reprice --country GB --type mobile-lvn --price 2 --effective 2026-02-28
    error: 2026-02-28 gives less notice than 30 days, the first date is 2026-03-02
    hint: `--notice-days` says how many days there have to be at least
    exit 1
    $ number reprice --country GB --type mobile-lvn --price -2 --effective 2026-03-31
    error: the price -2.00 EUR is negative
    hint: use zero or more
    exit 1
    $ number reprice --country GB --type mobile-lvn --price two --effective 2026-03-31
    error: `two` is not an amount
    hint: write a plain decimal number, for example 12.50
    exit 1
    $ number reprice --country GB --type mobile-lvn --price 2 --effective 2026-03-31 --currency USD
    error: numbers of GB and of the type mobile-lvn are sold in EUR, not in USD
    hint: say which with `--currency`
    exit 1
    $ number reprice --country US --type landline --price 2 --effective 2026-03-31
    error: numbers of US and of the type landline are sold in EUR and in USD
    hint: say which with `--currency`
    exit 1
    $ number reprice --country GB --type mobile --price 2 --effective 2026-03-31
    error: `mobile` is not a type of number
    hint: use landline, mobile-lvn, landline-toll-free or shortcode
    exit 1
    $ number reprice --country FR --type landline --price 2 --effective 2026-03-31
    error: there are no numbers of FR and of the type landline
    hint: `linerent number list` shows what there is
    exit 1
    ");
});
