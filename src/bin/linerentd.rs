//! `linerentd`, the daemon: does each day's run once `schedule.run_at` has passed, checks the balances
//! of those who reload by card every `auto_reload.check_every`, asks about what is in doubt, and
//! delivers notices as they come.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use linerent::daemon::{self, Source};
use linerent::telemetry::{self, explain};
use tracing::error;

/// Does the daily run of linerent, every day, for years.
///
/// SIGTERM and SIGINT end it after what is in hand, a second one at once; SIGHUP makes it read its
/// configuration again. Exit codes: 0 stopped, 2 it cannot begin.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Cli {
    /// A configuration file, over the built-in defaults.
    #[arg(long, global = true, value_name = "FILE", env = "LINERENT_CONFIG")]
    config: Option<PathBuf>,
    /// The database, over the configuration: sqlite:PATH or postgres://…
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Ask the daemon on this machine how it is; exits with 1 where it does not answer or is not well.
    Probe {
        /// Whether it does its work, not only whether it lives.
        #[arg(long)]
        ready: bool,
    },
}

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
    let Cli { config, database, command } = Cli::parse();
    let source = Source { config, database };
    match command {
        None => {
            telemetry::start("info,tokio_cron_scheduler=warn");
            code_of(daemon::serve(source).await, 2)
        }
        Some(Command::Probe { ready }) => {
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
