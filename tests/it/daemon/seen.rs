//! What is seen of the daemon from outside.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use super::{POPULATION, assert_all_is_well, renewals_charged};
use linerent_testkit::daemon::{Daemon, wait_for};
use linerent_testkit::{Engine, World};

on_both_engines!(the_metrics_tell_what_was_done, |world| {
    world.seed(&POPULATION).await;
    world.make_production().await;
    let daemon = world.start_daemon();
    daemon.wait_until_it_says("the run ended").await;
    let charged = renewals_charged(world).await.to_string();
    assert_eq!(daemon.metric("linerent_renewals_total").await, Some(charged));
    for pass in ["renew", "reload", "unfunded", "return", "ahead"] {
        let count = format!("linerent_pass_duration_seconds_count{{pass=\"{pass}\"}}");
        assert_eq!(daemon.metric(&count).await.as_deref(), Some("1"), "{pass}");
    }
    wait_for("the run is over for the monitor, too", async || {
        daemon.metric("linerent_run_overdue_seconds").await.as_deref() == Some("0")
    })
    .await;
    assert!(daemon.metric("linerent_run_last_success_timestamp_seconds").await.is_some());
    let oldest = daemon.metric("linerent_oldest_unbilled_due_date_timestamp_seconds").await;
    assert_eq!(oldest, None, "all is billed");
    let (status, page) = daemon.get("/readyz").await;
    assert_eq!((status, page.contains(r#""run":"done""#)), (200, true), "{page}");
    let (status, _) = daemon.get("/elsewhere").await;
    assert_eq!(status, 404);
    assert!(daemon.stop().await.success());
});

on_both_engines!(a_run_that_is_late_is_seen_everywhere, |world| {
    world.seed(&POPULATION).await;
    world.make_production().await;
    world.execute_sql("ALTER TABLE run_slices RENAME TO run_slices_gone").await;
    let mut command = world.daemon_command();
    command.env("LINERENT__SCHEDULE__LATE_AFTER", "1s");
    let daemon = Daemon::start(command, world.folder().join("linerentd.log"));
    daemon.wait_until_it_says("the run is late").await;
    let (status, page) = daemon.get("/readyz").await;
    assert_eq!((status, page.contains(r#""run":"late""#)), (503, true), "{page}");
    let (status, page) = daemon.get("/healthz").await;
    assert_eq!((status, page.contains(r#""run":"late""#)), (200, true), "{page}");
    let overdue = daemon.metric("linerent_run_overdue_seconds").await.expect("a figure");
    assert_ne!(overdue, "0");

    world.execute_sql("ALTER TABLE run_slices_gone RENAME TO run_slices").await;
    daemon.wait_until_it_says("the run is no longer late").await;
    assert_eq!(daemon.get("/readyz").await.0, 200);
    assert!(daemon.has_said("it works again"));
    let said = daemon.said();
    let of_the_run = said.iter().filter(|line| line["loop.name"] == "run");
    let messages: Vec<_> = of_the_run.map(|line| &line["message"]).collect();
    let once = ["it failed, and is tried again", "it works again"];
    assert_eq!(messages, once, "the same failure is told once");
    assert!(daemon.stop().await.success());
    assert_all_is_well(world).await;
});

#[tokio::test(flavor = "multi_thread")]
async fn a_hangup_reads_the_configuration_again() {
    let world = World::new(Engine::Sqlite).await;
    world.make_production().await;
    let file = world.folder().join("linerent.toml");
    let configure = |text: &str| std::fs::write(&file, text).expect("a file");
    configure("[schedule]\nlate_after = \"1h\"\n");
    let mut command = world.daemon_command();
    command.arg("--config").arg(&file);
    let daemon = Daemon::start(command, world.folder().join("linerentd.log"));
    daemon.wait_until_it_says("at work").await;

    configure("[release]\ngrace_days = \"many\"\n");
    daemon.signal("HUP");
    daemon.wait_until_it_says("the configuration stays as it was, the new one is wrong").await;
    assert!(daemon.errors().last().expect("an error").contains("grace_days"));

    configure("[shutdown]\ngrace_s = 7\n[mail]\ndir = \"elsewhere\"\n");
    daemon.signal("HUP");
    let read = "the configuration was read again, and holds from the next round on";
    daemon.wait_until_it_says(read).await;
    let said = daemon.said();
    let kept = said.iter().find(|line| line["level"] == "WARN").expect("a warning");
    assert_eq!(kept["key"], "shutdown.grace_s");
    assert_eq!(kept["message"], "it has changed, and holds from the next start on");

    // A notice that is queued from now on goes where the new configuration says.
    world.account("0000000a", "1").await;
    world.numbers(&["447700900001"], "1").await;
    world.rent("0000000a", "447700900001").await;
    assert!(world.linerent(&["run", "--no-mail"]).status.success());
    let elsewhere = world.folder().join("elsewhere");
    wait_for("a mail elsewhere", async || elsewhere.is_dir()).await;
    assert!(daemon.stop().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_asks_the_daemon_how_it_is() {
    let world = World::new(Engine::Sqlite).await;
    world.make_production().await;
    let daemon = world.start_daemon();
    daemon.wait_until_it_says("the run ended").await;
    let address = daemon.address().await;
    let probe = |arguments: &[&str]| {
        let mut probe = Command::new(linerent_testkit::path_of("linerentd"));
        probe.arg("probe").args(arguments).env("LINERENT__HTTP__LISTEN", &address);
        probe.output().expect("the probe starts")
    };
    for arguments in [&[][..], &["--ready"]] {
        let output = probe(arguments);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{output:?}");
        assert!(said.contains(r#""status":"ok""#), "{said}");
    }
    assert!(daemon.stop().await.success());
    let output = probe(&[]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    let expected = format!("nothing listens on {address}, the address in `http.listen`");
    assert!(said.contains(&expected), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_that_rules_and_dashboard_speak_of_is_there() {
    let world = World::new(Engine::Sqlite).await;
    world.seed(&POPULATION).await;
    world.make_production().await;
    // Something unbilled and something to be sent, so that no figure is left out.
    world.account("0000000b", "0").await;
    world.execute_sql("UPDATE subscriptions SET account_id = 11 WHERE account_id = 0").await;
    let mut command = world.daemon_command();
    command.env("LINERENT__MAIL__DIR", "/dev/null/mail");
    let daemon = Daemon::start(command, world.folder().join("linerentd.log"));
    daemon.wait_until_it_says("the run ended").await;
    let names = async || {
        let (_, page) = daemon.get("/metrics").await;
        let samples = page.lines().filter(|line| !line.starts_with('#'));
        let name = |line: &str| line.split(['{', ' ']).next().unwrap_or_default().to_owned();
        samples.map(name).collect::<BTreeSet<_>>()
    };
    wait_for("what comes last", async || {
        names().await.contains("linerent_oldest_unbilled_due_date_timestamp_seconds")
    })
    .await;
    let names = names().await;
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
    for file in ["prometheus/alerts.yaml", "grafana/linerent.json"] {
        let text = std::fs::read_to_string(deploy.join(file)).expect(file);
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let used: BTreeSet<_> = words
            .filter(|word| word.starts_with("linerent_") || word.starts_with("process_"))
            .collect();
        assert!(used.len() > 5, "{file} speaks of {used:?} only");
        let missing: Vec<_> = used.iter().filter(|name| !names.contains(**name)).collect();
        assert_eq!(missing, Vec::<&&str>::new(), "{file}");
    }
    assert!(daemon.stop().await.success());
}
