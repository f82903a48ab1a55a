//! The real `linerentd`, as a process of its own.

use std::fs::File;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use linerent::clock::VirtualClock;
use linerent::installation::InstallationKind;
use linerent::rng::{Rng as _, SystemRng};
use serde_json::Value;

use crate::processes::path_of;
use crate::world::World;

/// How long anything may take until the test has failed.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// A `linerentd`, which is killed with its owner.
pub struct Daemon {
    process: Child,
    log: PathBuf,
}

impl World {
    /// Makes the database one for real, whose clock is the machine's.
    pub async fn make_production(&self) {
        self.execute_sql("UPDATE installation SET kind = 'production', sandbox_on = NULL").await;
    }

    /// Makes the database one for real, whose clock shows this time until it is moved.
    pub async fn make_production_at(&mut self, now: &str) -> VirtualClock {
        self.make_production().await;
        let clock = VirtualClock::new(now.parse().expect("an instant"));
        self.app.kind = InstallationKind::Production;
        self.app.clock = Arc::new(clock.clone());
        clock
    }

    /// One account with one number at 1 EUR and money for years, in a database for real.
    pub async fn one_rental_in_production(&self) {
        self.account("0000000a", "100").await;
        self.numbers(&["447700900001"], "1").await;
        self.rent("0000000a", "447700900001").await;
        self.make_production().await;
    }

    /// The daemon on this world's database, in this world's folder, on a port of its own, not started.
    /// The day's run is due at any time of the day, so that it is made up for at once.
    pub fn daemon_command(&self) -> Command {
        let mut command = Command::new(path_of("linerentd"));
        command
            .current_dir(self.folder())
            .env("LINERENT__DATABASE__URL", &self.url)
            .env("LINERENT__HTTP__LISTEN", "127.0.0.1:0")
            .env("LINERENT__SCHEDULE__RUN_AT", "00:00")
            .env("LINERENT__RUN__BATCH_ACCOUNTS", "5")
            .env("LINERENT__RUN__LEASE_S", "2")
            // The worlds begin long before the machine's date.
            .env("LINERENT__RUN__AHEAD_MAX_DAYS", "36500");
        command
    }

    pub fn start_daemon(&self) -> Daemon {
        Daemon::start(
            self.daemon_command(),
            self.folder().join(format!("{}.log", SystemRng.unique_name())),
        )
    }
}

impl Daemon {
    pub fn start(mut command: Command, log: PathBuf) -> Self {
        let stderr = File::options().create(true).append(true).open(&log).expect("a log");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr);
        Self { process: command.spawn().expect("the daemon starts"), log }
    }

    /// What it said so far, one JSON object for each line.
    pub fn said(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.log).expect("a log");
        // The last line may be half written.
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    pub fn has_said(&self, message: &str) -> bool {
        self.said().iter().any(|line| line["message"] == message)
    }

    /// What it said of trouble, in the order in which it said it.
    pub fn errors(&self) -> Vec<String> {
        let said = self.said();
        let errors = said.iter().filter(|line| line["level"] == "ERROR" || line["level"] == "WARN");
        let text = |value: &Value| value.as_str().map(str::to_owned).unwrap_or_default();
        errors.map(|line| format!("{}: {}", text(&line["message"]), text(&line["error"]))).collect()
    }

    pub async fn wait_until_it_says(&self, message: &str) {
        let begun = Instant::now();
        while !self.has_said(message) {
            assert!(begun.elapsed() < PATIENCE, "not said: {message}, but {:?}", self.errors());
            pause(begun).await;
        }
    }

    /// Where it can be asked how it is.
    pub async fn address(&self) -> String {
        self.wait_until_it_says("health and metrics are served").await;
        let said = self.said();
        let served = said.iter().rfind(|line| line["message"] == "health and metrics are served");
        served.expect("just seen")["http.listen"].as_str().expect("an address").to_owned()
    }

    /// Asks for `path`: the status, and what it answers.
    pub async fn get(&self, path: &str) -> (u16, String) {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut stream =
            tokio::net::TcpStream::connect(self.address().await).await.expect("a connection");
        let request = format!("GET {path} HTTP/1.0\r\nHost: linerentd\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).expect("a status").parse().expect("a number");
        (status, body.to_owned())
    }

    /// The value of a metric with its labels, as it is written.
    pub async fn metric(&self, name: &str) -> Option<String> {
        let (_, page) = self.get("/metrics").await;
        let value = page.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
        value.map(str::to_owned)
    }

    pub fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().expect("`kill` starts");
        assert!(sent.success(), "the daemon is gone: {:?}", self.said());
    }

    /// Asks it to stop, and waits for its end.
    pub async fn stop(mut self) -> ExitStatus {
        self.signal("TERM");
        self.ended().await
    }

    pub async fn kill(mut self) {
        self.process.kill().expect("a child of ours");
        assert_eq!(self.ended().await.signal(), Some(9));
    }

    /// Waits for its end.
    pub async fn ended(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().expect("a child of ours") {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end: {:?}", self.said());
            pause(begun).await;
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Waits before another process is looked at again: the longer it takes, the longer, since each look costs CPU time
/// that the process needs.
pub async fn pause(begun: Instant) {
    let pause = begun.elapsed() / 20;
    tokio::time::sleep(pause.clamp(Duration::from_millis(5), Duration::from_millis(50))).await;
}

/// Waits until it `holds`: another process is at work, and there is nothing to hear from it.
pub async fn wait_for(what: &str, holds: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < PATIENCE, "did not happen in time: {what}");
        pause(begun).await;
    }
}
