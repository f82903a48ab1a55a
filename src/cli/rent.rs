use std::path::PathBuf;
use std::process::ExitCode;

use crate::cli::views::subscriptions::SubscriptionView;
use crate::ids::AccountId;
use crate::operations::{App, rentals::file_rent, rentals::rent, rentals::rent_any};
use crate::rental::{Match, NumberType};
use anyhow::Result;
use clap::{Args, ValueHint};

use crate::cli::number::{Where, offers};
use crate::cli::output::{self, Screen};
use crate::cli::parse::{SearchOptions, parsed};
use crate::cli::views::numbers::RentPreviewView;
use crate::cli::{lines, subscription};

const USAGE: &str = "linerent rent [OPTIONS] <KEY> <MSISDN>
       linerent rent [OPTIONS] <KEY> --any --country <COUNTRY> --count <N>
       linerent rent [OPTIONS] --file <FILE>";

#[derive(Debug, Args)]
#[command(override_usage = USAGE, after_help = "Examples:
  linerent rent a0000001 447700900012
  linerent rent a0000001 --any --country GB --features SMS --count 20 --dry-run
  linerent rent a0000001 --any --country GB --pattern 900 --match contains --count 20
  linerent rent --file rentals.csv

A file has the columns account,msisdn, and each line is carried out on its own. The file is checked
first: with one malformed or duplicate line, the whole file is refused. The exit code is 0 if every
line was carried out, 1 if any was refused, 2 if any failed. The file can be given again: nothing is
rented twice.")]
pub struct Rent {
    /// The account's key.
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    key: Option<String>,
    /// The number to rent.
    #[arg(required_unless_present_any = ["any", "file"], conflicts_with_all = ["any", "file"])]
    msisdn: Option<String>,
    /// Rent the first `--count` numbers that match and are sold in the account's currency; all of them or none.
    #[arg(long, conflicts_with = "file", requires_all = ["country", "count"])]
    any: bool,
    /// With `--any`: two letters, for example GB.
    #[arg(long, requires = "any")]
    country: Option<String>,
    /// With `--any`: the type of number.
    #[arg(long = "type", value_name = "TYPE", requires = "any", value_parser = output::one_of(NumberType::ALL.map(NumberType::as_str)))]
    kind: Option<String>,
    /// With `--any`: all of these features, for example SMS,VOICE.
    #[arg(long, requires = "any")]
    features: Option<String>,
    /// With `--any`: digits of the number.
    #[arg(long, value_name = "DIGITS", requires = "any")]
    pattern: Option<String>,
    /// Where the digits must match.
    #[arg(long = "match", value_enum, default_value_t = Where::Starts, requires = "pattern")]
    matching: Where,
    /// With `--any`: how many numbers, 1 to 1000.
    #[arg(long, value_name = "N", requires = "any")]
    count: Option<u32>,
    /// With `--any`: show the numbers and the amount, and change nothing.
    #[arg(long, requires = "any")]
    dry_run: bool,
    /// A CSV file with the columns account,msisdn; `-` is standard input.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: Option<PathBuf>,
}

impl Rent {
    pub async fn run(self, app: &App, screen: Screen) -> Result<ExitCode> {
        if let Some(file) = &self.file {
            let (watch, bar) = lines::watch("renting");
            let rented = file_rent::rent_file(app, lines::open(file)?, &watch).await;
            bar.finish_and_clear();
            return lines::show(screen, &rented?);
        }
        let account: AccountId = parsed(&self.key.unwrap_or_default())?;
        if let Some(msisdn) = &self.msisdn {
            let rented = rent::rent(app, account, &parsed(msisdn)?).await?;
            screen.show(&SubscriptionView::from(&rented), subscription::one)?;
            return Ok(ExitCode::SUCCESS);
        }
        let options = SearchOptions {
            country: self.country.unwrap_or_default(),
            kind: self.kind,
            features: self.features,
            pattern: self.pattern,
            matching: Match::from(self.matching),
        };
        let (search, count) = (options.to_search()?, self.count.unwrap_or_default());
        if self.dry_run {
            let it = rent_any::preview(app, account, &search, count).await?;
            screen.show(&RentPreviewView::from(&it), preview)?;
        } else {
            let rented = rent_any::rent_any(app, account, &search, count).await?;
            let rented: Vec<_> = rented.iter().map(SubscriptionView::from).collect();
            screen.show(&rented, |rented| many(rented))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn many(rented: &[SubscriptionView]) -> String {
    let count = output::counted(rented.len() as u64, "number");
    format!("{}\n\n{count} rented", subscription::many(rented))
}

fn preview(it: &RentPreviewView) -> String {
    let RentPreviewView { account, total, available, missing, currency, .. } = it;
    let count = output::counted(it.numbers.len() as u64, "number");
    let mut text = format!(
        "{}\n\n{count}: {account} would pay {total} {currency} at once; {available} {currency} is available",
        offers(&it.numbers)
    );
    if !missing.is_zero() {
        let end = if it.auto_reload {
            "the card would be charged first"
        } else {
            "the command would be refused"
        };
        text.push_str(&format!("\n{missing} {currency} is missing: {end}"));
    }
    text
}
