//! Databases that are missing, foreign, read-only or of another version.

use super::{answer, done, linerent_on, refused};
use crate::world::{Engine, World};

/// The answers of a command that reads and of `init`, for the database at `url`.
fn reading_and_init(world: &World, url: &str) -> String {
    [on(world, url, &["account", "list"]), on(world, url, &["init"])].join("\n")
}

fn on(world: &World, url: &str, command: &[&str]) -> String {
    answer(world, &linerent_on(world, url, command))
}

#[tokio::test]
async fn a_file_that_is_missing_is_not_made_by_reading() {
    let world = World::new(Engine::Sqlite).await;
    let answers = [
        on(&world, "sqlite:nowhere.db", &["account", "list"]),
        on(&world, "sqlite:nowhere/nowhere.db", &["account", "list"]),
        on(&world, "sqlite:/proc/nowhere/nowhere.db", &["init"]),
    ];
    assert!(!world.folder().join("nowhere.db").exists());
    assert_answers!(answers.join("\n"), @r"
    error: opening the database: the database cannot be used: unable to open database file
    hint: there is no such file or it may not be opened: run `linerent init`, or check `database.url`
    exit 2
    error: opening the database: the database cannot be used: unable to open database file
    hint: there is no such file or it may not be opened: run `linerent init`, or check `database.url`
    exit 2
    error: making the folder /proc/nowhere: No such file or directory
    exit 2
    ");
    world.end().await;
}

#[tokio::test]
async fn a_file_that_is_no_database_is_left_alone() {
    let world = World::new(Engine::Sqlite).await;
    let letter = world.folder().join("letter.txt");
    let text = "Dear Ada, this is a letter, and not a database. ".repeat(100);
    std::fs::write(&letter, &text).expect("a file");
    assert_answers!(reading_and_init(&world, "sqlite:letter.txt"), @r"
    error: opening the database: the database cannot be used: file is not a database
    hint: the file is damaged or not an SQLite database: check `database.url`
    exit 2
    error: opening the database: the database cannot be used: file is not a database
    hint: the file is damaged or not an SQLite database: check `database.url`
    exit 2
    ");
    assert_eq!(std::fs::read_to_string(&letter).expect("the file"), text);
    world.end().await;
}

#[tokio::test]
async fn a_read_only_database_is_read_and_not_written() {
    let mut world = World::new(Engine::Sqlite).await;
    world.numbers(&["447700900001"], "1.00").await;
    world.account("0000000a", "10").await;
    world.url.push_str("?mode=ro");
    for reading in ["account list", "account show 0000000a", "number list", "run list", "audit"] {
        done(&world, &reading.split(' ').collect::<Vec<_>>());
    }
    let answers = refused(
        &world,
        &[
            &["account", "create", "Ada", "--email", "ada@example.com"],
            &["account", "top-up", "0000000a", "5", "--reference", "r"],
            &["rent", "0000000a", "447700900001"],
            &["run"],
            &["sandbox", "advance", "--to", "2026-02-01"],
            &["init"],
        ],
    )
    .await;
    assert_answers!(answers, @r"
    $ account create Ada --email ada@example.com
    error: the database cannot be used: attempt to write a readonly database
    hint: it is read-only: check `database.url`, and the permissions of the file and its folder
    exit 2
    $ account top-up 0000000a 5 --reference r
    error: the database cannot be used: attempt to write a readonly database
    hint: it is read-only: check `database.url`, and the permissions of the file and its folder
    exit 2
    $ rent 0000000a 447700900001
    error: the database cannot be used: attempt to write a readonly database
    hint: it is read-only: check `database.url`, and the permissions of the file and its folder
    exit 2
    $ run
    error: the database cannot be used: attempt to write a readonly database
    hint: it is read-only: check `database.url`, and the permissions of the file and its folder
    exit 2
    $ sandbox advance --to 2026-02-01
    error: the database cannot be used: attempt to write a readonly database
    hint: it is read-only: check `database.url`, and the permissions of the file and its folder
    exit 2
    $ init
    error: the database cannot be used: attempt to write a readonly database
    hint: it is read-only: check `database.url`, and the permissions of the file and its folder
    exit 2
    ");
    world.end().await;
}

on_both_engines!(a_newer_database_is_left_alone, |world| {
    world
        .sabotage(
            "INSERT INTO _sqlx_migrations
                 (version, description, installed_on, success, checksum, execution_time)
             SELECT 9999, 'later', installed_on, success, checksum, execution_time
             FROM _sqlx_migrations
             WHERE version = 1",
        )
        .await;
    assert_answers!(refused(world, &[&["account", "list"], &["init"]]).await, @r"
    $ account list
    error: the database is newer than this program
    hint: use the program that made it, or a later one
    exit 2
    $ init
    error: the database is newer than this program
    hint: use the program that made it, or a later one
    exit 2
    ");
});

on_both_engines!(another_programs_database_is_left_alone, |world| {
    world.sabotage("UPDATE _sqlx_migrations SET version = version + 20240101000000").await;
    let history_of_its_own = refused(world, &[&["account", "list"], &["init"]]).await;
    world.sabotage("DELETE FROM _sqlx_migrations").await;
    let empty_history = refused(world, &[&["account", "list"], &["init", "--sandbox"]]).await;
    world.sabotage("DROP TABLE _sqlx_migrations").await;
    let no_history = refused(world, &[&["account", "list"], &["init"]]).await;
    assert_answers!([history_of_its_own, empty_history, no_history].join("\n"), @r"
    $ account list
    error: the database holds something else than linerent's tables
    hint: point `database.url` at an empty database
    exit 2
    $ init
    error: the database holds something else than linerent's tables
    hint: point `database.url` at an empty database
    exit 2
    $ account list
    error: the database holds something else than linerent's tables
    hint: point `database.url` at an empty database
    exit 2
    $ init --sandbox
    error: the database holds something else than linerent's tables
    hint: point `database.url` at an empty database
    exit 2
    $ account list
    error: the database holds something else than linerent's tables
    hint: point `database.url` at an empty database
    exit 2
    $ init
    error: the database holds something else than linerent's tables
    hint: point `database.url` at an empty database
    exit 2
    ");
});

on_both_engines!(a_database_that_was_not_begun_is_begun_by_init, |world| {
    world.sabotage("DELETE FROM installation").await;
    assert_answers!(refused(world, &[&["account", "list"]]).await, @r"
    $ account list
    error: the database was not initialised to the end
    hint: run `linerent init`
    exit 2
    ");
    done(world, &["init"]);
    done(world, &["account", "list"]);
});

on_both_engines!(an_older_database_is_brought_up_to_date, |world| {
    // As a program left it that did not know the last migration.
    world
        .sabotage(
            "DROP TABLE run_failures;
             DROP TABLE run_slices;
             DROP TABLE runs;
             DELETE FROM _sqlx_migrations WHERE version = 4",
        )
        .await;
    assert_answers!(on(world, &world.url, &["account", "list"]), @r"
    error: the database is older than this program
    hint: run `linerent init` to bring it up to date
    exit 2
    ");
    assert!(linerent_on(world, &world.url, &["init"]).status.success());
    assert!(linerent_on(world, &world.url, &["run"]).status.success());
});
