//! Texts that act on a screen or a spreadsheet, and files that are too large.

use std::process::Output;

use super::{answer, done, refused};
use linerent_testkit::terminal::on_terminal;
use linerent_testkit::{Engine, World};

/// Clears the screen, by both forms of the control sequence; changes the direction of the text; ends the line.
const HOSTILE: &str = "x\u{1b}[2J\u{9b}2J\u{202e}\u{2028}y";

/// Whether everything that was printed is harmless on a terminal.
fn is_harmless(output: &Output) -> bool {
    let all = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    let all = String::from_utf8(all).expect("text");
    !all.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\u{2028}', '\u{7}'])
}

on_both_engines!(a_name_that_acts_on_a_screen_is_refused, |world| {
    world.account("0000000a", "5").await;
    let create = |name| ["account", "create", name, "--email", "eve@example.com"];
    let commands: &[&[&str]] = &[
        &create("Ev\u{1b}[2Je"),
        &create("Ev\u{202e}e"),
        &create("Ev\u{2028}e"),
        &create("\u{200d}\u{3164}"),
        &["account", "update", "0000000a", "--name", "\u{200b}"],
        &["account", "top-up", "0000000a", "5", "--reference", "r\u{9b}31m"],
        &["account", "refund", "0000000a", "5", "--reference", "r", "--reason", "\u{2066}x"],
    ];
    let answers = refused(world, commands).await;
    let errors: Vec<_> = answers.lines().filter(|line| line.starts_with("error")).collect();
    assert_answers!(errors.join("\n"), @r"
    error: the name contains U+001B (escape) at character 3
    error: the name contains U+202E (direction of text) at character 3
    error: the name contains U+2028 (line separator) at character 3
    error: the name contains no visible character
    error: the name contains U+200B (zero width space) at character 1
    error: the reference contains U+009B (control character) at character 2
    error: the reason contains U+2066 (direction of text) at character 1
    ");
});

on_both_engines!(stored_texts_are_harmless_on_every_screen, |world| {
    world.account("0000000a", "5").await;
    world.execute_sql(&format!("UPDATE accounts SET name = '{HOSTILE}'")).await;
    let shown = [
        &["account", "list"][..],
        &["account", "show", "0000000a"],
        &["--json", "account", "list"],
        &["--json", "account", "show", "0000000a"],
    ]
    .map(|command| world.linerent(command));
    for output in &shown {
        assert!(is_harmless(output), "{output:?}");
    }
    let table = String::from_utf8_lossy(&shown[0].stdout).into_owned();
    assert!(table.contains(r"x\u{1b}[2J\u{9b}2J\u{202e}\u{2028}y"), "{table}");
    let json: serde_json::Value = serde_json::from_slice(&shown[2].stdout).expect("JSON");
    assert_eq!(json[0]["name"], HOSTILE, "JSON has the value itself");
});

#[tokio::test]
async fn a_refused_argument_is_harmless_on_a_terminal() {
    let world = World::new(Engine::Sqlite).await;
    let quoted = "\"$(printf '2026\\033[2J\\302\\2332J')\"";
    let command = format!("subscription list --due-by {quoted}");
    let seen = on_terminal(&world, &command, ("never", ""));
    assert!(!seen.has_shown("\u{1b}[2J") && !seen.has_shown("\u{9b}"), "{}", seen.at_the_end());
    assert!(seen.has_shown(r"2026\u{1b}[2J\u{9b}2J"), "{}", seen.at_the_end());
    world.end().await;
}

#[tokio::test]
async fn refused_values_are_harmless_and_short() {
    let world = World::new(Engine::Sqlite).await;
    let long = "9".repeat(100_000);
    std::fs::write(world.folder().join("rent.csv"), format!("account,msisdn\n{HOSTILE},{long}\n"))
        .expect("a file");
    std::fs::write(world.folder().join("wrong.toml"), format!("[run]\nworkers = \"{long}\"\n"))
        .expect("a file");
    for command in [
        &["account", "show", HOSTILE][..],
        &["account", "top-up", "0000000a", &long, "--reference", "r"],
        &["account", "show", &long],
        &["number", "search", "--country", HOSTILE],
        &["number", "search", "--country", "GB", "--pattern", HOSTILE],
        &["subscription", "list", "--due-by", &long],
        &["subscription", "list", "--status", HOSTILE],
        &[HOSTILE],
        &["rent", "--file", "rent.csv"],
        &["--config", "wrong.toml", "account", "list"],
        &["account", "create", "Ada", "--email", HOSTILE],
        &["notice", "show", HOSTILE],
        &["reload", "show", HOSTILE],
    ] {
        let output = world.linerent(command);
        assert!(!output.status.success(), "{command:?}");
        assert!(is_harmless(&output), "{command:?}: {output:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.chars().count() < 1_000, "{} characters: {said}", said.chars().count());
    }
    world.end().await;
}

#[tokio::test]
async fn a_reference_is_not_a_formula_in_a_spreadsheet() {
    let world = World::new(Engine::Sqlite).await;
    world.account("0000000a", "5").await;
    let reason = "=HYPERLINK(\"https://example.com\")";
    let adjust = ["account", "adjust", "0000000a", "-2.50", "--reason", reason];
    done(&world, &[&adjust[..], &["--reference", "@r"]].concat());
    let csv = done(&world, &["account", "statement", "0000000a", "--format", "csv"]);
    let line = csv.lines().nth(2).expect("the adjustment");
    assert_eq!(
        line,
        "2026-01-31,adjustment,,,,-2.50,2.50,EUR,'@r,\"'=HYPERLINK(\"\"https://example.com\"\")\""
    );
    world.end().await;
}

#[tokio::test]
async fn files_and_lines_that_are_too_large_are_refused() {
    let world = World::new(Engine::Sqlite).await;
    let file = |name: &str, bytes: u64| {
        let file = std::fs::File::create(world.folder().join(name)).expect("a file");
        file.set_len(bytes).expect("a sparse file");
    };
    file("numbers.csv", (128 << 20) + 1);
    file("settings.toml", (1 << 20) + 1);
    file("secret", (1 << 20) + 1);
    let heading = "msisdn,country,type,features,monthly_price,setup_price,currency";
    let long = format!("{heading}\n{},GB,mobile-lvn,SMS,1,0,EUR\n", "4".repeat(70_000));
    std::fs::write(world.folder().join("long.csv"), long).expect("a file");
    let mut program = world.program(&["account", "list"]);
    program.env("LINERENT__PAYMENTS__GATEWAY", "stripe");
    program.env("LINERENT__PAYMENTS__STRIPE__API_KEY_FILE", "secret");
    let answers = [
        refused(&world, &[&["number", "import", "numbers.csv"]]).await,
        refused(&world, &[&["number", "import", "long.csv"]]).await,
        answer(&world, &world.linerent(&["--config", "settings.toml", "account", "list"])),
        answer(&world, &program.output().expect("the program starts")),
    ];
    assert_answers!(answers.join("\n"), @r"
    $ number import numbers.csv
    error: nothing was imported: the file is larger than 128 MiB
    hint: divide it into several files, each with the heading
    exit 1
    $ number import long.csv
    error: nothing was imported: 1 error
    line 2: it has more than 65536 bytes
    exit 1
    error: reading the configuration file settings.toml: it is larger than 1 MiB
    hint: use a UTF-8 file that this user may read
    exit 2
    error: reading `payments.stripe.api_key_file`, secret: it is larger than 1 MiB
    hint: name a file that this user may read
    exit 2
    ");
    world.end().await;
}
