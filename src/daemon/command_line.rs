//! The command line of the daemon; `linerent man` writes a page of it.

use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{Parser, Subcommand};

use crate::config;

/// Does the daily run of linerent.
///
/// SIGTERM or SIGINT stops it after the current batch; a second signal stops it at once. SIGHUP reloads the
/// configuration. Exit codes: 0 stopped, 2 could not start.
#[derive(Debug, Parser)]
#[command(name = "linerentd", version, args_conflicts_with_subcommands = true)]
pub struct CommandLine {
    /// A configuration file; it overrides the built-in defaults.
    #[arg(long, global = true, value_name = "FILE", env = "LINERENT_CONFIG", value_parser = OsStringValueParser::new().try_map(config::file_argument))]
    pub config: Option<PathBuf>,
    /// The database, instead of the configured one: sqlite:PATH or postgres://…
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
    /// Another task instead of the daily work.
    #[command(subcommand)]
    pub command: Option<DaemonCommand>,
}

#[derive(Debug, Subcommand)]
pub enum DaemonCommand {
    /// Check the daemon on this machine; exits with 1 if it does not answer or is not ready.
    Probe {
        /// Check /readyz instead of /healthz.
        #[arg(long)]
        ready: bool,
    },
}
