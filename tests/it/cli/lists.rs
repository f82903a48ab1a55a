//! Lists of more rows than are read at once.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use linerent_testkit::{Population, World};
use serde_json::Value;

/// More than two pages.
const ACCOUNTS: u32 = 4_500;

async fn seed(world: &World) -> Population {
    let crowd = Population { accounts: ACCOUNTS, numbers_each: 1, months_paid: |_| 1 };
    world.seed(&crowd).await;
    crowd
}

/// The values of one field in a list, in order.
fn listed(world: &World, command: &[&str], field: &str) -> Vec<String> {
    let output = world.linerent(&[&["--json"], command].concat());
    assert!(output.status.success(), "{output:?}");
    let list: Vec<Value> = serde_json::from_slice(&output.stdout).expect("one array");
    list.iter().map(|it| it[field].as_str().expect("text").to_owned()).collect()
}

fn lines(world: &World, command: &[&str]) -> usize {
    let output = world.linerent(command);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text").lines().count()
}

on_both_engines!(a_long_list_is_printed_whole_and_in_order, |world| {
    let crowd = seed(world).await;
    let keys: Vec<_> = (0..ACCOUNTS).map(|index| format!("{:08x}", crowd.id(index))).collect();
    assert_eq!(listed(world, &["account", "list"], "key"), keys);
    assert_eq!(listed(world, &["subscription", "list"], "account"), keys);
    let numbers = (1..=ACCOUNTS).map(|it| (447_000_000_000 + u64::from(it)).to_string());
    let numbers: Vec<_> = numbers.collect();
    assert_eq!(listed(world, &["number", "list"], "msisdn"), numbers);
    assert_eq!(listed(world, &["number", "list", "--status", "held"], "msisdn"), [""; 0]);
    for command in [["account", "list"], ["subscription", "list"], ["number", "list"]] {
        assert_eq!(lines(world, &command), ACCOUNTS as usize + 1, "{command:?}");
    }
});

on_both_engines!(the_newest_come_first_over_all_pages, |world| {
    let crowd = seed(world).await;
    let content = r#"{"kind":"low_balance","balance":{"amount":"3.75","currency":"EUR"},"threshold":{"amount":"5","currency":"EUR"}}"#;
    let (mut reloads, mut notices) = (Vec::new(), Vec::new());
    for index in 0..ACCOUNTS {
        let id = crowd.id(index);
        // Many are of the same instant.
        let at = format!("2026-02-01T00:00:{:02}+00:00", index * 7 % 3);
        reloads.push(format!(
            "({id}, '{id:08x}-{index:012x}', 1000000, 'EUR', 'pm_card_visa', 'declined', 1,
             '2026-02-01', '{at}', '2026-02-01', '{at}')"
        ));
        notices.push(format!(
            "({id}, '2026-02-01', 'low_balance', 1, '{content}', '{at}', {index}, 'sent', 1, '{at}',
             '{at}', '{at}')"
        ));
    }
    for (columns, rows) in [
        (
            "reloads (account_id, reload_id, amount, currency, payment_method, status, attempts,
                requested_on, requested_at, settled_on, settled_at)",
            &reloads,
        ),
        (
            "notices (account_id, billing_date, kind, ordinal, content, queued_at, token, status,
                attempts, created_at, due_at, settled_at)",
            &notices,
        ),
    ] {
        for rows in rows.chunks(400) {
            world.execute_sql(&format!("INSERT INTO {columns} VALUES {}", rows.join(","))).await;
        }
    }
    let limit = ["--limit", "10000"];
    for (noun, field) in [("reload", "requested_at"), ("notice", "queued_at")] {
        let command = [&[noun, "list"], &limit[..]].concat();
        let ids = listed(world, &command, "id");
        assert_eq!(ids.len(), ACCOUNTS as usize);
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ACCOUNTS as usize, "each once");
        assert!(listed(world, &command, field).is_sorted_by(|a, b| a >= b), "newest first");
        assert_eq!(lines(world, &command), ACCOUNTS as usize + 1);
        let limited = world.linerent(&[noun, "list", "--limit", "4001"]);
        let said = String::from_utf8_lossy(&limited.stderr).into_owned();
        assert!(said.starts_with(&format!("4001 {noun}s shown, newest first; there are more\n")));
        assert_eq!(String::from_utf8_lossy(&limited.stdout).lines().count(), 4_002);
    }
    let failed = listed(world, &["notice", "list", "--status", "failed"], "id");
    assert_eq!(failed, [""; 0]);
    let key = format!("{:08x}", crowd.id(7));
    assert_eq!(listed(world, &["notice", "list", "--account", &key], "id").len(), 1);
});

#[tokio::test]
async fn a_reader_that_has_seen_enough_ends_a_list_quietly() {
    let world = World::new(linerent_testkit::Engine::Sqlite).await;
    seed(&world).await;
    for json in [&["--json"][..], &[]] {
        let mut program = world.program(&[json, &["account", "list"]].concat());
        let mut program =
            program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it");
        let mut line = String::new();
        let stdout = program.stdout.take().expect("a pipe");
        BufReader::with_capacity(64, stdout).read_line(&mut line).expect("a line");
        assert!(!line.is_empty());
        assert!(program.wait().expect("an end").success());
        let mut said = String::new();
        program.stderr.take().expect("a pipe").read_to_string(&mut said).expect("text");
        assert_eq!(said, "");
    }
    world.end().await;
}
