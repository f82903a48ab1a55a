//! The command line of the daemon; `linerent man` writes a page of it.

use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{Parser, Subcommand};

use crate::config;

/// Run the linerent billing daemon.
///
/// SIGTERM and SIGINT stop it after the current work, a second one at once; SIGHUP makes it read its
/// configuration again. Exit codes: 0 stopped, 2 it cannot start.
#[derive(Debug, Parser)]
#[command(name = "linerentd", version, args_conflicts_with_subcommands = true)]
pub struct CommandLine {
    /// A configuration file, over the built-in defaults.
    #[arg(long, global = true, value_name = "FILE", env = "LINERENT_CONFIG", value_parser = OsStringValueParser::new().try_map(config::file_argument))]
    pub config: Option<PathBuf>,
    /// The database, over the configuration: sqlite:PATH or postgres://…
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
    /// A command to run instead of the daemon.
    #[command(subcommand)]
    pub command: Option<DaemonCommand>,
}

#[derive(Debug, Subcommand)]
pub enum DaemonCommand {
    /// Check the daemon on this machine; exits with 1 if it does not answer or reports a problem.
    Probe {
        /// Check that it does its work, not only that it runs.
        #[arg(long)]
        ready: bool,
    },
}
