//! `linerentd`, the daemon: does each day's run once `schedule.run_at` has passed, checks the balances
//! of those who reload by card every `auto_reload.check_every`, asks about what is in doubt, and
//! delivers notices as they come.

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser as _;
use linerent::daemon::{self, CommandLine, DaemonCommand, Source};
use linerent::telemetry::{self, explain};
use tracing::error;

fn main() -> ExitCode {
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return code_of(Err(error.into()), 2),
    };
    let code = runtime.block_on(carry_out());
    // Whatever still has a thread of its own now has nothing to say any more.
    runtime.shutdown_background();
    code
}

async fn carry_out() -> ExitCode {
    let CommandLine { config, database, command } = CommandLine::parse();
    let source = Source { config, database };
    match command {
        None => {
            telemetry::start("info,tokio_cron_scheduler=warn");
            code_of(daemon::serve(source).await, 2)
        }
        Some(DaemonCommand::Probe { ready }) => {
            telemetry::start("warn");
            let outcome = daemon::probe(&source, ready).await;
            code_of(outcome.and_then(say), 1)
        }
    }
}

#[expect(clippy::print_stdout, reason = "it is what was asked for")]
fn say(words: String) -> Result<()> {
    println!("{words}");
    Ok(())
}

/// Tells of a failure where it is known what to do about it.
fn code_of(outcome: Result<()>, failed: u8) -> ExitCode {
    let Err(failure) = outcome else { return ExitCode::SUCCESS };
    let (error, hints) = explain(&failure);
    error!(error, hint = hints.join("; "), "the daemon cannot go on");
    ExitCode::from(failed)
}
