//! The metrics that `linerent run` leaves for the textfile collector.

use linerent_testkit::{Engine, World};
use std::os::unix::fs::PermissionsExt as _;

const LAST_ATTEMPT: &str = "linerent_run_last_attempt_timestamp_seconds";
const LAST_SUCCESS: &str = "linerent_run_last_success_timestamp_seconds";

/// Runs `linerent run` with its metrics in `linerent.prom`; its exit code, and the file.
fn run(world: &World, arguments: &[&str]) -> (Option<i32>, String) {
    let mut program = world.program(arguments);
    program.env("LINERENT__METRICS__TEXTFILE", "linerent.prom");
    let code = program.output().expect("the program starts").status.code();
    let text = std::fs::read_to_string(world.folder().join("linerent.prom"));
    (code, text.unwrap_or_default())
}

fn value<'a>(text: &'a str, sample: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '))
}

on_both_engines!(a_run_leaves_its_metrics_and_counts_on, |world| {
    world.numbers(&["447700900001", "447700900002"], "1").await;
    world.account("0000000a", "100").await;
    world.rent("0000000a", "447700900001").await;
    world.rent("0000000a", "447700900002").await;
    world.sleep_until("2026-02-28").await;
    let (code, dry) = run(world, &["run", "--dry-run"]);
    assert_eq!((code, dry.as_str()), (Some(0), ""), "a dry run leaves nothing");
    let (code, first) = run(world, &["run"]);
    assert_eq!(code, Some(0));
    assert_eq!(value(&first, "linerent_renewals_total"), Some("2"));
    assert_eq!(value(&first, "linerent_database_up"), Some("1"));
    assert_eq!(value(&first, "linerent_notices_total{outcome=\"sent\"}"), Some("1"));
    assert!(value(&first, LAST_ATTEMPT).is_some() && value(&first, LAST_SUCCESS).is_some());
    // What only the daemon, or only a process, has.
    assert!(!first.contains("linerent_loop_") && !first.contains("process_"), "{first}");
    // The old text format knows neither of these.
    assert!(!first.contains("# UNIT") && !first.contains("# EOF") && !first.contains(" info"));
    world.sleep_until("2026-03-31").await;
    let (_, second) = run(world, &["run"]);
    assert_eq!(value(&second, "linerent_renewals_total"), Some("4"));
    let passes = "linerent_pass_duration_seconds_count{pass=\"renew\"}";
    assert_eq!((value(&first, passes), value(&second, passes)), (Some("1"), Some("2")));
    let file = world.folder().join("linerent.prom");
    let mode = std::fs::metadata(&file).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
    let left = std::fs::read_dir(world.folder()).expect("a folder");
    let left = left.filter(|it| {
        it.as_ref().is_ok_and(|it| it.file_name().to_string_lossy().starts_with("linerent.prom."))
    });
    assert_eq!(left.count(), 0, "no temporary file is left");
});

#[tokio::test]
async fn a_run_that_fails_leaves_its_metrics_too() {
    let mut world = World::new(Engine::Sqlite).await;
    world.sleep_until("2026-02-28").await;
    let (_, good) = run(&world, &["run"]);
    let mut program = std::process::Command::new(linerent_testkit::path_of("linerent"));
    program.current_dir(world.folder()).args(["--database", "postgres://127.0.0.1:1/x", "run"]);
    program.env("LINERENT__METRICS__TEXTFILE", "linerent.prom");
    assert_eq!(program.output().expect("the program starts").status.code(), Some(2));
    let bad = std::fs::read_to_string(world.folder().join("linerent.prom")).expect("a file");
    assert_eq!(value(&bad, "linerent_database_up"), Some("0"));
    assert_eq!(value(&bad, LAST_SUCCESS), value(&good, LAST_SUCCESS));
    let attempt = |text| value(text, LAST_ATTEMPT).and_then(|it| it.parse::<u64>().ok());
    assert!(attempt(&bad) >= attempt(&good) && attempt(&bad).is_some());
    world.end().await;
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_reported_and_does_not_fail_the_run() {
    let world = World::new(Engine::Sqlite).await;
    let mut program = world.program(&["run"]);
    program.env("LINERENT__METRICS__TEXTFILE", "nowhere/linerent.prom");
    let output = program.output().expect("the program starts");
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("writing the metrics to nowhere/linerent.prom"), "{said}");
    let mut doctor = world.program(&["doctor"]);
    doctor.env("LINERENT__METRICS__TEXTFILE", "nowhere/linerent.prom");
    let output = doctor.output().expect("the program starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("`linerent run` cannot write to nowhere/linerent.prom"), "{said}");
    let mut check = world.program(&["config", "check"]);
    check.env("LINERENT__METRICS__TEXTFILE", "linerent.txt");
    let output = check.output().expect("the program starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("hint: use a name that ends in .prom"), "{said}");
    world.end().await;
}
