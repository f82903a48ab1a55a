//! Databases that are made: by several processes at once, for whom, and for which dates.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use linerent_testkit::{
    Engine, World, create_empty_postgres_database, drop_postgres_database, path_of,
};

/// `linerent init`, eight times at once.
fn eight_inits(world: &World, url: &str) -> Vec<String> {
    let start = || {
        let mut program = Command::new(path_of("linerent"));
        program.current_dir(world.folder()).args(["--database", url, "init", "--sandbox"]);
        program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
    };
    let programs: Vec<_> = (0..8).map(|_| start()).collect();
    let end = |output: Output| {
        assert!(output.status.success(), "{output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        said.split(';').next().expect("a sentence").to_owned()
    };
    let mut said: Vec<_> =
        programs.into_iter().map(|it| end(it.wait_with_output().expect("an end"))).collect();
    said.sort();
    said
}

#[tokio::test]
async fn processes_that_initialise_at_once_wait_for_each_other() {
    let world = World::new(Engine::Sqlite).await;
    let postgres = create_empty_postgres_database().await;
    for url in ["sqlite:new/linerent.db", &postgres] {
        let said = eight_inits(&world, url);
        assert_eq!(said[0], "the sandbox is ready", "one makes it");
        assert!(said[1..].iter().all(|it| it == "the sandbox is up to date"), "{said:?}");
    }
    drop_postgres_database(&postgres).await;
    world.end().await;
}

fn mode(path: &Path) -> u32 {
    let metadata = path.metadata().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    metadata.permissions().mode() & 0o777
}

/// Runs the program in `folder` under a umask that lets everyone read.
fn openly(folder: &Path, command: &str) -> String {
    let line = format!("umask 022; exec {} {command}", path_of("linerent").display());
    let mut shell = Command::new("sh");
    let output = shell.current_dir(folder).args(["-c", &line]).output().expect("a shell");
    assert!(output.status.success(), "{command}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

#[tokio::test]
async fn what_holds_personal_data_is_for_one_user() {
    let world = World::new(Engine::Sqlite).await;
    let folder = world.folder();
    let database = "--database sqlite:data/new/linerent.db";
    openly(folder, &format!("{database} init --sandbox"));
    let create = "account create Ada --email ada@example.com --key 0000000a";
    openly(folder, &format!("{database} {create}"));
    openly(folder, &format!("{database} mail test --to ada@example.com"));
    openly(folder, &format!("{database} account statement 0000000a --output ada.txt"));
    assert_eq!(mode(&folder.join("data")), 0o700);
    assert_eq!(mode(&folder.join("data/new")), 0o700);
    assert_eq!(mode(&folder.join("data/new/linerent.db")), 0o600);
    assert_eq!(mode(&folder.join("data/new/linerent.db-queue")), 0o600);
    assert_eq!(mode(&folder.join("ada.txt")), 0o600);
    let mails = folder.join("data/mail");
    assert_eq!(mode(&mails), 0o700);
    let mail = std::fs::read_dir(&mails).expect("a folder").next().expect("a mail").expect("it");
    assert_eq!(mode(&mail.path()), 0o600);
    // While the database is open, its log is there too.
    let app = linerent::operations::App::open(linerent_testkit::settings(&format!(
        "sqlite:{}",
        folder.join("data/new/linerent.db").display()
    )));
    let app = app.await.expect("an open database");
    let account = "0000000a".parse().expect("a key");
    let amount = "5".parse().expect("an amount");
    let booked = linerent::operations::accounts::book::top_up(&app, account, amount, "r").await;
    booked.expect("a top-up");
    assert_eq!(mode(&folder.join("data/new/linerent.db-wal")), 0o600);
    assert_eq!(mode(&folder.join("data/new/linerent.db-shm")), 0o600);
    app.store.close().await;
    world.end().await;
}

#[tokio::test]
async fn the_doctor_warns_of_files_that_others_can_read() {
    let world = World::new(Engine::Sqlite).await;
    let folder = world.folder();
    openly(folder, "--database sqlite:open/linerent.db init --sandbox");
    let doctor = || {
        let mut program = Command::new(path_of("linerent"));
        program.current_dir(folder).args(["--database", "sqlite:open/linerent.db", "doctor"]);
        let output = program.output().expect("the program starts");
        String::from_utf8(output.stdout).expect("text")
    };
    let restrict = |path: &str, mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(folder.join(path), permissions).expect("permissions");
    };
    assert!(!doctor().contains("other users"), "{}", doctor());
    restrict("open/linerent.db", 0o644);
    assert!(!doctor().contains("other users"), "the folder keeps them out");
    restrict("open", 0o755);
    let said = doctor();
    assert!(said.contains("other users of this machine can use open/linerent.db"), "{said}");
    assert!(said.contains("hint: `chmod go= open/linerent.db "), "{said}");
    restrict("open/linerent.db", 0o600);
    assert!(!doctor().contains("other users"), "{}", doctor());
    world.end().await;
}

/// The program in `folder` on a sandbox of its own, with settings by the environment.
fn sandbox(folder: &Path, zone: &str, command: &[&str]) -> Output {
    let mut program = Command::new(path_of("linerent"));
    program.current_dir(folder).args(["--database", "sqlite:dated.db"]).args(command);
    program.env("LINERENT__BILLING__TIME_ZONE", zone).env("LINERENT__MAIL__DIR", "mails");
    program.env("LINERENT__MAIL__OPERATOR", "operator@example.com");
    program.output().expect("the program starts")
}

#[tokio::test]
async fn a_sandbox_works_on_the_first_and_on_the_last_date() {
    for (on, zone) in [("1970-01-02", "Pacific/Kiritimati"), ("9998-12-30", "Etc/GMT+12")] {
        let folder = tempfile::tempdir().expect("a folder");
        let numbers = "msisdn,country,type,features,monthly_price,setup_price,currency\n\
                       447700900001,GB,mobile-lvn,SMS,1,0,EUR\n";
        std::fs::write(folder.path().join("numbers.csv"), numbers).expect("a file");
        let create = ["account", "create", "Ada", "--email", "ada@example.com"];
        for command in [
            &["init", "--sandbox", "--on", on][..],
            &[&create[..], &["--key", "0000000a", "--credit-limit", "9"]].concat(),
            &["number", "import", "numbers.csv"],
            &["rent", "0000000a", "447700900001"],
            &["run"],
            &["mail", "test", "--to", "ada@example.com"],
            &["notice", "list"],
            &["forecast", "--days", "30"],
            &["account", "history", "0000000a"],
            &["account", "statement", "0000000a", "--format", "pdf", "--output", "ada.pdf"],
            &["subscription", "list", "--due-by", "9999-12-31"],
            &["audit"],
        ] {
            let output = sandbox(folder.path(), zone, command);
            assert!(output.status.success(), "{on}: {command:?}: {output:?}");
        }
        assert!(folder.path().join("mails").read_dir().expect("mails").count() >= 2);
    }
}

#[tokio::test]
async fn a_date_that_a_mail_cannot_have_is_refused_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut said = Vec::new();
    for command in [
        &["init", "--sandbox", "--on", "1970-01-01"][..],
        &["init", "--sandbox", "--on", "9998-12-31"],
        &["init", "--sandbox", "--on", "9998-12-30"],
        &["sandbox", "advance", "--to", "9998-12-31"],
    ] {
        let output = sandbox(folder.path(), "UTC", command);
        said.push(String::from_utf8(output.stderr).expect("text"));
    }
    insta::assert_snapshot!(said.concat(), @r"
    error: a sandbox cannot have the date 1970-01-01
    hint: use a date from 1970-01-02 to 9998-12-30
    error: a sandbox cannot have the date 9998-12-31
    hint: use a date from 1970-01-02 to 9998-12-30
    error: a sandbox cannot have the date 9998-12-31
    hint: use a date from 1970-01-02 to 9998-12-30
    ");
}
