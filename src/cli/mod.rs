//! `linerent`, the admin program: provisions accounts, numbers and rentals, does the daily run
//! by hand, and answers what was billed and why.
//!
//! It belongs to the library so that the program itself compiles nothing: an async function is compiled
//! where it is awaited. To add a command: a file with its options and `run`, and a line each in `Command` and
//! `Cli::run`.

mod account;
mod audit;
mod cancel;
mod completions;
mod config;
mod configure;
mod demo;
mod doctor;
mod forecast;
mod init;
mod lines;
mod mail;
mod man;
mod notice;
mod number;
mod output;
mod pages;
pub mod parse;
pub mod refusals;
mod reload;
mod rent;
mod reprice;
mod run;
mod run_undo;
mod sandbox;
mod save;
pub mod schemas;
mod shortcode;
mod spreadsheet;
mod subscription;
mod table;
pub mod views;

use std::path::PathBuf;
use std::process::ExitCode;

use crate::arguments;
use crate::operations::App;
use crate::telemetry;
use anyhow::Result;
use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{Parser, Subcommand, ValueHint};

use output::Screen;
use refusals::RefusalView;

/// The options that every command has stand apart from its own.
const GLOBAL: &str = "Global options";

/// Bills the monthly rental of virtual phone numbers.
///
/// Exit codes: 0 done; 1 refused by a rule, and nothing was changed (commands on files carry out the other lines;
/// `audit` found a disagreement); 2 failed, or wrong usage.
#[derive(Debug, Parser)]
#[command(
    version,
    arg_required_else_help = true,
    after_help = "\
Environment:
  LINERENT_CONFIG           a configuration file, as `--config` names one
  LINERENT__SECTION__KEY    any setting, for example LINERENT__DATABASE__URL
  RUST_LOG                  log level on stderr, for example `info`

Examples:
  linerent demo
  linerent init --sandbox --on 2026-01-31
  linerent --database postgres://linerent@db.example.com/linerent --json account list"
)]
struct Cli {
    /// A configuration file; it overrides the built-in defaults.
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "FILE", env = "LINERENT_CONFIG", value_hint = ValueHint::FilePath,
        value_parser = OsStringValueParser::new().try_map(crate::config::file_argument))]
    config: Option<PathBuf>,
    /// The database, instead of the configured one: sqlite:PATH or postgres://…
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "URL")]
    database: Option<String>,
    /// Print one JSON document on stdout instead of tables.
    #[arg(long, global = true, help_heading = GLOBAL)]
    json: bool,
    /// Answer yes to all questions. Without a terminal no questions are asked.
    #[arg(long, short, global = true, help_heading = GLOBAL)]
    yes: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create the database, or migrate it after an upgrade.
    Init(init::Init),
    /// Move the clock of a sandbox.
    #[command(subcommand)]
    Sandbox(sandbox::Sandbox),
    /// Manage accounts and their balances.
    #[command(subcommand)]
    Account(account::Account),
    /// Manage the inventory of numbers.
    #[command(subcommand)]
    Number(number::Number),
    /// Manage short codes, and what their renters have set up for them.
    #[command(subcommand)]
    Shortcode(shortcode::Shortcode),
    /// Rent numbers; setup prices and first periods are charged at once.
    Rent(rent::Rent),
    /// Cancel rentals, or withdraw a cancellation.
    Cancel(cancel::Cancel),
    /// Set where the messages and calls of a rented number go.
    Configure(configure::Configure),
    /// List rentals.
    #[command(subcommand)]
    Subscription(subscription::Subscription),
    /// Do today's run, or show runs.
    Run(run::Run),
    /// Manage card charges (reloads).
    #[command(subcommand)]
    Reload(reload::Reload),
    /// Manage notices, sent and pending.
    #[command(subcommand)]
    Notice(notice::Notice),
    /// Test the mail settings.
    #[command(subcommand)]
    Mail(mail::Mail),
    /// Forecast renewals and missing amounts of the coming days.
    Forecast(forecast::Forecast),
    /// Check all data against the ledger.
    Audit(audit::Audit),
    /// Check the installation, with a hint for each problem.
    Doctor(doctor::Doctor),
    /// Show or check the configuration.
    #[command(subcommand)]
    Config(config::Config),
    /// Print completions for a shell.
    Completions(completions::Completions),
    /// Write man pages into a directory.
    Man(man::Man),
    /// Run a hundred days in a temporary sandbox, and show what happened.
    Demo(demo::Demo),
}

/// Runs the program: reads the command line and carries the command out.
#[tokio::main]
pub async fn main() -> ExitCode {
    let cli: Cli = arguments::parse();
    // The program prints what there is to say; RUST_LOG shows more.
    telemetry::start("off");
    let screen = Screen { json: cli.json, yes: cli.yes };
    match cli.run(screen).await {
        Ok(code) => code,
        Err(error) => ExitCode::from(match RefusalView::find(&error) {
            Some(refusal) => {
                output::complain_of_refusal(refusal, screen);
                1
            }
            None => {
                output::complain(&error);
                2
            }
        }),
    }
}

impl Cli {
    async fn run(self, screen: Screen) -> Result<ExitCode> {
        let (file, database) = (self.config.as_deref(), self.database.as_deref());
        let settings = || Ok::<_, anyhow::Error>(crate::config::load(file, database)?.settings);
        let app = async || App::open(settings()?).await;
        match self.command {
            // These also work with settings that are invalid for everything else.
            Command::Config(command) => command.run(file, database, screen),
            Command::Doctor(command) => command.run(file, database, screen).await,
            // These need no settings.
            Command::Completions(command) => command.run(),
            Command::Man(command) => command.run(),
            Command::Init(command) => command.run(&settings()?, screen).await,
            Command::Demo(command) => command.run(&settings()?, screen).await,
            Command::Sandbox(command) => command.run(app().await?, screen).await,
            Command::Account(command) => command.run(&app().await?, screen).await,
            Command::Number(command) => command.run(&app().await?, screen).await,
            Command::Shortcode(command) => command.run(&app().await?, screen).await,
            Command::Rent(command) => command.run(&app().await?, screen).await,
            Command::Cancel(command) => command.run(&app().await?, screen).await,
            Command::Configure(command) => command.run(&app().await?, screen).await,
            Command::Subscription(command) => command.run(&app().await?, screen).await,
            Command::Run(command) => command.run(settings()?, screen).await,
            Command::Reload(command) => command.run(&app().await?, screen).await,
            Command::Notice(notice::Notice::Preview(command)) => command.run(&settings()?, screen),
            Command::Notice(command) => command.run(&app().await?, screen).await,
            Command::Mail(command) => command.run(&app().await?, screen).await,
            Command::Forecast(command) => command.run(&app().await?, screen).await,
            Command::Audit(command) => command.run(&app().await?, screen).await,
        }
    }
}
