//! Starting, stopping, being killed, and several of them.

use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::{Duration, Instant};

use super::{
    POPULATION, assert_all_is_well, renewals_charged, unbilled, wait_for_a_charge, wait_for_the_end,
};
use linerent_testkit::daemon::{Daemon, wait_for};
use linerent_testkit::smtp_server::{Outage, SmtpServer};
use linerent_testkit::{Engine, World};

on_both_engines!(it_does_what_is_due_at_start_and_stops_when_asked, |world| {
    world.seed(&POPULATION).await;
    world.make_production().await;
    let daemon = world.start_daemon();
    daemon.wait_until_it_says("the run ended").await;
    assert_eq!(daemon.errors(), Vec::<String>::new());
    assert!(daemon.stop().await.success());
    assert_all_is_well(world).await;

    // Another start finds nothing to do.
    let charged = renewals_charged(world).await;
    let daemon = world.start_daemon();
    wait_for("a round of each loop", async || {
        let (_, page) = daemon.get("/metrics").await;
        page.matches("linerent_loop_last_success_timestamp_seconds{").count() == 4
    })
    .await;
    assert!(daemon.stop().await.success());
    assert_eq!(renewals_charged(world).await, charged);
});

on_both_engines!(asked_to_stop_in_a_run_it_ends_after_the_batch_in_hand, |world| {
    world.seed(&POPULATION).await;
    world.make_production().await;
    let mut stops = 0;
    while unbilled(world).await > 0 {
        let before = renewals_charged(world).await;
        let daemon = world.start_daemon();
        wait_for("a charge", async || {
            renewals_charged(world).await > before || daemon.has_said("the run ended")
        })
        .await;
        stops += u32::from(unbilled(world).await > 0);
        assert!(daemon.stop().await.success());
    }
    assert!(stops > 0, "it was never amid its run");
    assert_all_is_well(world).await;
});

on_both_engines!(killed_in_a_run_it_goes_on_at_the_next_start, |world| {
    world.seed(&POPULATION).await;
    world.make_production().await;
    for _ in 0..3 {
        let before = renewals_charged(world).await;
        let daemon = world.start_daemon();
        wait_for("a charge", async || {
            renewals_charged(world).await > before || unbilled(world).await == 0
        })
        .await;
        daemon.kill().await;
    }
    let daemon = world.start_daemon();
    wait_for_the_end(world).await;
    assert!(daemon.stop().await.success());
    assert_all_is_well(world).await;
});

#[tokio::test(flavor = "multi_thread")]
async fn of_two_daemons_one_takes_over_what_the_other_had_when_it_was_killed() {
    let world = World::new(Engine::Postgres).await;
    world.seed(&POPULATION).await;
    world.make_production().await;
    let log = |name: &str| world.folder().join(name);
    let doomed = Daemon::start(world.daemon_command(), log("doomed.log"));
    let heir = Daemon::start(world.daemon_command(), log("heir.log"));
    wait_for_a_charge(&world).await;
    doomed.kill().await;
    wait_for_the_end(&world).await;
    assert!(heir.stop().await.success());
    assert_all_is_well(&world).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sqlite_file_takes_one_daemon_and_the_admin_program_beside_it() {
    let world = World::new(Engine::Sqlite).await;
    world.make_production().await;
    let first = world.start_daemon();
    first.wait_until_it_says("at work").await;
    let log = world.folder().join("second.log");
    let mut second = Daemon::start(world.daemon_command(), log.clone());
    assert_eq!(second.ended().await.code(), Some(2));
    let errors = second.errors().join("\n");
    assert!(errors.contains("another linerentd is at work on this database"), "{errors}");
    let output = world.linerent(&["account", "create", "Ada", "--email", "ada@example.com"]);
    assert!(output.status.success(), "{output:?}");

    // However the first one dies, the lock dies with it.
    first.kill().await;
    let third = Daemon::start(world.daemon_command(), world.folder().join("third.log"));
    third.wait_until_it_says("at work").await;
    assert!(third.stop().await.success());
}

/// A daemon that will have a mail to send, and a mail server that takes the connection and never says a word.
async fn with_a_silent_mail_server(world: &World) -> (SmtpServer, Command) {
    let server = SmtpServer::start().await;
    server.outage(Some(Outage::Silent));
    world.one_rental_in_production().await;
    let mut command = world.daemon_command();
    command
        .env("LINERENT__MAIL__TRANSPORT", "smtp")
        .env("LINERENT__MAIL__SMTP__URL", server.url())
        .env("LINERENT__MAIL__FROM", "billing@example.com");
    (server, command)
}

on_both_engines!(what_takes_too_long_is_dropped_when_it_stops, |world| {
    let (server, mut command) = with_a_silent_mail_server(world).await;
    command.env("LINERENT__SHUTDOWN__GRACE_S", "1");
    let daemon = Daemon::start(command, world.folder().join("linerentd.log"));
    daemon.wait_until_it_says("the run ended").await;
    wait_for("the server is asked", async || server.connections() > 0).await;
    let begun = Instant::now();
    assert!(daemon.stop().await.success());
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(15), "{took:?}, where one connection alone takes 30 s");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_second_signal_ends_it_at_once, |world| {
    let (server, command) = with_a_silent_mail_server(world).await;
    let mut daemon = Daemon::start(command, world.folder().join("linerentd.log"));
    wait_for("the server is asked", async || server.connections() > 0).await;
    daemon.signal("TERM");
    daemon.wait_until_it_says("stopping after the batch in hand").await;
    wait_for("the second one counts", async || {
        daemon.signal("INT");
        daemon.has_said("stopping at once")
    })
    .await;
    assert_eq!(daemon.ended().await.code(), Some(130));
    assert_eq!(world.disagreements().await, []);
});

#[tokio::test(flavor = "multi_thread")]
async fn the_service_manager_is_told_how_it_goes() {
    let world = World::new(Engine::Sqlite).await;
    world.make_production().await;
    let path = world.folder().join("notify");
    let manager = UnixDatagram::bind(&path).expect("a socket");
    manager.set_nonblocking(true).expect("a socket that does not wait");
    let mut command = world.daemon_command();
    command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "300000");
    let daemon = Daemon::start(command, world.folder().join("linerentd.log"));
    let told = std::sync::Mutex::new(String::new());
    let is_told = async |words: &str| {
        let mut datagram = [0; 1_024];
        let mut told = told.lock().expect("a test of one thread");
        while let Ok(length) = manager.recv(&mut datagram) {
            told.push_str(&String::from_utf8_lossy(&datagram[..length]));
        }
        told.contains(words)
    };
    for words in ["READY=1", "WATCHDOG=1"] {
        wait_for(words, async || is_told(words).await).await;
    }
    daemon.signal("HUP");
    for words in ["RELOADING=1\nMONOTONIC_USEC=", "STATUS=the next run is due on"] {
        wait_for(words, async || is_told(words).await).await;
    }
    assert!(daemon.stop().await.success());
    assert!(is_told("STOPPING=1").await);
}
