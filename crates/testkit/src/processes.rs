//! Runs by the real program, in processes of their own.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::world::World;

/// Where the program `name` of this build is.
///
/// Cargo tells tests and benchmarks of the package that has the program; those of other packages find it beside
/// themselves, if it was built.
pub fn path_of(name: &str) -> PathBuf {
    std::env::var_os(format!("CARGO_BIN_EXE_{name}")).map_or_else(
        || {
            let own = std::env::current_exe().expect("the path of this program");
            own.ancestors().nth(2).expect("a target folder").join(name)
        },
        PathBuf::from,
    )
}

/// What became of a process that was given some time.
pub enum Outcome {
    Killed,
    /// It ended by itself, and well.
    Ended,
}

impl World {
    /// Starts `linerent run`, with small batches and short leases, without mail, and with nothing of the
    /// guard.
    pub fn start_run(&self) -> Child {
        self.run_command().spawn().expect("the program starts")
    }

    /// What [`World::start_run`] starts.
    pub fn run_command(&self) -> Command {
        let mut command = self.program(&["--json", "run", "--no-mail"]);
        command
            .env("LINERENT__RUN__BATCH_ACCOUNTS", "20")
            .env("LINERENT__RUN__LEASE_S", "1")
            .env("LINERENT__RELEASE__GUARD_PERCENT", "100")
            .env("LINERENT__RELEASE__HOLD_DAYS", "20")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

/// Waits for the process, whose run must have gone well, and reads its report.
pub async fn report_of(process: Child) -> Value {
    let waiting = tokio::task::spawn_blocking(|| process.wait_with_output());
    let output = waiting.await.expect("no panic").expect("an output");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", output.status);
    serde_json::from_slice(&output.stdout).expect("a report in JSON")
}

/// Kills the process after `delay`, unless it has ended by then.
pub async fn kill_after(delay: Duration, mut process: Child) -> Outcome {
    let begun = Instant::now();
    while begun.elapsed() < delay {
        if process.try_wait().expect("a child of ours").is_some() {
            report_of(process).await;
            return Outcome::Ended;
        }
        // Another process is waited for, and there is nothing to hear from it.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    process.kill().expect("a child of ours");
    let status = process.wait().expect("a child of ours");
    // It may have ended of itself just before.
    if status.code().is_none() {
        return Outcome::Killed;
    }
    report_of(process).await;
    Outcome::Ended
}
