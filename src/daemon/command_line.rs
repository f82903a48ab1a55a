//! What the daemon is told as it is started; `linerent man` writes a page of it.

use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{Parser, Subcommand};

use crate::config;

/// Does the daily run of linerent, every day, for years.
///
/// SIGTERM and SIGINT end it after what is in hand, a second one at once; SIGHUP makes it read its
/// configuration again. Exit codes: 0 stopped, 2 it cannot begin.
#[derive(Debug, Parser)]
#[command(name = "linerentd", version, args_conflicts_with_subcommands = true)]
pub struct CommandLine {
    /// A configuration file, over the built-in defaults.
    #[arg(long, global = true, value_name = "FILE", env = "LINERENT_CONFIG", value_parser = OsStringValueParser::new().try_map(config::file_argument))]
    pub config: Option<PathBuf>,
    /// The database, over the configuration: sqlite:PATH or postgres://…
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
    /// What to do in place of that.
    #[command(subcommand)]
    pub command: Option<DaemonCommand>,
}

/// What the daemon does in place of its work.
#[derive(Debug, Subcommand)]
pub enum DaemonCommand {
    /// Ask the daemon on this machine how it is; exits with 1 where it does not answer or is not well.
    Probe {
        /// Whether it does its work, not only whether it lives.
        #[arg(long)]
        ready: bool,
    },
}
