//! What a daemon takes that has nothing to do: resident memory, and CPU time over a minute, on SQLite
//! and, where there is a cluster, on PostgreSQL. Beside it the limits that it is to stay below.
//!
//! `LINERENT_BENCH_SECONDS` is how long to look, 60 by default.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a benchmark prints, and measures real time"
)]

mod common;

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use linerent::clock::SystemClock;
use linerent::config;
use linerent::operations::databases::init;

use common::{cluster, create_database, ratio, setting};

const RESIDENT_MAX_KIB: u64 = 30 * 1_024;
/// A thousandth of a core.
const CORE_SHARE_MAX: u32 = 1_000;
/// What is done at the start is not idleness.
const SETTLE: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> Result<()> {
    let seconds = setting("LINERENT_BENCH_SECONDS", 60)?;
    let folder = tempfile::tempdir()?;
    let file = format!("sqlite:{}", folder.path().join("linerent.db").display());
    measure("sqlite", &file, folder.path(), seconds).await?;
    if let Some(cluster) = cluster() {
        measure("postgres", &create_database(&cluster).await?, folder.path(), seconds).await?;
    }
    Ok(())
}

async fn measure(name: &str, url: &str, folder: &std::path::Path, seconds: u64) -> Result<()> {
    init::init(
        &config::load(None, Some(url))?.settings,
        init::Wanted::AsItIs,
        &SystemClock::default(),
    )
    .await?;
    let daemon = Daemon(
        Command::new(env!("CARGO_BIN_EXE_linerentd"))
            .current_dir(folder)
            .args(["--database", url])
            .env("LINERENT__HTTP__LISTEN", "127.0.0.1:0")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?,
    );
    tokio::time::sleep(SETTLE).await;
    let before = daemon.cpu()?;
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let took = daemon.cpu()? - before;
    let allowed = Duration::from_secs(seconds) / CORE_SHARE_MAX;
    println!(
        "idle, {name}: {} KiB resident, on SQLite {RESIDENT_MAX_KIB} at most; {} ms of CPU in {seconds} s, {} of a thousandth of a core",
        daemon.resident_kib()?,
        took.as_millis(),
        ratio(took, allowed)
    );
    Ok(())
}

struct Daemon(Child);

impl Daemon {
    fn resident_kib(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let resident = resident.context("Linux tells the resident memory")?;
        Ok(resident.trim().trim_end_matches(" kB").parse()?)
    }

    /// The CPU time of all its threads, to a nanosecond: `/proc/PID/stat` counts hundredths of a second.
    fn cpu(&self) -> Result<Duration> {
        let mut nanos = 0;
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.0.id()))? {
            let times = std::fs::read_to_string(thread?.path().join("schedstat"))?;
            nanos += times.split(' ').next().context("a time")?.parse::<u64>()?;
        }
        ensure!(nanos > 0, "the daemon did not start");
        Ok(Duration::from_nanos(nanos))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
