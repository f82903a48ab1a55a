//! What a daemon depends on goes away and comes back.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::proxy::Proxy;
use super::{POPULATION, assert_all_is_well, unbilled, wait_for_a_charge};
use linerent_testkit::daemon::{Daemon, wait_for};
use linerent_testkit::{Engine, World};

/// A PostgreSQL server of a test's own, which may go and come back.
struct Cluster {
    name: &'static str,
}

impl Cluster {
    /// Starts, stops or crashes it; says what it says, its URL at the start.
    fn control(&self, verb: &str) -> String {
        let script = std::env::var("LINERENT_TEST_CLUSTERS").expect(
            "LINERENT_TEST_CLUSTERS names the script for clusters: run `./scripts/test`, which has one",
        );
        let output =
            Command::new("bash").arg(script).args([self.name, verb]).output().expect("it starts");
        assert!(output.status.success(), "{verb}: {output:?}");
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }

    /// A world in it.
    async fn world(&self) -> World {
        let folder = tempfile::tempdir().expect("a temporary folder");
        World::in_postgres_cluster(&self.control("start"), folder).await
    }
}

/// The daemon is ready soon after the database is back: it asks every second, and the rest is for a busy machine.
async fn assert_recovers(daemon: &Daemon) {
    let begun = Instant::now();
    wait_for("it is ready again", async || daemon.get("/readyz").await.0 == 200).await;
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(25), "{took:?}");
}

/// PostgreSQL goes by `verb` in the middle of a run, and comes back after a while.
async fn goes_in_a_run(cluster: Cluster, verb: &str) {
    let world = cluster.world().await;
    world.seed(&POPULATION).await;
    world.make_production().await;
    let mut command = world.daemon_command();
    command.env("LINERENT__MAIL__OPERATOR", "operations@example.com");
    let daemon = Daemon::start(command, world.folder().join("linerentd.log"));
    wait_for_a_charge(&world).await;
    cluster.control(verb);
    daemon.wait_until_it_says("the database is unavailable").await;
    wait_for("it is not ready", async || daemon.get("/readyz").await.0 == 503).await;
    assert_eq!(daemon.get("/healthz").await.0, 200);
    assert_eq!(daemon.metric("linerent_database_up").await.as_deref(), Some("0"));
    cluster.control("start");
    assert_recovers(&daemon).await;
    daemon.wait_until_it_says("the run ended").await;
    daemon.wait_until_it_says("the database is available again").await;
    let folder = world.folder().join("data/mail");
    wait_for("a mail is delivered", async || folder.exists()).await;
    // In our words, not the driver's.
    for error in daemon.errors() {
        assert!(!error.contains("communicating") && !error.contains("pool timed out"), "{error}");
    }
    assert!(daemon.stop().await.success());
    assert_all_is_well(&world).await;
    // It passed by itself, so nobody was called.
    let mails = std::fs::read_dir(&folder).expect("a folder of mails");
    let text = |mail: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(mail.expect("a mail").path()).expect("text")
    };
    assert_eq!(mails.map(text).filter(|mail| mail.contains("Action needed")).count(), 0);
    cluster.control("stop");
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_restarted_in_a_run() {
    goes_in_a_run(Cluster { name: "restarted" }, "stop").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_crashes_in_a_run() {
    goes_in_a_run(Cluster { name: "crashed" }, "crash").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_at_the_start_is_waited_for() {
    let cluster = Cluster { name: "late" };
    let world = cluster.world().await;
    world.make_production().await;
    cluster.control("stop");
    let daemon = world.start_daemon();
    daemon.wait_until_it_says("the database is unavailable").await;
    assert_eq!(daemon.get("/healthz").await.0, 200);
    assert_eq!(daemon.get("/readyz").await.0, 503);
    cluster.control("start");
    daemon.wait_until_it_says("the run ended").await;
    wait_for("it is ready", async || daemon.get("/readyz").await.0 == 200).await;
    assert!(daemon.stop().await.success());

    // And it may be asked to stop while it waits.
    cluster.control("stop");
    let daemon = Daemon::start(world.daemon_command(), world.folder().join("again.log"));
    daemon.wait_until_it_says("the database is unavailable").await;
    assert!(daemon.stop().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_vanishes_without_a_word_is_not_waited_for_for_ever() {
    let world = World::new(Engine::Postgres).await;
    world.seed(&POPULATION).await;
    world.make_production().await;
    let (user, rest) = world.url.split_once('@').expect("a user");
    let (server, database) = rest.split_once('/').expect("a database");
    let proxy = Proxy::to(server.to_owned()).await;
    let mut command = world.daemon_command();
    command
        .args(["--database", &format!("{user}@{}/{database}", proxy.address)])
        .env("LINERENT__DATABASE__ANSWER_MAX", "1s")
        .env("LINERENT__DATABASE__CONNECTIONS_MAX", "30");
    let daemon = Daemon::start(command, world.folder().join("linerentd.log"));
    wait_for_a_charge(&world).await;
    proxy.lose_all();
    wait_for("it gives up waiting", async || {
        daemon.errors().iter().any(|error| error.contains("the server does not answer"))
    })
    .await;
    daemon.wait_until_it_says("the run ended").await;
    assert!(daemon.stop().await.success());
    assert_all_is_well(&world).await;
    world.end().await;
}

/// A disk of its own size, which is unmounted with its owner.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(on: &Path) -> Self {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=96m", "tmpfs"]).arg(on);
        let status = mount.status().expect("`mount` starts");
        assert!(status.success(), "a small disk is mounted by root only: run the tests as root");
        Self(on.to_owned())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a failed test may still have files open.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_the_run_until_there_is_room() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let disk = folder.path().join("disk");
    std::fs::create_dir(&disk).expect("a folder");
    let _mounted = SmallDisk::mount(&disk);
    let world = World::in_sqlite_file(&disk.join("linerent.db"), folder).await;
    world.seed(&POPULATION).await;
    world.make_production().await;
    let filler = disk.join("filler");
    fill(&filler);
    let daemon = world.start_daemon();
    wait_for("the disk is full", async || {
        daemon.errors().iter().any(|error| error.contains("disk is full"))
    })
    .await;
    let unbilled = unbilled(&world).await;
    assert!(unbilled > 0, "the disk is too large");
    std::fs::remove_file(&filler).expect("room again");
    daemon.wait_until_it_says("the run ended").await;
    assert!(daemon.stop().await.success());
    assert_all_is_well(&world).await;
}

/// Writes until nothing more goes in.
fn fill(path: &Path) {
    use std::io::Write as _;
    let mut file = std::fs::File::create(path).expect("a file");
    while file.write_all(&[0; 4_096]).is_ok() {}
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_in_use_is_refused_at_the_start() {
    let world = World::new(Engine::Sqlite).await;
    world.make_production().await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let mut command = world.daemon_command();
    command.env("LINERENT__HTTP__LISTEN", &address);
    let mut daemon = Daemon::start(command, world.folder().join("linerentd.log"));
    assert_eq!(daemon.ended().await.code(), Some(2));
    let said = daemon.said();
    let last = said.last().expect("a word");
    assert_eq!(
        last["error"],
        format!("listening on {address}: Address already in use (os error 98)")
    );
    let hint = "set `http.listen` to a free address of this machine, or to off";
    assert_eq!(last["hint"], hint);
    assert_eq!(world.texts("SELECT status FROM runs").await, Vec::<String>::new());
}

on_both_engines!(mails_wait_for_a_folder_that_can_be_written_to, |world| {
    world.one_rental_in_production().await;
    // A file where the folder should be: not even root can write into that.
    let folder = world.folder().join("mail");
    std::fs::write(&folder, "").expect("a file");
    let mut command = world.daemon_command();
    command.env("LINERENT__MAIL__DIR", &folder);
    let daemon = Daemon::start(command, world.folder().join("linerentd.log"));
    daemon.wait_until_it_says("the run ended").await;
    wait_for("it cannot deliver", async || {
        let failures = r#"linerent_loop_consecutive_failures{loop="delivery"}"#;
        daemon.metric(failures).await.is_some_and(|count| count != "0")
    })
    .await;
    let pending = r#"linerent_notice_backlog{state="pending"}"#;
    assert_ne!(daemon.metric(pending).await.as_deref(), Some("0"));
    assert_eq!(unbilled(world).await, 0, "the run is not held up");
    std::fs::remove_file(&folder).expect("the file goes");
    wait_for("the mails have left", async || daemon.metric(pending).await.as_deref() == Some("0"))
        .await;
    assert!(folder.read_dir().expect("a folder").count() > 0);
    assert!(daemon.stop().await.success());
    assert_all_is_well(world).await;
});

on_both_engines!(a_schema_of_another_version_is_refused_with_the_remedy, |world| {
    world.make_production().await;
    let last = "(SELECT MAX(version) FROM _sqlx_migrations)";
    let newer = format!(
        "INSERT INTO _sqlx_migrations SELECT 9999, description, installed_on, success, checksum, execution_time
         FROM _sqlx_migrations WHERE version = {last}"
    );
    for (sabotage, remedy) in [
        (newer, "newer"),
        ("DELETE FROM _sqlx_migrations WHERE version >= 9".to_owned(), "linerent init"),
    ] {
        world.execute_sql(&sabotage).await;
        let log = world.folder().join(format!("{}.log", remedy.replace(' ', "-")));
        let mut daemon = Daemon::start(world.daemon_command(), log);
        assert_eq!(daemon.ended().await.code(), Some(2));
        let last = format!("{:?}", daemon.said().last());
        assert!(last.contains(remedy), "{last}");
    }
});
