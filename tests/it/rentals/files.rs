//! Files of rentals and of cancellations: each line on its own.

use linerent_testkit::World;
use linerent_testkit::terminal::{CTRL_C, on_terminal};
use std::io::Write as _;
use std::process::{Output, Stdio};

/// Runs `command` on a file `lines.csv` with this content.
fn with_file(world: &World, content: &str, command: &[&str]) -> Output {
    std::fs::write(world.folder().join("lines.csv"), content).expect("a file");
    world.linerent(command)
}

/// What it printed, and how it ended.
fn seen(output: &Output) -> String {
    let code = output.status.code().expect("the program ends by itself");
    let said = String::from_utf8_lossy(&output.stderr);
    format!("{}{said}exit {code}", String::from_utf8_lossy(&output.stdout))
}

macro_rules! assert_seen {
    ($output:expr, @$expected:literal) => {{
        let seen = seen(&$output);
        insta::allow_duplicates! { insta::assert_snapshot!(seen, @$expected) }
    }};
}

const RENT: [&str; 3] = ["rent", "--file", "lines.csv"];
const CANCEL: [&str; 3] = ["cancel", "--file", "lines.csv"];

async fn two_accounts(world: &World) {
    world.numbers(&["447700900001", "447700900002", "447700900003"], "2.00").await;
    world.account("0000000a", "10").await;
    world.account("0000000b", "1").await;
}

on_both_engines!(each_line_is_rented_or_refused_on_its_own, |world| {
    two_accounts(world).await;
    let file = "account,msisdn\n\
        0000000a,447700900001\n\
        0000000b,447700900002\n\
        \n\
        0000000a,+44 7700 900003\n\
        0000000a,447700900009\n\
        0000000c,447700900002\n";
    assert_seen!(with_file(world, file, &RENT), @r"
    LINE  NUMBER        ACCOUNT   RESULT   REASON
       2  447700900001  0000000a  rented
       3  447700900002  0000000b  refused  the balance does not cover it: 2.00 EUR is needed, 1.00 EUR is available
       5  447700900003  0000000a  rented
       6  447700900009  0000000a  refused  there is no number 447700900009 in the inventory
       7  447700900002  0000000c  refused  there is no account 0000000c

    5 lines: 2 rented, 3 refused
    exit 1
    ");
    assert_eq!(world.balance("0000000a").await, "6.00");
    // Again: nothing is rented twice.
    assert_seen!(with_file(world, file, &[&["--json"], &RENT[..]].concat()), @r#"
    [
      {
        "line": 2,
        "number": "447700900001",
        "account": "0000000a",
        "status": "refused",
        "reason": "account 0000000a rents 447700900001 already"
      },
      {
        "line": 3,
        "number": "447700900002",
        "account": "0000000b",
        "status": "refused",
        "reason": "the balance does not cover it: 2.00 EUR is needed, 1.00 EUR is available"
      },
      {
        "line": 5,
        "number": "447700900003",
        "account": "0000000a",
        "status": "refused",
        "reason": "account 0000000a rents 447700900003 already"
      },
      {
        "line": 6,
        "number": "447700900009",
        "account": "0000000a",
        "status": "refused",
        "reason": "there is no number 447700900009 in the inventory"
      },
      {
        "line": 7,
        "number": "447700900002",
        "account": "0000000c",
        "status": "refused",
        "reason": "there is no account 0000000c"
      }
    ]
    exit 1
    "#);
    assert_eq!(world.balance("0000000a").await, "6.00");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(where_every_line_is_done_the_exit_code_is_0, |world| {
    two_accounts(world).await;
    let file = "msisdn,account\n447700900001,0000000a\n447700900002,0000000a\n";
    assert_seen!(with_file(world, file, &RENT), @r"
    LINE  NUMBER        ACCOUNT   RESULT  REASON
       2  447700900001  0000000a  rented
       3  447700900002  0000000a  rented

    2 lines: 2 rented
    exit 0
    ");
    let file = "msisdn,at_period_end\n447700900001,true\n447700900002,\n";
    assert_seen!(with_file(world, file, &CANCEL), @r"
    LINE  NUMBER        ACCOUNT   RESULT              REASON
       2  447700900001  0000000a  ends at period end
       3  447700900002  0000000a  cancelled

    2 lines: 1 ends at period end, 1 cancelled
    exit 0
    ");
    assert_seen!(with_file(world, file, &CANCEL), @r"
    LINE  NUMBER        ACCOUNT   RESULT              REASON
       2  447700900001  0000000a  ends at period end
       3  447700900002            refused             447700900002 is not rented by any account

    2 lines: 1 ends at period end, 1 refused
    exit 1
    ");
});

on_both_engines!(a_file_may_come_from_standard_input, |world| {
    two_accounts(world).await;
    let mut program = world.program(&["rent", "--file", "-"]);
    program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = program.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(b"account,msisdn\n0000000a,447700900001\n").expect("a line");
    drop(stdin);
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(world.number("447700900001").await.rented_by.as_deref(), Some("0000000a"));
});

on_both_engines!(a_malformed_line_refuses_all_of_the_file, |world| {
    two_accounts(world).await;
    let before = world.dump().await;
    let file = "account,msisdn\n\
        0000000a,447700900001\n\
        0000000a,447700900001\n\
        0000000g,447700900002\n\
        0000000a,4477OO900002\n\
        ,\n\
        0000000a\n";
    assert_seen!(with_file(world, file, &RENT), @r"
    error: nothing was rented: 5 errors
    line 3: 447700900001 for 0000000a is on line 2 already
    line 4: `0000000g` is not an account key
    line 5: `4477OO900002` is not a phone number
    line 6: `` is not an account key; `` is not a phone number
    line 7: it has 1 column, the heading has 2
    exit 1
    ");
    let file = "msisdn,account,at_period_end\n\
        447700900001,0000000a,\n\
        447700900001,0000000a,true\n\
        447700900002,,perhaps\n\
        447700900003,x,\n";
    assert_seen!(with_file(world, file, &CANCEL), @r"
    error: nothing was cancelled: 3 errors
    line 3: 447700900001 is on line 2 already
    line 4: `perhaps` in `at_period_end` is neither true nor false
    line 5: `x` is not an account key
    exit 1
    ");
    assert_seen!(with_file(world, "msisdn\n447700900001\n", &RENT), @r"
    error: nothing was rented: the heading is wrong: `account` is missing
    hint: the columns are account,msisdn, separated by commas
    exit 1
    ");
    assert_seen!(with_file(world, "account,msisdn\n", &RENT), @r"
    error: the file has no rentals
    hint: the columns are account,msisdn, separated by commas
    exit 1
    ");
    assert_seen!(with_file(world, "number\n447700900001\n", &CANCEL), @r"
    error: nothing was cancelled: the heading is wrong: it names no columns
    hint: the columns are msisdn[,account][,at_period_end], separated by commas
    exit 1
    ");
    assert_eq!(world.dump().await, before);
});

on_both_engines!(a_broken_account_fails_alone, |world| {
    two_accounts(world).await;
    world.top_up("0000000b", "10", "more").await;
    world.execute_sql("UPDATE accounts SET currency = 'XXY' WHERE account_id = 10").await;
    let file = "account,msisdn\n0000000a,447700900001\n0000000b,447700900002\n";
    assert_seen!(with_file(world, file, &RENT), @r"
    LINE  NUMBER        ACCOUNT   RESULT  REASON
       2  447700900001  0000000a  failed  account 0000000a cannot be read: `XXY` is not a currency
       3  447700900002  0000000b  rented

    2 lines: 1 failed, 1 rented
    exit 2
    ");
});

on_both_engines!(on_a_terminal_what_went_wrong_is_told_once_more, |world| {
    two_accounts(world).await;
    world.rent("0000000a", "447700900001").await;
    world.rent("0000000a", "447700900002").await;
    let file = "msisdn,at_period_end\n\
        447700900001,true\n447700900002,true\n447700900003,true\n447700900009,\n";
    std::fs::write(world.folder().join("lines.csv"), file).expect("a file");
    let seen = on_terminal(world, "--yes cancel --file lines.csv", ("", "")).at_the_end();
    insta::allow_duplicates! { insta::assert_snapshot!(seen, @r"
    LINE  NUMBER        ACCOUNT   RESULT              REASON
       2  447700900001  0000000a  ends at period end
       3  447700900002  0000000a  ends at period end
       4  447700900003            refused             447700900003 is not rented by any account
       5  447700900009            refused             there is no number 447700900009 in the inventory
    4 lines: 2 end at period end, 2 refused
    line 4: 447700900003 refused: 447700900003 is not rented by any account
    line 5: 447700900009 refused: there is no number 447700900009 in the inventory
    exit 1
    ") }
});

on_both_engines!(an_interrupted_file_says_where_to_go_on, |world| {
    let numbers: Vec<_> = (0..1000).map(|i| format!("447700{i:06}")).collect();
    world.numbers(&numbers.iter().map(String::as_str).collect::<Vec<_>>(), "0").await;
    world.account("0000000a", "0").await;
    let lines: String = numbers.iter().map(|number| format!("0000000a,{number}\n")).collect();
    let file = format!("account,msisdn\n{lines}");
    std::fs::write(world.folder().join("lines.csv"), file).expect("a file");
    let seen = on_terminal(world, "rent --file lines.csv", ("█", CTRL_C)).at_the_end();
    let end: Vec<_> = seen.lines().rev().take(3).collect();
    let [code, told, summary] = end[..] else { panic!("too little was told: {seen}") };
    let (rented, not_tried) = summary
        .strip_prefix("1000 lines: ")
        .and_then(|rest| rest.strip_suffix(" not tried"))
        .and_then(|rest| rest.split_once(" rented, "))
        .unwrap_or_else(|| panic!("an odd summary: {summary}"));
    let last_line = rented.parse::<u64>().expect("a count") + 1;
    let expected = format!(
        "interrupted after line {last_line}, {not_tried} not tried; give the file again to go on"
    );
    assert_eq!((told, code), (expected.as_str(), "exit 2"));
    assert_eq!(seen.lines().filter(|line| line.contains("  rented")).count().to_string(), rented);
});
