//! Files of numbers: all of one or nothing.

use std::io::Write as _;

use super::{done, refused};
use linerent_testkit::World;

const HEADING: &str = "msisdn,country,type,features,monthly_price,setup_price,currency";

/// The answer to importing `content`.
async fn import(world: &World, content: impl AsRef<[u8]>) -> String {
    std::fs::write(world.folder().join("numbers.csv"), content).expect("a file");
    refused(world, &[&["number", "import", "numbers.csv"]]).await
}

on_both_engines!(every_bad_line_is_named_and_no_good_one_imported, |world| {
    world.numbers(&["447700900100"], "1.00").await;
    let lines = [
        HEADING,
        "447700900001,GB,mobile-lvn,SMS,1,0,EUR",
        "447700900001,GB,mobile-lvn,SMS,1,0,EUR",
        "447700900100,GB,mobile-lvn,SMS,1,0,EUR",
        "",
        "4477O0900002,GB,mobile-lvn,SMS,1,0,EUR",
        "447700900003,GBR,mobile-lvn,SMS,1,0,EUR",
        "447700900004,GB,mobile,SMS,1,0,EUR",
        "447700900005,GB,mobile-lvn,S?S,1,0,EUR",
        "447700900006,GB,mobile-lvn,SMS,1.0000001,0,EUR",
        "447700900007,GB,mobile-lvn,SMS,,0,EUR",
        "447700900008,GB,mobile-lvn,SMS,1,-1,EUR",
        "447700900009,GB,mobile-lvn,SMS,1,0,EURO",
        "447700900010,GB,mobile-lvn,SMS",
        "447700900011,GB,shortcode,SMS,1,0,EUR",
        "1234,GB,landline,VOICE,1,0,EUR",
        "447700900012,GB,mobile-lvn,\"SMS,VOICE\",1,0,EUR",
    ];
    assert_answers!(import(world, lines.join("\n")).await, @r"
    $ number import numbers.csv
    error: nothing was imported: 13 errors
    line 3: 447700900001 is on line 2 already
    line 4: 447700900100 is in the inventory already
    line 6: `4477O0900002` is not a phone number
    line 7: `GBR` is not a country
    line 8: `mobile` is not a type of number
    line 9: `S?S` is not a feature
    line 10: `1.0000001` has more than 6 decimals
    line 11: `` is not an amount
    line 12: the price `-1` is negative
    line 13: `EURO` is not a currency
    line 14: it has 4 columns, the heading has 7
    line 15: `447700900011` cannot be a shortcode
    line 16: `1234` cannot be a landline
    exit 1
    ");
});

on_both_engines!(a_line_that_is_no_text_is_named, |world| {
    let mut content = format!("{HEADING}\n447700900001,GB,mobile-lvn,").into_bytes();
    content.extend(b"\xff\xfe,1,0,EUR\n447700900002,GB,mobile-lvn,SMS,1,0,EUR\n");
    assert_answers!(import(world, content).await, @r"
    $ number import numbers.csv
    error: nothing was imported: 1 error
    line 2: it is not UTF-8
    exit 1
    ");
});

on_both_engines!(a_wrong_heading_is_told_once, |world| {
    let line = "\n447700900001,GB,mobile-lvn,SMS,1,0,EUR".repeat(1_000);
    let missing = import(world, HEADING.replace(",currency", "") + &line).await;
    let unknown = import(world, HEADING.replace("currency", "curency") + &line).await;
    let twice = import(world, format!("{HEADING},msisdn{line}")).await;
    let another = import(world, HEADING.replace(',', ";") + &line).await;
    let none = import(world, line.trim_start()).await;
    let no_text = import(world, [b"\xff\xfe", HEADING.as_bytes()].concat()).await;
    assert_answers!([missing, unknown, twice, another, none, no_text].join("\n"), @r"
    $ number import numbers.csv
    error: nothing was imported: the heading is wrong: `currency` is missing
    hint: the columns are msisdn,country,type,features,monthly_price,setup_price,currency[,shared], separated by commas
    exit 1
    $ number import numbers.csv
    error: nothing was imported: the heading is wrong: `currency` is missing, `curency` is unknown
    hint: the columns are msisdn,country,type,features,monthly_price,setup_price,currency[,shared], separated by commas
    exit 1
    $ number import numbers.csv
    error: nothing was imported: the heading is wrong: `msisdn` is there more than once
    hint: the columns are msisdn,country,type,features,monthly_price,setup_price,currency[,shared], separated by commas
    exit 1
    $ number import numbers.csv
    error: nothing was imported: the heading is wrong: it names no columns
    hint: the columns are msisdn,country,type,features,monthly_price,setup_price,currency[,shared], separated by commas
    exit 1
    $ number import numbers.csv
    error: nothing was imported: the heading is wrong: it names no columns
    hint: the columns are msisdn,country,type,features,monthly_price,setup_price,currency[,shared], separated by commas
    exit 1
    $ number import numbers.csv
    error: nothing was imported: the heading is wrong: it is not UTF-8
    hint: the columns are msisdn,country,type,features,monthly_price,setup_price,currency[,shared], separated by commas
    exit 1
    ");
});

on_both_engines!(a_file_without_numbers_is_refused, |world| {
    let empty = import(world, "").await;
    let heading_only = import(world, format!("{HEADING}\n")).await;
    assert_answers!([empty, heading_only].join("\n"), @r"
    $ number import numbers.csv
    error: the file has no numbers
    hint: the columns are msisdn,country,type,features,monthly_price,setup_price,currency[,shared], separated by commas
    exit 1
    $ number import numbers.csv
    error: the file has no numbers
    hint: the columns are msisdn,country,type,features,monthly_price,setup_price,currency[,shared], separated by commas
    exit 1
    ");
});

on_both_engines!(only_a_short_code_is_shared, |world| {
    let lines = [
        &format!("{HEADING},shared"),
        "441632960001,GB,landline,VOICE,1,0,EUR,true",
        "4455,GB,shortcode,SMS,1,0,EUR,perhaps",
        "4456,GB,shortcode,SMS,1,0,EUR,true",
    ];
    assert_answers!(import(world, lines.join("\n")).await, @r"
    $ number import numbers.csv
    error: nothing was imported: 2 errors
    line 2: only a short code can be shared
    line 3: `perhaps` in `shared` is neither true nor false
    exit 1
    ");
});

on_both_engines!(errors_without_end_are_counted, |world| {
    let content = format!("{HEADING}{}", "\nx,GB,mobile-lvn,SMS,1,0,EUR".repeat(100_000));
    let answer = import(world, content).await;
    let lines: Vec<_> = answer.lines().collect();
    assert_eq!(lines.len(), 54, "{answer}");
    assert_eq!(lines[1], "error: nothing was imported: 100000 errors");
    assert_eq!(lines[2], "line 2: `x` is not a phone number");
    assert_eq!(lines[52..], ["and 99950 more", "exit 1"]);
});

on_both_engines!(what_cannot_be_read_is_not_imported, |world| {
    let answers = refused(
        world,
        &[&["number", "import", "nowhere.csv"], &["number", "import", "."], &["number", "import"]],
    )
    .await;
    assert_answers!(answers, @r"
    $ number import nowhere.csv
    error: opening nowhere.csv: No such file or directory
    hint: check the path
    exit 2
    $ number import .
    error: reading the file: Is a directory
    hint: this is a folder: name a file in it
    exit 2
    $ number import
    error: the following required arguments were not provided:
      <FILE>
    Usage: linerent number import <FILE>
    For more information, try '--help'.
    exit 2
    ");
});

on_both_engines!(a_hundred_thousand_numbers_are_imported, |world| {
    let file = std::fs::File::create(world.folder().join("numbers.csv")).expect("a file");
    let mut file = std::io::BufWriter::new(file);
    writeln!(file, "{HEADING}").expect("a heading");
    for index in 0..100_000 {
        writeln!(file, "4477{index:08},GB,mobile-lvn,\"SMS,VOICE\",1.25,0,EUR").expect("a line");
    }
    file.flush().expect("a whole file");
    let said = done(world, &["number", "import", "numbers.csv"]);
    assert_eq!(said, "100000 numbers imported\n");
    assert_eq!(world.app.store.count_numbers().await.expect("a count"), 100_000);
});

on_both_engines!(a_number_of_another_country_is_refused, |world| {
    let lines = [
        HEADING,
        "447400123456,US,mobile-lvn,SMS,1,0,EUR",
        "12015550123,CA,landline,VOICE,1,0,EUR",
        "441534456789,GB,landline,VOICE,1,0,EUR",
        "210123456789,GB,landline,VOICE,1,0,EUR",
        "80012345678,US,landline-toll-free,VOICE,1,0,EUR",
        "447400123456,UK,mobile-lvn,SMS,1,0,EUR",
        "447400123457,XX,mobile-lvn,SMS,1,0,EUR",
        "+44 7400 123458,GB,mobile-lvn,SMS,1,0,EUR",
    ];
    assert_answers!(import(world, lines.join("\n")).await, @r"
    $ number import numbers.csv
    error: nothing was imported: 7 errors
    line 2: `447400123456` has the calling code 44 (GB, GG, IM, JE), but that of US is 1; correct the country or the number
    line 3: `12015550123` is a number of US, not of CA
    line 4: `441534456789` is a number of JE, not of GB
    line 5: `210123456789` does not begin with the calling code of a country; write the number in international format
    line 6: `80012345678` has the calling code 800 (no country), but that of US is 1; correct the country or the number
    line 7: `UK` is not a country
    line 8: `XX` is not a country
    exit 1
    ");
});

on_both_engines!(what_is_improbable_is_imported_with_a_warning, |world| {
    let mut lines = vec![
        HEADING.to_owned(),
        "+44 7400 123458,GB,mobile-lvn,SMS,1,0,EUR".to_owned(),
        "447700900001,GB,mobile-lvn,SMS,1,0,EUR".to_owned(),
        "44740012345,GB,mobile-lvn,SMS,1,0,EUR".to_owned(),
        "672112345,AQ,landline,VOICE,1,0,EUR".to_owned(),
        "98975,US,shortcode,SMS,1,0,EUR".to_owned(),
    ];
    std::fs::write(world.folder().join("numbers.csv"), lines.join("\n")).expect("a file");
    let output = world.linerent(&["--json", "number", "import", "numbers.csv"]);
    assert!(output.status.success(), "{output:?}");
    assert_answers!(String::from_utf8_lossy(&output.stdout), @r#"
    {
      "imported": 5,
      "warnings": [
        {
          "line": 3,
          "msisdn": "447700900001",
          "warning": "the numbering plan of GB does not have this number"
        },
        {
          "line": 4,
          "msisdn": "44740012345",
          "warning": "the numbering plan of GB does not have this number"
        },
        {
          "line": 5,
          "msisdn": "672112345",
          "warning": "no numbering plan is known for AQ"
        }
      ]
    }
    "#);
    assert_answers!(String::from_utf8_lossy(&output.stderr), @r"
    3 warnings: these numbers are not in the numbering plan of their country
    line 3: 447700900001: the numbering plan of GB does not have this number
    line 4: 44740012345: the numbering plan of GB does not have this number
    line 5: 672112345: no numbering plan is known for AQ
    ");
    assert_eq!(world.number("447400123458").await.number.msisdn, "447400123458");

    lines.truncate(1);
    lines.extend((100..112).map(|it| format!("447700900{it},GB,mobile-lvn,SMS,1,0,EUR")));
    std::fs::write(world.folder().join("numbers.csv"), lines.join("\n")).expect("a file");
    let output = world.linerent(&["number", "import", "numbers.csv"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "12 numbers imported\n");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(said.lines().count(), 12, "{said}");
    assert!(said.ends_with("and 2 more; `--json` lists them all\n"), "{said}");
});
