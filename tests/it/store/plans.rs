//! How the engines find rows: no statement and no trigger reads all of a table that grows, or all rows that an account
//! has in one of them, except those that are named here with the reason.

use std::collections::BTreeSet;

use linerent_testkit::{Engine, World};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _, SqliteConnection};

use super::statements::{Statement, statements};

/// Tables that grow with the accounts and their history. All others have a few rows, or one a day.
const GROWING: [&str; 12] = [
    "accounts",
    "auto_reloads",
    "change_log",
    "configurations",
    "notices",
    "numbers",
    "reloads",
    "run_failures",
    "sandbox_charges",
    "short_code_set_ups",
    "subscriptions",
    "transfers",
];

/// Tables in which one account may have many rows.
const LONG: [&str; 5] = ["change_log", "notices", "reloads", "subscriptions", "transfers"];

/// Indexes of work that is open: their size does not grow with the history.
const OF_OPEN_WORK: [&str; 4] =
    ["notices_pending", "notices_failed", "numbers_on_hold", "reloads_open"];

/// The statements of searches have tests of their own: each names its index.
const SEARCHES: &str = "numbers/search.rs";

/// Statements that read much because that is what they are for: the file, the first words that are enough to know the
/// statement, and the reason.
const BY_PURPOSE: [(&str, &str, &str); 26] = [
    ("accounts/change_log.rs", "SELECT version, kind", "an account's own list of changes"),
    ("accounts/rows.rs", "UPDATE accounts SET status = 'closed'", "once in the life of an account"),
    ("audit.rs", "SELECT msisdn, 'is rented", "an audit reads everything"),
    ("audit.rs", "SELECT account_id FROM subscriptions UNION", "an audit reads everything"),
    ("audit.rs", "SELECT COUNT(*) FROM numbers", "an audit reads everything"),
    ("health.rs", "SELECT COUNT(*) FROM auto_reloads", "counts all, for the operator"),
    ("history.rs", "SELECT created_at, COALESCE((", "an account's own list of changes by hand"),
    ("history.rs", "SELECT ordinal, msisdn, started_on", "an account's own history"),
    ("history.rs", "SELECT billing_date, reason FROM run_failures", "failures are few"),
    ("history.rs", "SELECT billing_date, approved_at FROM runs", "an account's own history"),
    ("ledger.rs", "SELECT balance, CAST(COALESCE((", "an account's own statement"),
    (
        "notices/rows.rs",
        "SELECT account_id, billing_date, kind, ordinal",
        "the newest, up to a limit",
    ),
    (
        "notices/rows.rs",
        "SELECT COUNT(*) FROM notices WHERE account_id",
        "an account's own notices",
    ),
    ("numbers/repricings.rs", "SELECT DISTINCT currency", "a repricing concerns the inventory"),
    ("numbers/repricings.rs", "SELECT COUNT(*) FROM numbers", "a repricing concerns the inventory"),
    (
        "numbers/repricings.rs",
        "UPDATE numbers SET monthly_price",
        "a repricing concerns the inventory",
    ),
    (
        "numbers/rows.rs",
        "INSERT INTO numbers",
        "SQLite plans this for a broken foreign key, and there is none",
    ),
    (
        "numbers/rows.rs",
        "SELECT msisdn, held_until FROM numbers",
        "an account's own numbers, when it closes",
    ),
    ("reloads/rows.rs", "SELECT reload_id, amount, currency", "the newest, up to a limit"),
    (
        "reloads/sandbox_charges.rs",
        "SELECT reload_id, amount",
        "the sandbox gateway's list of its charges",
    ),
    (
        "runs/guards.rs",
        "SELECT MAX(posted_on) FROM transfers",
        "only if the date of a run is far from that of the latest run",
    ),
    ("runs/undo.rs", "SELECT transfers.account_id, sequence", "all that a run did to an account"),
    ("runs/undo.rs", "SELECT subscriptions.account_id", "all that a run did to an account"),
    (
        "subscriptions/rows.rs",
        "SELECT accounts.currency",
        "the list of an account, or of all accounts",
    ),
    (
        "subscriptions/rows.rs",
        "SELECT COUNT(*) FROM subscriptions",
        "counts all, for the release guard",
    ),
    ("schema/mod.rs", "SELECT COUNT(*) FROM sqlite_schema", "the engine's own list of tables"),
];

/// A statement and a step of its plan that reads too much.
type Finding = (String, String, String);

fn words(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The findings that no exception covers, and the exceptions that cover none.
fn judge(findings: &[Finding], used: &mut BTreeSet<usize>) -> Vec<String> {
    let mut unexpected = Vec::new();
    for (file, sql, step) in findings {
        let known = BY_PURPOSE.iter().position(|it| it.0 == file && sql.starts_with(it.1));
        match known {
            Some(known) => {
                used.insert(known);
            }
            None => unexpected.push(format!("{file}: {sql}\n    {step}")),
        }
    }
    unexpected
}

/// Whether SQLite reads too much in this step of a plan.
fn reads_much_on_sqlite(step: &str) -> bool {
    let mut words = step.split(' ');
    let (kind, table) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let index = step.split("INDEX ").nth(1).and_then(|rest| rest.split(' ').next());
    if index.is_some_and(|index| OF_OPEN_WORK.contains(&index)) {
        return false;
    }
    match kind {
        // Names that are not of a table are of a row that the statement made itself.
        "SCAN" => GROWING.contains(&table) || table == "sqlite_schema",
        // The search for a maximum has no condition if there is no index for it.
        "SEARCH" if !step.contains('(') => GROWING.contains(&table),
        "SEARCH" => LONG.contains(&table) && step.ends_with("(account_id=?)"),
        _ => false,
    }
}

async fn sqlite_findings(world: &World, of: Vec<(String, String)>) -> Vec<Finding> {
    let mut connection = SqliteConnection::connect(&world.url).await.expect("a connection");
    let mut findings = Vec::new();
    for (file, sql) in of {
        let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        let steps = match sqlx::raw_sql(explain).fetch_all(&mut connection).await {
            Ok(steps) => steps,
            // The statement is PostgreSQL's, and its twin for SQLite is not SQL at all.
            Err(error) if error.to_string().contains("clock_timestamp") => continue,
            Err(error) => panic!("{file}: {error}: {sql}"),
        };
        for step in steps {
            let step: String = step.get(3);
            if reads_much_on_sqlite(&step) {
                findings.push((file.clone(), words(&sql), step));
            }
        }
    }
    connection.close().await.expect("a clean end");
    findings
}

#[tokio::test]
async fn no_statement_reads_a_whole_table_that_grows_on_sqlite() {
    let world = World::new(Engine::Sqlite).await;
    let all = statements(&[SEARCHES, "schema/migrations.rs"]);
    assert!(all.len() > 120, "only {} statements were found", all.len());
    let of = all.into_iter().map(|Statement { file, sqlite, .. }| (file, sqlite)).collect();
    let findings = sqlite_findings(&world, of).await;
    let mut used = BTreeSet::new();
    assert_eq!(judge(&findings, &mut used), Vec::<String>::new());
    let unused = BY_PURPOSE.iter().enumerate().filter(|(index, _)| !used.contains(index));
    assert_eq!(unused.map(|(_, it)| it).collect::<Vec<_>>(), Vec::<&(_, _, _)>::new());
    world.end().await;
}

#[tokio::test]
async fn no_trigger_reads_a_whole_table_or_all_rows_of_an_account() {
    let world = World::new(Engine::Sqlite).await;
    let triggers = world.texts("SELECT sql FROM sqlite_schema WHERE type = 'trigger'").await;
    let mut conditions = Vec::new();
    for trigger in &triggers {
        let (head, body) = trigger.split_once("\nBEGIN\n").expect("a body");
        assert!(body.trim_start().starts_with("SELECT RAISE(ABORT, "), "{trigger}");
        if let Some((name, condition)) = head.split_once("\nWHEN ") {
            // Each column of the new row is a parameter.
            let condition = condition.replace("NEW.", ":");
            conditions.push((name.to_owned(), format!("SELECT 1 WHERE {condition}")));
        }
    }
    assert!(conditions.len() >= 2, "{triggers:?}");
    assert_eq!(sqlite_findings(&world, conditions).await, []);
    world.end().await;
}

#[tokio::test]
async fn no_statement_reads_a_whole_table_that_grows_on_postgres() {
    let world = World::new(Engine::Postgres).await;
    let mut connection = PgConnection::connect(&world.url).await.expect("a connection");
    // The tables are empty: only these settings show which statements have an index.
    let settings = "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan";
    sqlx::raw_sql(settings).execute(&mut connection).await.expect("the settings");
    let mut findings = Vec::new();
    for Statement { file, postgres, .. } in statements(&[SEARCHES, "schema/migrations.rs"]) {
        if postgres.contains("sqlite_schema") {
            continue;
        }
        let count = (1..20).rev().find(|it| postgres.contains(&format!("${it}"))).unwrap_or(0);
        let mut sql = postgres;
        for parameter in 1..=count {
            // The plan for a filter that is given.
            sql = sql.replace(&format!("${parameter} IS NULL"), "FALSE");
        }
        let arguments = vec!["NULL"; count].join(", ");
        let arguments = if count == 0 { arguments } else { format!("({arguments})") };
        let explain = format!("DEALLOCATE ALL; PREPARE it AS {sql}; EXPLAIN EXECUTE it{arguments}");
        let steps = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(&mut connection).await;
        for step in steps.unwrap_or_else(|error| panic!("{file}: {error}: {sql}")) {
            let step: String = step.get(0);
            let table = step.split("Seq Scan on ").nth(1).and_then(|it| it.split(' ').next());
            if table.is_some_and(|table| GROWING.contains(&table)) {
                findings.push((file.clone(), words(&sql), step));
            }
        }
    }
    assert_eq!(judge(&findings, &mut BTreeSet::new()), Vec::<String>::new());
    connection.close().await.expect("a clean end");
    world.end().await;
}
