//! `doctor`, through the real program: one line for each thing that it looked at, a remedy for each that
//! is not well, and all the others looked at all the same.

mod outside;

use linerent_testkit::{Engine, World, create_empty_postgres_database, drop_postgres_database};
use std::process::Command;

/// What the doctor says of the world, without what differs from one machine to another.
fn doctor(world: &World, variables: &[(&str, &str)]) -> String {
    answer(world, world.program(&["doctor"]).envs(variables.iter().copied()))
}

/// What stands between these: versions, the room on the disk, times, ports.
const VARYING: [(&str, &str); 9] = [
    ("SQLite ", " answers"),
    ("PostgreSQL ", " answers"),
    ("database       ", " free on"),
    ("it is ", " in UTC"),
    ("it is ", ", and 2999"),
    ("127.0.0.1:", " cannot"),
    ("127.0.0.1:", " accepts"),
    ("localhost:", " accepts"),
    ("since 00:00, for ", ""),
];

fn answer(world: &World, program: &mut Command) -> String {
    let output = program.output().expect("the program starts");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let folder = world.folder().display().to_string();
    let lines = printed.lines().map(|line| {
        let line = line.replace(&folder, "FOLDER");
        let mut line = line.split(" (os error").next().unwrap_or_default().to_owned();
        for (before, after) in VARYING {
            if let Some(begin) = line.find(before).map(|at| at + before.len())
                && let Some(end) = line.get(begin..).and_then(|rest| rest.find(after))
            {
                let end = if after.is_empty() { line.len() } else { begin + end };
                line.replace_range(begin..end, "…");
            }
        }
        line
    });
    let code = output.status.code().expect("the program ends by itself");
    format!("{}\nexit {code}", lines.collect::<Vec<_>>().join("\n"))
}

on_both_engines!(a_sandbox_after_a_day_is_well, |world| {
    world.advance("2026-02-01").await;
    let said = doctor(world, &[]);
    match world.engine {
        Engine::Sqlite => insta::assert_snapshot!(said, @r"
        ok       configuration  valid: no file, `--database`
        ok       database       SQLite … answers
        ok       database       a sandbox, schema up to date
        ok       database       writable
        ok       database       … free on the disk of FOLDER
        ok       clock          the sandbox's date is 2026-02-01
        ok       runs           the run of 2026-02-01 is complete; the next is due on 2026-02-02 at 02:30
        ok       runs           everything that is due is charged
        ok       gateway        `sandbox` is used: no real card is charged
        ok       mail           templates loaded, sender Billing <billing@localhost>
        ok       mail           mails become files in data/mail
        ok       notices        none waits for long
        ok       notices        none was given up in the last 7 days

        no problems found
        exit 0
        "),
        Engine::Postgres => insta::assert_snapshot!(said, @r"
        ok       configuration  valid: no file, `--database`
        ok       database       PostgreSQL … answers
        ok       database       clock agrees with this machine's
        ok       database       a sandbox, schema up to date
        ok       database       writable
        ok       clock          the sandbox's date is 2026-02-01
        ok       runs           the run of 2026-02-01 is complete; the next is due on 2026-02-02 at 02:30
        ok       runs           everything that is due is charged
        ok       gateway        `sandbox` is used: no real card is charged
        ok       mail           templates loaded, sender Billing <billing@localhost>
        ok       mail           mails become files in data/mail
        ok       notices        none waits for long
        ok       notices        none was given up in the last 7 days

        no problems found
        exit 0
        "),
    }
});

/// A production database, which has never been run.
async fn production(engine: Engine) -> World {
    let mut world = World::new(engine).await;
    world.url = match engine {
        Engine::Sqlite => format!("sqlite:{}", world.folder().join("real.db").display()),
        Engine::Postgres => create_empty_postgres_database().await,
    };
    assert!(world.linerent(&["init"]).status.success());
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_production_database_has_warnings_and_nothing_wrong() {
    let world = production(Engine::Sqlite).await;
    let said = doctor(&world, &[("LINERENT__SCHEDULE__RUN_AT", "00:00")]);
    insta::assert_snapshot!(said, @r"
    ok       configuration  valid: no file, 1 environment variable, `--database`
    ok       database       SQLite … answers
    ok       database       a production database, schema up to date
    ok       database       writable
    ok       database       … free on the disk of FOLDER
    ok       clock          it is … in UTC
    warning  runs           no run has been done; today's has been due since 00:00, for …
                            hint: start `linerentd`, or run `linerent run`: each missed period is charged once
    ok       runs           everything that is due is charged
    ok       gateway        no cards are charged, and no account asks for it
    ok       mail           templates loaded, sender Billing <billing@localhost>
    ok       mail           mails become files in data/mail
    warning  mail           no address for the run reports
                            hint: set `mail.operator`
    ok       notices        none waits for long
    ok       notices        none was given up in the last 7 days

    2 warnings
    exit 0
    ");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_went_back_and_an_account_that_failed_are_told() {
    let sandbox = World::new(Engine::Postgres).await;
    let url = sandbox.url.clone();
    let mut world = sandbox;
    world.url = create_empty_postgres_database().await;
    assert!(world.linerent(&["init"]).status.success());
    world
        .execute_sql(
            "INSERT INTO runs (billing_date, status, started_at, finished_at)
             VALUES ('2999-01-01', 'complete', '2999-01-01', '2999-01-01');
             INSERT INTO run_failures (billing_date, account_id, reason)
             VALUES ('2999-01-01', 1, 'a reason')",
        )
        .await;
    insta::assert_snapshot!(doctor(&world, &[]), @r"
    ok       configuration  valid: no file, `--database`
    ok       database       PostgreSQL … answers
    ok       database       clock agrees with this machine's
    ok       database       a production database, schema up to date
    ok       database       writable
    wrong    clock          the clock went back: it is …, and 2999-01-01 was run
                            hint: set this machine's clock, best by NTP, or check `billing.time_zone`; until then no run begins
    warning  runs           the run of 2999-01-01 could not bill 1 of the accounts
                            hint: `linerent run show 2999-01-01` says why
    ok       runs           everything that is due is charged
    ok       gateway        no cards are charged, and no account asks for it
    ok       mail           templates loaded, sender Billing <billing@localhost>
    ok       mail           mails become files in data/mail
    warning  mail           no address for the run reports
                            hint: set `mail.operator`
    ok       notices        none waits for long
    ok       notices        none was given up in the last 7 days

    1 wrong, 2 warnings
    exit 2
    ");
    drop_postgres_database(&world.url).await;
    world.url = url;
    world.end().await;
}

on_both_engines!(a_database_that_is_not_linerents_is_wrong_and_mail_is_looked_at, |world| {
    world.execute_sql("UPDATE _sqlx_migrations SET version = version + 20240101000000").await;
    let said = doctor(world, &[]);
    match world.engine {
        Engine::Sqlite => insta::assert_snapshot!(said, @r"
        ok       configuration  valid: no file, `--database`
        ok       database       SQLite … answers
        wrong    database       the database holds something else than linerent's tables
                                hint: point `database.url` at an empty database
        warning  database       the clock, the runs and the notices could not be looked at
                                hint: repair the database, then run `linerent doctor` again
        ok       database       … free on the disk of FOLDER
        ok       mail           templates loaded, sender Billing <billing@localhost>
        ok       mail           mails become files in data/mail

        1 wrong, 1 warning
        exit 2
        "),
        Engine::Postgres => insta::assert_snapshot!(said, @r"
        ok       configuration  valid: no file, `--database`
        ok       database       PostgreSQL … answers
        ok       database       clock agrees with this machine's
        wrong    database       the database holds something else than linerent's tables
                                hint: point `database.url` at an empty database
        warning  database       the clock, the runs and the notices could not be looked at
                                hint: repair the database, then run `linerent doctor` again
        ok       mail           templates loaded, sender Billing <billing@localhost>
        ok       mail           mails become files in data/mail

        1 wrong, 1 warning
        exit 2
        "),
    }
});

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_missing_or_read_only_is_wrong() {
    let mut world = World::new(Engine::Sqlite).await;
    let url = world.url.clone();
    world.url = "sqlite:nowhere.db".to_owned();
    insta::assert_snapshot!(doctor(&world, &[]), @r"
    ok       configuration  valid: no file, `--database`
    wrong    database       opening the database: the database cannot be used: unable to open database file
                            hint: the file does not exist or cannot be opened: run `linerent init`, or check `database.url`
    warning  database       the clock, the runs and the notices could not be looked at
                            hint: repair the database, then run `linerent doctor` again
    ok       database       … free on the disk of .
    ok       mail           templates loaded, sender Billing <billing@localhost>
    ok       mail           mails become files in data/mail

    1 wrong, 1 warning
    exit 2
    ");
    world.url = format!("{url}?mode=ro");
    insta::assert_snapshot!(doctor(&world, &[]), @r"
    ok       configuration  valid: no file, `--database`
    ok       database       SQLite … answers
    ok       database       a sandbox, schema up to date
    wrong    database       not writable: the database cannot be used: attempt to write a readonly database
                            hint: it is read-only: check `database.url`, and the permissions of the file and its folder
    ok       database       … free on the disk of FOLDER
    ok       clock          the sandbox's date is 2026-01-31
    ok       runs           no run for 2026-01-31 yet
    ok       runs           everything that is due is charged
    ok       gateway        `sandbox` is used: no real card is charged
    ok       mail           templates loaded, sender Billing <billing@localhost>
    ok       mail           mails become files in data/mail
    ok       notices        none waits for long
    ok       notices        none was given up in the last 7 days

    1 wrong, 0 warnings
    exit 2
    ");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_or_only_reads_is_wrong() {
    let mut world = World::new(Engine::Postgres).await;
    world
        .execute_sql(
            "DO $$ BEGIN
                EXECUTE 'ALTER DATABASE ' || current_database()
                    || ' SET default_transaction_read_only = on';
            END $$",
        )
        .await;
    insta::assert_snapshot!(doctor(&world, &[]), @r"
    ok       configuration  valid: no file, `--database`
    ok       database       PostgreSQL … answers
    ok       database       clock agrees with this machine's
    ok       database       a sandbox, schema up to date
    wrong    database       not writable: the database cannot be used: cannot execute UPDATE in a read-only transaction
                            hint: the server is read-only: point `database.url` at the primary
    ok       clock          the sandbox's date is 2026-01-31
    ok       runs           no run for 2026-01-31 yet
    ok       runs           everything that is due is charged
    ok       gateway        `sandbox` is used: no real card is charged
    ok       mail           templates loaded, sender Billing <billing@localhost>
    ok       mail           mails become files in data/mail
    ok       notices        none waits for long
    ok       notices        none was given up in the last 7 days

    1 wrong, 0 warnings
    exit 2
    ");
    let url = std::mem::replace(&mut world.url, "postgres://ada:hunter2@127.0.0.1:1/x".to_owned());
    insta::assert_snapshot!(doctor(&world, &[]), @r"
    ok       configuration  valid: no file, `--database`
    wrong    database       opening the database: the database cannot be used: connection refused
                            hint: check `database.url`, and that the server runs and can be reached
    warning  database       the clock, the runs and the notices could not be looked at
                            hint: repair the database, then run `linerent doctor` again
    ok       mail           templates loaded, sender Billing <billing@localhost>
    ok       mail           mails become files in data/mail

    1 wrong, 1 warning
    exit 2
    ");
    world.url = url;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_that_wait_or_were_given_up_are_told() {
    let world = World::new(Engine::Sqlite).await;
    let insert = |kind: &str, status: &str, settled: &str| {
        format!(
            "INSERT INTO notices (account_id, billing_date, kind, ordinal, content, queued_at, token,
                status, attempts, created_at, due_at, settled_at)
             VALUES (1, '2026-01-31', '{kind}', 1, jsonb('{{}}'), '2026-01-31T00:00:00+00:00', 1,
                '{status}', 0, '2026-01-31T00:00:00+00:00', '2026-01-31T00:00:00+00:00', {settled})"
        )
    };
    world.execute_sql(&insert("past_due", "pending", "NULL")).await;
    world.execute_sql(&insert("released", "failed", "'2999-01-31T00:00:00+00:00'")).await;
    let said = doctor(&world, &[]);
    let notices: Vec<_> = said.lines().skip_while(|line| !line.contains("notices")).collect();
    let since = notices.join("\n");
    let (before, after) = since.split_once("oldest for ").expect("how long");
    let after = after.split_once(" days").expect("many").1;
    insta::assert_snapshot!(format!("{before}oldest for … days{after}"), @r"
    warning  notices        1 have waited for more than an hour, the oldest for … days
                            hint: `linerentd`, or `linerent notice send`, delivers them; `linerent notice list --status pending` says what the mail server said
    warning  notices        1 given up in the last 7 days
                            hint: `linerent notice list --status failed` says why, `linerent notice retry --failed` tries again

    2 warnings
    exit 0
    ");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_cannot_be_read_are_the_only_finding() {
    let world = World::new(Engine::Sqlite).await;
    let said = doctor(&world, &[("LINERENT__BILLING__TIME_ZONE", "Europe/Atlantis")]);
    insta::assert_snapshot!(said, @r#"
    wrong    configuration  `billing.time_zone` is `Europe/Atlantis` in LINERENT__BILLING__TIME_ZONE, expected the IANA name of a time zone, such as "Europe/London"
                            hint: `linerent config default` explains all settings
    warning  configuration  nothing else could be looked at
                            hint: correct the configuration, then run `linerent doctor` again

    1 wrong, 1 warning
    exit 2
    "#);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_reads_each_finding_as_an_object() {
    let world = World::new(Engine::Sqlite).await;
    let mut program = world.program(&["--json", "doctor"]);
    let output = program.env("LINERENT__MAIL__DIR", "/dev/null/x").output().expect("it starts");
    let findings: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    let of = |about: &str| {
        let found = findings.iter().filter(|it| it["about"] == about);
        found.map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!([of("clock"), of("mail")].join("\n"), @r#"
    {"about":"clock","finding":"the sandbox's date is 2026-01-31","remedy":null,"state":"ok"}
    {"about":"mail","finding":"templates loaded, sender Billing <billing@localhost>","remedy":null,"state":"ok"}
    {"about":"mail","finding":"no mail can leave: /dev/null is not a folder; see `mail.dir`","remedy":"see `mail` in the configuration; notices wait, and `linerent mail test --to ADDRESS` tries","state":"wrong"}
    "#);
    assert_eq!(output.status.code(), Some(2));
    world.end().await;
}
