//! The real daemon through changes of the clock, by a library that lets it live in another time.

use std::process::Command;

use chrono::{DateTime, TimeDelta, Utc};

use super::{POPULATION, renewals_charged, unbilled};
use linerent_testkit::daemon::{Daemon, wait_for};
use linerent_testkit::{Engine, World};

/// Two hours a second.
const SPEED: u32 = 7_200;

fn in_another_time(mut command: Command, faketime: &str) -> Command {
    let library = std::env::var("LINERENT_TEST_FAKETIME").expect(
        "LINERENT_TEST_FAKETIME names the library `libfaketimeMT`: run `./scripts/test`, which finds it",
    );
    command.env("LD_PRELOAD", library).env("TZ", "UTC").env("FAKETIME", faketime);
    command
}

/// Each run there was, as its date and when it began, oldest first.
async fn runs(world: &World) -> Vec<(String, DateTime<Utc>)> {
    let sql =
        "SELECT concat_ws('|', billing_date, status, started_at) FROM runs ORDER BY billing_date";
    let rows = world.texts(sql).await;
    rows.iter()
        .map(|row| {
            let parts: Vec<_> = row.split('|').collect();
            assert_eq!(parts[1], "complete", "{row}");
            let at = parts[2].replace(' ', "T");
            let at = if at.ends_with("+00") { at + ":00" } else { at };
            (parts[0].to_owned(), at.parse().expect("an instant"))
        })
        .collect()
}

/// Lets a daemon live from `begin`, an evening in London, over the next two days, in which the clocks
/// change. Its runs are due at half past one, which is skipped in spring and repeated in autumn.
async fn over_a_change_of_clocks(begin: &str, due: [(&str, &str); 3]) {
    // In memory: at this speed it takes a disk minutes to keep what it is given.
    let folder = tempfile::tempdir_in("/dev/shm").expect("a folder in memory");
    let path = folder.path().join("linerent.db");
    let world = World::in_sqlite_file(&path, folder).await;
    world.one_rental_in_production().await;
    let mut command = world.daemon_command();
    command
        .env("LINERENT__BILLING__TIME_ZONE", "Europe/London")
        .env("LINERENT__SCHEDULE__RUN_AT", "01:30")
        // A connection is waited for by this clock, too.
        .env("LINERENT__DATABASE__WAIT_MAX", "2h")
        .env("LINERENT__RUN__LEASE_S", "3600");
    let command = in_another_time(command, &format!("@{begin} x{SPEED}"));
    let daemon = Daemon::start(command, world.folder().join("linerentd.log"));
    wait_for("three runs", async || {
        world.texts("SELECT billing_date FROM runs WHERE status = 'complete'").await.len() == 3
    })
    .await;
    // And some hours more, in which there is nothing to do.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert!(daemon.stop().await.success());
    let runs = runs(&world).await;
    assert_eq!(runs.len(), 3, "{runs:?}");
    for ((on, began_at), (date, due_at)) in runs.iter().zip(due) {
        let due_at: DateTime<Utc> = due_at.parse().expect("an instant");
        assert_eq!(on, date);
        // Six hours are three seconds of a busy machine.
        let delay = *began_at - due_at;
        assert!(TimeDelta::zero() <= delay && delay < TimeDelta::hours(6), "{on} at {began_at}");
    }
    assert_eq!(world.disagreements().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clocks_go_forward() {
    let due = [
        ("2026-03-28", "2026-03-28T21:00:00Z"),
        ("2026-03-29", "2026-03-29T01:00:00Z"),
        ("2026-03-30", "2026-03-30T00:30:00Z"),
    ];
    over_a_change_of_clocks("2026-03-28 21:00:00", due).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clocks_go_back() {
    let due = [
        ("2026-10-24", "2026-10-24T21:00:00Z"),
        ("2026-10-25", "2026-10-25T00:30:00Z"),
        ("2026-10-26", "2026-10-26T01:30:00Z"),
    ];
    over_a_change_of_clocks("2026-10-24 21:00:00", due).await;
}

on_both_engines!(a_clock_that_is_set_back_and_forth_charges_nothing_twice, |world| {
    world.seed(&POPULATION).await;
    world.make_production().await;
    let offset = world.folder().join("offset");
    // At one stroke: the daemon may read it at any moment.
    let set = |text: &str| {
        let new = world.folder().join("new-offset");
        std::fs::write(&new, text).expect("a file");
        std::fs::rename(&new, &offset).expect("a file in its place");
    };
    set("+0");
    let mut command = world.daemon_command();
    command
        .env("FAKETIME_TIMESTAMP_FILE", &offset)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let mut command = in_another_time(command, "+0");
    command.env_remove("FAKETIME");
    let daemon = Daemon::start(command, world.folder().join("linerentd.log"));
    daemon.wait_until_it_says("the run ended").await;
    let dates = async || world.texts("SELECT CAST(billing_date AS TEXT) FROM runs").await.len();
    let charged = renewals_charged(world).await;
    assert_eq!((dates().await, unbilled(world).await), (1, 0));

    // Two days back: the daemon does nothing, and says why.
    set("-2d");
    wait_for("the clock is not believed", async || {
        daemon.errors().iter().any(|error| error.contains("has been run already"))
    })
    .await;
    assert_eq!((dates().await, renewals_charged(world).await), (1, charged));

    // A month forth: only the database server can tell that this is wrong.
    set("+31d");
    if world.engine == Engine::Postgres {
        daemon
            .wait_until_it_says("the clock guard holds the run: nothing is charged or released")
            .await;
        assert!(daemon.stop().await.success());
        assert_eq!((dates().await, renewals_charged(world).await), (2, charged));
        let held = world.texts("SELECT status FROM runs WHERE held_by = 'clock'").await;
        assert_eq!(held, ["held"]);
        assert_eq!(world.disagreements().await, []);
        return;
    }
    // As far as it knows, what fell due is charged.
    wait_for("a second run", async || {
        dates().await == 2 && renewals_charged(world).await > charged
    })
    .await;
    wait_for("its end", async || {
        world.texts("SELECT status FROM runs WHERE status = 'complete'").await.len() == 2
    })
    .await;
    let charged = renewals_charged(world).await;

    // And right again: nothing, until the month is over.
    let refusals = || {
        let errors = daemon.errors();
        errors.iter().filter(|error| error.contains("has been run already")).count()
    };
    let before = refusals();
    set("+0");
    wait_for("the clock is not believed", async || refusals() > before).await;
    assert!(daemon.stop().await.success());
    assert_eq!((dates().await, renewals_charged(world).await), (2, charged));
    assert_eq!(world.disagreements().await, []);
});

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_disagrees_with_the_database_servers_bills_nothing() {
    let world = World::new(Engine::Postgres).await;
    world.one_rental_in_production().await;
    let begun_as = world.dump().await;
    for offset in ["+26h", "-26h"] {
        for (arguments, code) in [
            (&["run", "--no-mail"][..], 1),
            (&["account", "top-up", "0000000a", "5", "--reference", "INV-1"], 1),
            (&["cancel", "447700900001", "--yes"], 1),
            (&["reload", "check"], 1),
        ] {
            let mut command = in_another_time(world.program(arguments), offset);
            let output = command.env("LINERENT__RUN__AHEAD_MAX_DAYS", "36500").output();
            let output = output.expect("the program starts");
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(code), "{arguments:?} {offset}: {said}");
            assert!(said.contains("that of the database server"), "{arguments:?}: {said}");
        }
    }
    assert_eq!(world.dump().await, begun_as);
    world.end().await;
}
