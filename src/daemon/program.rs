//! The program `linerentd`: reads the command line, then serves or probes. It belongs to the library so that
//! the program itself compiles nothing: an async function is compiled where it is awaited.

use std::process::ExitCode;

use anyhow::Result;
use tracing::error;

use super::{CommandLine, DaemonCommand, Source, probe, serve};
use crate::arguments;
use crate::remedies::explain;
use crate::telemetry;

/// Runs the program.
pub fn main() -> ExitCode {
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return code_of(Err(error.into()), 2),
    };
    let code = runtime.block_on(carry_out());
    // Threads that still run, such as lookups of names, are not waited for.
    runtime.shutdown_background();
    code
}

async fn carry_out() -> ExitCode {
    let CommandLine { config, database, command } = arguments::parse();
    let source = Source { config, database };
    match command {
        None => {
            telemetry::start("info,sqlx=error,tokio_cron_scheduler=warn");
            code_of(serve(source).await, 2)
        }
        Some(DaemonCommand::Probe { ready }) => {
            telemetry::start("warn");
            let outcome = probe(&source, ready).await;
            code_of(outcome.and_then(say), 1)
        }
    }
}

#[expect(clippy::print_stdout, reason = "the answer is the output of the command")]
fn say(words: String) -> Result<()> {
    println!("{words}");
    Ok(())
}

/// Logs a failure with its remedies.
fn code_of(outcome: Result<()>, failed: u8) -> ExitCode {
    let Err(failure) = outcome else { return ExitCode::SUCCESS };
    let (error, hints) = explain(&failure);
    error!(error, hint = hints.join("; "), "the daemon cannot continue");
    ExitCode::from(failed)
}
