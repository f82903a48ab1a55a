//! What is asked before something is ended, on a terminal: that of `script`, of util-linux.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use crate::world::World;

const CTRL_C: &str = "\u{3}";
const CTRL_D: &str = "\u{4}";

/// What is seen of a command on a terminal where its question, if it asks one, is answered by these
/// keys; and how it ended.
fn answered(world: &World, command: &str, keys: &str) -> String {
    let program = env!("CARGO_BIN_EXE_linerent");
    let line = format!("{program} --database '{}' {command}", world.url);
    let mut terminal = Command::new("script")
        .current_dir(world.folder())
        .args(["--quiet", "--return", "--flush", "--command", &line, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("`script` starts");
    let mut keyboard = terminal.stdin.take().expect("a pipe");
    let mut output = terminal.stdout.take().expect("a pipe");
    let (mut seen, mut some) = (Vec::new(), [0; 1024]);
    let mut has_answered = false;
    loop {
        let count = output.read(&mut some).expect("output");
        if count == 0 {
            break;
        }
        seen.extend_from_slice(&some[..count]);
        if !has_answered && String::from_utf8_lossy(&seen).contains("[y/N] ") {
            // It may have ended by then.
            let _ = keyboard.write_all(keys.as_bytes());
            has_answered = true;
        }
    }
    drop(keyboard);
    let code = terminal.wait().expect("an end").code().expect("a code");
    let seen = String::from_utf8_lossy(&seen).replace("\r\n", "\n");
    // The progress that was shown and wiped away.
    let lines = seen.lines().map(|line| line.rsplit('\r').next().unwrap_or_default());
    let lines = lines.map(|line| line.replace("\u{1b}[2K", "").trim_end().to_owned());
    let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    format!("{}\nexit {code}", lines.join("\n"))
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
        Take 447700900002 out of sale, which cannot be taken back? [y/N] n
        error: not confirmed, nothing was changed
        exit 1
        ");
    }
    ask("447700900002", "y\n");
    assert_eq!(world.number("447700900002").await.status, "retired");
});
