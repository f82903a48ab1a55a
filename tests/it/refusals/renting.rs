//! Numbers that are not to be had, not to be ended, not to be retired.

use super::{done, refused};
use linerent_testkit::World;

/// Puts one short code on sale that many may rent.
pub async fn shared_code(world: &World) {
    let file = world.folder().join("codes.csv");
    std::fs::write(
        &file,
        "msisdn,country,type,features,monthly_price,setup_price,currency,shared\n\
         4455,GB,shortcode,SMS,1.00,0,EUR,true\n",
    )
    .expect("a file");
    done(world, &["number", "import", &file.display().to_string()]);
}

on_both_engines!(a_number_that_is_not_on_sale_is_not_rented, |world| {
    let numbers = ["447700900001", "447700900002", "447700900003", "447700900004"];
    world.numbers(&numbers, "1.00").await;
    world.account("0000000a", "10").await;
    world.account("0000000b", "10").await;
    world.rent("0000000a", "447700900001").await;
    world.rent("0000000a", "447700900002").await;
    done(world, &["cancel", "447700900002"]);
    done(world, &["number", "retire", "447700900003"]);
    let answers = refused(
        world,
        &[
            &["rent", "0000000b", "447700900001"],
            &["rent", "0000000a", "447700900001"],
            &["rent", "0000000b", "447700900002"],
            &["rent", "0000000b", "447700900003"],
            &["rent", "0000000b", "447700900009"],
            &["rent", "0000000b", "4477009O0004"],
            &["rent", "0000000b", ""],
        ],
    )
    .await;
    assert_answers!(answers, @r#"
    $ rent 0000000b 447700900001
    error: 447700900001 is rented
    hint: `linerent number search` shows what is on sale
    exit 1
    $ rent 0000000a 447700900001
    error: account 0000000a rents 447700900001 already
    hint: `linerent number search` shows what is on sale
    exit 1
    $ rent 0000000b 447700900002
    error: 447700900002 is held for its last renter until 2026-05-01
    hint: `linerent number search` shows what is on sale
    exit 1
    $ rent 0000000b 447700900003
    error: 447700900003 is retired
    hint: `linerent number search` shows what is on sale
    exit 1
    $ rent 0000000b 447700900009
    error: there is no number 447700900009 in the inventory
    hint: `linerent number search` shows what is on sale
    exit 1
    $ rent 0000000b 4477009O0004
    error: `4477009O0004` is not a phone number
    hint: write E.164 without `+`, for example 447700900001, or a short code of 3 to 8 digits
    exit 1
    $ rent 0000000b ""
    error: `` is not a phone number
    hint: write E.164 without `+`, for example 447700900001, or a short code of 3 to 8 digits
    exit 1
    "#);
});

on_both_engines!(a_held_number_is_rented_by_its_last_renter_alone, |world| {
    world.numbers(&["447700900001"], "1.00").await;
    world.account("0000000a", "10").await;
    world.account("0000000b", "10").await;
    world.rent("0000000a", "447700900001").await;
    done(world, &["cancel", "447700900001"]);
    world.advance("2026-04-30").await;
    refused(world, &[&["rent", "0000000b", "447700900001"]]).await;
    world.sleep_until("2026-05-01").await;
    done(world, &["rent", "0000000b", "447700900001"]);
});

on_both_engines!(a_number_of_another_currency_is_not_rented, |world| {
    world.numbers(&["447700900001"], "1.00").await;
    let create = ["account", "create", "Ada", "--email", "ada@example.com", "--key", "0000000a"];
    done(world, &[&create[..], &["--currency", "USD"]].concat());
    world.top_up("0000000a", "10", "opening").await;
    let answers = refused(world, &[&["rent", "0000000a", "447700900001"]]).await;
    assert_answers!(answers, @r"
    $ rent 0000000a 447700900001
    error: 447700900001 is sold in EUR, and account 0000000a pays in USD
    hint: `linerent number search` shows what is on sale
    exit 1
    ");
});

on_both_engines!(renting_takes_the_setup_price_and_the_first_period, |world| {
    let file = world.folder().join("numbers.csv");
    std::fs::write(
        &file,
        "msisdn,country,type,features,monthly_price,setup_price,currency\n\
         447700900001,GB,mobile-lvn,SMS,2.00,0.50,EUR\n",
    )
    .expect("a file");
    done(world, &["number", "import", &file.display().to_string()]);
    world.account("0000000a", "2.499999").await;
    let rent: &[&str] = &["rent", "0000000a", "447700900001"];
    let refusal = refused(world, &[rent]).await;
    world.top_up("0000000a", "0.000001", "the rest").await;
    let rental = done(world, rent);
    assert_eq!(world.balance("0000000a").await, "0.00");
    assert_answers!(format!("{refusal}\n{rental}"), @r"
    $ rent 0000000a 447700900001
    error: the balance does not cover it: 2.50 EUR is needed, 2.499999 EUR is available
    hint: top the account up, or raise its balance by an adjustment
    exit 1
    number          447700900001
    account         0000000a
    started on      2026-01-31
    renews on       2026-02-28
    monthly price   2.00 EUR
    status          active
    ");
});

on_both_engines!(what_is_searched_for_has_to_exist, |world| {
    world.numbers(&["447700900001"], "1.00").await;
    let search = ["number", "search", "--country", "GB"];
    let answers = refused(
        world,
        &[
            &["number", "search", "--country", "GBR"],
            &[&search[..], &["--type", "mobile"]].concat(),
            &[&search[..], &["--features", "S%S"]].concat(),
            &[&search[..], &["--pattern", "4%"]].concat(),
            &[&search[..], &["--page", "0"]].concat(),
            &[&search[..], &["--size", "1001"]].concat(),
            &["number", "list", "--status", "sold"],
            &["subscription", "list", "--status", "over"],
        ],
    )
    .await;
    assert_answers!(answers, @r"
    $ number search --country GBR
    error: `GBR` is not a country
    hint: use the two letters of ISO 3166, for example GB
    exit 1
    $ number search --country GB --type mobile
    error: `mobile` is not a type of number
    hint: use landline, mobile-lvn, landline-toll-free or shortcode
    exit 1
    $ number search --country GB --features S%S
    error: `S%S` is not a feature
    hint: use words such as SMS, VOICE, MMS
    exit 1
    $ number search --country GB --pattern 4%
    error: the pattern `4%` contains characters other than digits
    exit 1
    $ number search --country GB --page 0
    error: pages are counted from 1, and have 1 to 1000 numbers
    exit 1
    $ number search --country GB --size 1001
    error: pages are counted from 1, and have 1 to 1000 numbers
    exit 1
    $ number list --status sold
    error: `sold` is not a status of a number
    hint: use available, rented, held, retired
    exit 1
    $ subscription list --status over
    error: `over` is not a status of a subscription
    hint: use active, past_due, ended
    exit 1
    ");
});

on_both_engines!(the_ways_of_renting_exclude_each_other, |world| {
    let any = ["rent", "0000000a", "--any", "--country", "GB"];
    let answers = refused(
        world,
        &[
            &["rent"],
            &["rent", "0000000a"],
            &["rent", "0000000a", "447700900001", "--any", "--country", "GB", "--count", "1"],
            &["rent", "0000000a", "447700900001", "--file", "rentals.csv"],
            &[&any[..], &["--count", "1", "--file", "rentals.csv"]].concat(),
            &any,
            &["rent", "0000000a", "447700900001", "--country", "GB"],
            &["cancel", "447700900001", "--file", "ending.csv"],
            &["cancel", "447700900001", "--keep", "--at-period-end"],
            &["rent", "--file", "nowhere.csv"],
        ],
    )
    .await;
    assert_answers!(answers, @r"
    $ rent
    error: the following required arguments were not provided:
      <KEY>
      <MSISDN>
    Usage: linerent rent [OPTIONS] <KEY> <MSISDN>
           linerent rent [OPTIONS] <KEY> --any --country <COUNTRY> --count <N>
           linerent rent [OPTIONS] --file <FILE>
    For more information, try '--help'.
    exit 2
    $ rent 0000000a
    error: the following required arguments were not provided:
      <MSISDN>
    Usage: linerent rent [OPTIONS] <KEY> <MSISDN>
           linerent rent [OPTIONS] <KEY> --any --country <COUNTRY> --count <N>
           linerent rent [OPTIONS] --file <FILE>
    For more information, try '--help'.
    exit 2
    $ rent 0000000a 447700900001 --any --country GB --count 1
    error: the argument '[MSISDN]' cannot be used with '--any'
    Usage: linerent rent [OPTIONS] <KEY> <MSISDN>
           linerent rent [OPTIONS] <KEY> --any --country <COUNTRY> --count <N>
           linerent rent [OPTIONS] --file <FILE>
    For more information, try '--help'.
    exit 2
    $ rent 0000000a 447700900001 --file rentals.csv
    error: the argument '[KEY]' cannot be used with '--file <FILE>'
    Usage: linerent rent [OPTIONS] <KEY> <MSISDN>
           linerent rent [OPTIONS] <KEY> --any --country <COUNTRY> --count <N>
           linerent rent [OPTIONS] --file <FILE>
    For more information, try '--help'.
    exit 2
    $ rent 0000000a --any --country GB --count 1 --file rentals.csv
    error: the argument '[KEY]' cannot be used with '--file <FILE>'
    Usage: linerent rent [OPTIONS] <KEY> <MSISDN>
           linerent rent [OPTIONS] <KEY> --any --country <COUNTRY> --count <N>
           linerent rent [OPTIONS] --file <FILE>
    For more information, try '--help'.
    exit 2
    $ rent 0000000a --any --country GB
    error: the following required arguments were not provided:
      --count <N>
    Usage: linerent rent [OPTIONS] <KEY> <MSISDN>
           linerent rent [OPTIONS] <KEY> --any --country <COUNTRY> --count <N>
           linerent rent [OPTIONS] --file <FILE>
    For more information, try '--help'.
    exit 2
    $ rent 0000000a 447700900001 --country GB
    error: the following required arguments were not provided:
      --count <N>
      --any
    Usage: linerent rent [OPTIONS] <KEY> <MSISDN>
           linerent rent [OPTIONS] <KEY> --any --country <COUNTRY> --count <N>
           linerent rent [OPTIONS] --file <FILE>
    For more information, try '--help'.
    exit 2
    $ cancel 447700900001 --file ending.csv
    error: the argument '[MSISDN]' cannot be used with '--file <FILE>'
    Usage: linerent cancel [OPTIONS] <MSISDN>
           linerent cancel [OPTIONS] --file <FILE>
    For more information, try '--help'.
    exit 2
    $ cancel 447700900001 --keep --at-period-end
    error: the argument '--keep' cannot be used with '--at-period-end'
    Usage: linerent cancel [OPTIONS] <MSISDN>
           linerent cancel [OPTIONS] --file <FILE>
    For more information, try '--help'.
    exit 2
    $ rent --file nowhere.csv
    error: opening nowhere.csv: No such file or directory
    hint: check the path
    exit 2
    ");
});

on_both_engines!(more_than_there_are_or_than_is_paid_for_is_not_rented, |world| {
    world.numbers(&["447700900001", "447700900002", "447700900003"], "2.00").await;
    world.account("0000000a", "5").await;
    let any = ["rent", "0000000a", "--any", "--country", "GB", "--count"];
    let answers = refused(
        world,
        &[
            &[&any[..], &["4"]].concat(),
            &[&any[..], &["2", "--pattern", "3", "--match", "ends"]].concat(),
            &[&any[..], &["3"]].concat(),
            &[&any[..], &["0"]].concat(),
            &[&any[..], &["1001"]].concat(),
            &[&any[..], &["4", "--dry-run"]].concat(),
            &["rent", "0000000b", "--any", "--country", "GB", "--count", "1"],
            &["rent", "0000000a", "--any", "--country", "UK", "--count", "1"],
        ],
    )
    .await;
    assert_answers!(answers, @r"
    $ rent 0000000a --any --country GB --count 4
    error: there are 3 such numbers on sale in EUR, and 4 are asked for: nothing was rented
    hint: ask for fewer numbers, or fewer features; `linerent number search` shows what is on sale
    exit 1
    $ rent 0000000a --any --country GB --count 2 --pattern 3 --match ends
    error: there is 1 such number on sale in EUR, and 2 are asked for: nothing was rented
    hint: ask for fewer numbers, or fewer features; `linerent number search` shows what is on sale
    exit 1
    $ rent 0000000a --any --country GB --count 3
    error: the balance does not cover it: 6.00 EUR is needed, 5.00 EUR is available
    hint: top the account up, or raise its balance by an adjustment
    exit 1
    $ rent 0000000a --any --country GB --count 0
    error: 0 numbers cannot be rented at once
    hint: ask for 1 to 1000
    exit 1
    $ rent 0000000a --any --country GB --count 1001
    error: 1001 numbers cannot be rented at once
    hint: ask for 1 to 1000
    exit 1
    $ rent 0000000a --any --country GB --count 4 --dry-run
    error: there are 3 such numbers on sale in EUR, and 4 are asked for: nothing was rented
    hint: ask for fewer numbers, or fewer features; `linerent number search` shows what is on sale
    exit 1
    $ rent 0000000b --any --country GB --count 1
    error: there is no account 0000000b
    hint: `linerent account list` lists all accounts
    exit 1
    $ rent 0000000a --any --country UK --count 1
    error: `UK` is not a country
    hint: use the two letters of ISO 3166, for example GB
    exit 1
    ");
});
