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
pub mod parse;
pub mod refusals;
mod reload;
mod rent;
mod reprice;
mod run;
mod sandbox;
mod save;
pub mod schemas;
mod shortcode;
mod subscription;
mod table;
pub mod views;

use std::path::PathBuf;
use std::process::ExitCode;

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
/// Exit codes: 0 done, 1 refused (a rule said no, nothing changed), 2 failed.
#[derive(Debug, Parser)]
#[command(
    version,
    arg_required_else_help = true,
    after_help = "\
Environment:
  LINERENT_CONFIG           a configuration file, as `--config` names one
  LINERENT__SECTION__KEY    any key of the configuration, for example LINERENT__DATABASE__URL
  RUST_LOG                  what else is told on stderr, for example `info`

Examples:
  linerent demo
  linerent init --sandbox --on 2026-01-31
  linerent --database postgres://linerent@db.example.com/linerent --json account list"
)]
struct Cli {
    /// A configuration file, over the built-in defaults.
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "FILE", env = "LINERENT_CONFIG", value_hint = ValueHint::FilePath,
        value_parser = OsStringValueParser::new().try_map(crate::config::file_argument))]
    config: Option<PathBuf>,
    /// The database, over the configuration: sqlite:PATH or postgres://…
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "URL")]
    database: Option<String>,
    /// One JSON document on stdout instead of tables.
    #[arg(long, global = true, help_heading = GLOBAL)]
    json: bool,
    /// Do not ask before rentals end, prices change, numbers retire, set-ups are cleared, accounts
    /// close, held releases go on or reloads are resolved; asked only on a terminal.
    #[arg(long, short, global = true, help_heading = GLOBAL)]
    yes: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create the database, or bring it up to date.
    Init(init::Init),
    /// Move a sandbox's clock.
    #[command(subcommand)]
    Sandbox(sandbox::Sandbox),
    /// Accounts and their balances.
    #[command(subcommand)]
    Account(account::Account),
    /// The inventory of numbers.
    #[command(subcommand)]
    Number(number::Number),
    /// Short codes, and what those who rent one have set up for it.
    #[command(subcommand)]
    Shortcode(shortcode::Shortcode),
    /// Rent numbers: their setup prices and first periods are charged at once.
    Rent(rent::Rent),
    /// End rentals, or keep one that was to end.
    Cancel(cancel::Cancel),
    /// Where the messages and calls of a rented number go.
    Configure(configure::Configure),
    /// Who rents what.
    #[command(subcommand)]
    Subscription(subscription::Subscription),
    /// Do today's run, or look at runs.
    Run(run::Run),
    /// Cards charged for balances that were low.
    #[command(subcommand)]
    Reload(reload::Reload),
    /// What people were told, and what they are still to be told.
    #[command(subcommand)]
    Notice(notice::Notice),
    /// Mail as it is configured.
    #[command(subcommand)]
    Mail(mail::Mail),
    /// What the runs of the days ahead will renew, and what will be missing.
    Forecast(forecast::Forecast),
    /// Re-derive everything from the ledger and say what disagrees.
    Audit(audit::Audit),
    /// Look at configuration, database, clock, runs, gateway, mail and notices; a remedy for each trouble.
    Doctor(doctor::Doctor),
    /// The configuration, and where each value comes from.
    #[command(subcommand)]
    Config(config::Config),
    /// Completions for a shell, to stdout.
    Completions(completions::Completions),
    /// Man pages, into a folder.
    Man(man::Man),
    /// A throw-away sandbox: a hundred days of real runs, and what happened.
    Demo(demo::Demo),
}

/// Runs the program: reads the command line and carries the command out.
#[tokio::main]
pub async fn main() -> ExitCode {
    let cli = Cli::parse();
    // The program says itself what there is to say; RUST_LOG shows more.
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
            // Whoever asks these may have settings that nothing else can work with.
            Command::Config(command) => command.run(file, database, screen),
            Command::Doctor(command) => command.run(file, database, screen).await,
            // These know nothing but the program itself.
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
