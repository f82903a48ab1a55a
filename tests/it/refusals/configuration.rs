//! Configuration: unknown keys, impossible values, missing files.

use super::{answer, linerent_on};
use linerent_testkit::{Engine, World};

/// The answers where the environment has each of `settings`, one after the other.
fn with_environment(world: &World, settings: &[(&str, &str)]) -> String {
    let answers = settings.iter().map(|(name, value)| {
        let output = world.program(&["account", "list"]).env(name, value).output();
        let output = output.expect("the program starts");
        format!("{name}={value}\n{}", answer(world, &output))
    });
    answers.collect::<Vec<_>>().join("\n")
}

/// The answer where the configuration file holds `content`.
fn with_file(world: &World, content: &str) -> String {
    std::fs::write(world.folder().join("linerent.toml"), content).expect("a file");
    answer(world, &world.linerent(&["--config", "linerent.toml", "account", "list"]))
}

#[tokio::test]
async fn an_unknown_key_is_refused_in_a_file_and_in_the_environment() {
    let world = World::new(Engine::Sqlite).await;
    let answers = [
        with_file(&world, "[release]\ngrace = 1\n"),
        with_file(&world, "[releases]\ngrace_days = 1\n"),
        with_file(&world, "grace_days = 1\n"),
        with_environment(
            &world,
            &[("LINERENT__RELEASE__GRACE", "1"), ("LINERENT__RELEASES__GRACE_DAYS", "1")],
        ),
    ];
    assert_answers!(answers.join("\n"), @r"
    error: unknown setting `release.grace` in linerent.toml
    hint: did you mean `release.grace_days`? `linerent config default` prints all settings
    exit 2
    error: unknown setting `releases.grace_days` in linerent.toml
    hint: did you mean `release.grace_days`? `linerent config default` prints all settings
    exit 2
    error: unknown setting `grace_days` in linerent.toml
    hint: did you mean `release.grace_days`? `linerent config default` prints all settings
    exit 2
    LINERENT__RELEASE__GRACE=1
    error: unknown setting `release.grace` in LINERENT__RELEASE__GRACE
    hint: did you mean `release.grace_days`? `linerent config default` prints all settings
    exit 2
    LINERENT__RELEASES__GRACE_DAYS=1
    error: unknown setting `releases.grace_days` in LINERENT__RELEASES__GRACE_DAYS
    hint: did you mean `release.grace_days`? `linerent config default` prints all settings
    exit 2
    ");
    world.end().await;
}

#[tokio::test]
async fn impossible_values_are_refused_with_their_keys() {
    let world = World::new(Engine::Sqlite).await;
    let answers = with_environment(
        &world,
        &[
            ("LINERENT__RELEASE__GUARD_PERCENT", "101"),
            ("LINERENT__RELEASE__GUARD_PERCENT", "-1"),
            ("LINERENT__RELEASE__GUARD_PERCENT", "5%"),
            ("LINERENT__RELEASE__GRACE_DAYS", "-1"),
            ("LINERENT__RELEASE__HOLD_DAYS", "99999"),
            ("LINERENT__SCHEDULE__RUN_AT", "25:00"),
            ("LINERENT__SCHEDULE__RUN_AT", "noon"),
            ("LINERENT__BILLING__TIME_ZONE", "Europe/Atlantis"),
            ("LINERENT__RUN__WORKERS", "0"),
            ("LINERENT__RUN__BATCH_ACCOUNTS", "many"),
            ("LINERENT__RELEASE", "1"),
        ],
    );
    assert_answers!(answers, @r#"
    LINERENT__RELEASE__GUARD_PERCENT=101
    error: `release.guard_percent` is `101` in LINERENT__RELEASE__GUARD_PERCENT, expected a number from 0 to 100
    hint: `linerent config default` explains all settings
    exit 2
    LINERENT__RELEASE__GUARD_PERCENT=-1
    error: `release.guard_percent` is `-1` in LINERENT__RELEASE__GUARD_PERCENT, expected a number from 0 to 100
    hint: `linerent config default` explains all settings
    exit 2
    LINERENT__RELEASE__GUARD_PERCENT=5%
    error: `release.guard_percent` is `5%` in LINERENT__RELEASE__GUARD_PERCENT, expected a number from 0 to 100
    hint: `linerent config default` explains all settings
    exit 2
    LINERENT__RELEASE__GRACE_DAYS=-1
    error: `release.grace_days` is `-1` in LINERENT__RELEASE__GRACE_DAYS, expected a whole number from 0 to 3660
    hint: `linerent config default` explains all settings
    exit 2
    LINERENT__RELEASE__HOLD_DAYS=99999
    error: `release.hold_days` is `99999` in LINERENT__RELEASE__HOLD_DAYS, expected a whole number from 0 to 3660
    hint: `linerent config default` explains all settings
    exit 2
    LINERENT__SCHEDULE__RUN_AT=25:00
    error: `schedule.run_at` is `25:00` in LINERENT__SCHEDULE__RUN_AT, expected a time of day, such as "02:30"
    hint: `linerent config default` explains all settings
    exit 2
    LINERENT__SCHEDULE__RUN_AT=noon
    error: `schedule.run_at` is `noon` in LINERENT__SCHEDULE__RUN_AT, expected a time of day, such as "02:30"
    hint: `linerent config default` explains all settings
    exit 2
    LINERENT__BILLING__TIME_ZONE=Europe/Atlantis
    error: `billing.time_zone` is `Europe/Atlantis` in LINERENT__BILLING__TIME_ZONE, expected the IANA name of a time zone, such as "Europe/London"
    hint: `linerent config default` explains all settings
    exit 2
    LINERENT__RUN__WORKERS=0
    error: `run.workers` is `0` in LINERENT__RUN__WORKERS, expected a whole number from 1 to 8
    hint: `linerent config default` explains all settings
    exit 2
    LINERENT__RUN__BATCH_ACCOUNTS=many
    error: `run.batch_accounts` is `many` in LINERENT__RUN__BATCH_ACCOUNTS, expected a whole number from 1 to 10000
    hint: `linerent config default` explains all settings
    exit 2
    LINERENT__RELEASE=1
    error: `release` in LINERENT__RELEASE is a section, and cannot have a value
    hint: set its keys, such as `release.grace_days`
    exit 2
    "#);
    world.end().await;
}

#[tokio::test]
async fn a_file_that_is_no_configuration_is_refused() {
    let world = World::new(Engine::Sqlite).await;
    let answers =
        [with_file(&world, "[release]\ngrace_days = \"soon\"\n"), with_file(&world, "[release\n")];
    assert_answers!(answers.join("\n"), @r#"
    error: `release.grace_days` is `"soon"` in linerent.toml, expected a whole number from 0 to 3660
    hint: `linerent config default` explains all settings
    exit 2
    error: linerent.toml, line 1: unclosed table, expected `]`
    hint: `linerent config default` prints a correct file
    exit 2
    "#);
    world.end().await;
}

#[tokio::test]
async fn a_file_that_is_not_there_is_refused() {
    let world = World::new(Engine::Sqlite).await;
    let answers = [
        answer(&world, &world.linerent(&["--config", "nowhere.toml", "account", "list"])),
        answer(&world, &world.linerent(&["--config", ".", "account", "list"])),
        answer(&world, &world.linerent(&["--config", "/dev/null", "account", "list"])),
        with_environment(&world, &[("LINERENT_CONFIG", "nowhere.toml")]),
    ];
    assert_answers!(answers.join("\n"), @r"
    error: there is no configuration file `nowhere.toml`
    hint: check `--config` and LINERENT_CONFIG
    exit 2
    error: the configuration file `.` is a folder
    hint: name a file in it, with `--config` or LINERENT_CONFIG
    exit 2
    error: the configuration file `/dev/null` is a pipe or a device
    hint: name a file with `--config` or LINERENT_CONFIG; it is read again when it is reloaded
    exit 2
    LINERENT_CONFIG=nowhere.toml
    error: there is no configuration file `nowhere.toml`
    hint: check `--config` and LINERENT_CONFIG
    exit 2
    ");
    world.end().await;
}

#[tokio::test]
async fn a_database_of_no_known_kind_is_refused_and_no_password_repeated() {
    let world = World::new(Engine::Sqlite).await;
    let answers = [
        "",
        "linerent.db",
        "mysql://localhost/linerent",
        "postgresql+psycopg://linerent:secret@localhost/linerent",
        "linerent:secret@localhost",
        "postgres://linerent:secret@localhost:port/linerent",
        "sqlite:linerent.db?mode=write",
        "sqlite:",
        "sqlite::memory:",
        "sqlite:linerent.db?mode=memory",
    ]
    .map(|url| {
        let answer = answer(&world, &linerent_on(&world, url, &["init"]));
        assert!(!answer.contains("secret"), "{answer}");
        answer
    });
    assert_answers!(answers.join("\n"), @r"
    error: opening the database: `` is not a database URL
    hint: use sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME
    exit 2
    error: opening the database: `linerent.db` is not a database URL
    hint: use sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME
    exit 2
    error: opening the database: `mysql://localhost/linerent` is not a database URL
    hint: use sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME
    exit 2
    error: opening the database: `postgresql+psycopg:…` is not a database URL
    hint: use sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME
    exit 2
    error: opening the database: `linerent:…` is not a database URL
    hint: use sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME
    exit 2
    error: opening the database: `postgres:…` is not a database URL
    hint: use sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME
    exit 2
    error: opening the database: `sqlite:linerent.db?mode=write` is not a database URL
    hint: use sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME
    exit 2
    error: opening the database: `sqlite:` is not a database URL
    hint: use sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME
    exit 2
    error: opening the database: `sqlite::memory:` is not a database URL
    hint: use sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME
    exit 2
    error: opening the database: `sqlite:linerent.db?mode=memory` is not a database URL
    hint: use sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME
    exit 2
    ");
    world.end().await;
}
