//! `forecast`: what the days ahead will bring in, and what will be missing.

mod bars;

use std::process::ExitCode;

use crate::operations::App;
use crate::operations::forecast::{self, Forecast as Foretold};
use anyhow::{Context as _, Result};
use clap::Args;

use crate::cli::output::{self, Screen, counted};
use crate::cli::parse::parsed_option;
use crate::cli::views::forecast::{ForecastDayView, ForecastView};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  linerent forecast
  linerent forecast --days 14 --account 1f3a90c2
  linerent forecast --days 366 --csv > forecast.csv
  linerent --json forecast | jq 'map(select(.short_accounts > 0))'

The forecast uses the decision of the run itself, day by day. It assumes no top-ups, no new rentals,
and no cancellations except those already requested. Cards with auto-reload pay up to the daily
limit; amounts that depend on them are shown separately. Reloads in doubt are left out. Numbers are
released when their days of grace end. The release guard is not applied; the first day on which it
would hold releases back is named.")]
pub struct Forecast {
    /// The number of days, 1 to 366, from today, or from tomorrow if today's run is done.
    #[arg(long, value_name = "N", default_value_t = 60)]
    days: u32,
    /// Only this account.
    #[arg(long, value_name = "KEY")]
    account: Option<String>,
    /// Comma-separated values instead of bars, with the fields of the JSON as columns.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

impl Forecast {
    pub async fn run(self, app: &App, screen: Screen) -> Result<ExitCode> {
        let account = parsed_option(self.account.as_deref())?;
        let (watch, bar) = output::watch("foretelling");
        let forecast = forecast::forecast(app, self.days, account, &watch).await;
        bar.finish_and_clear();
        let forecast = forecast?;
        let view = ForecastView::try_from(&forecast)?;
        if self.csv {
            output::print(csv_of(&view.days())?.trim_end())?;
        } else {
            screen.show(&view.days(), |_| bars::draw(&view, output::width()))?;
        }
        Ok(tell(&forecast))
    }
}

/// Tells what is not in the forecast; one that leaves accounts out has failed in part.
fn tell(forecast: &Foretold) -> ExitCode {
    if let Some(held) = forecast.held {
        output::note(&format!(
            "on {} the release guard would hold back {}, of {} live by then\nhint: in the forecast they are released; see why so many cannot pay",
            held.on,
            counted(held.releases, "release"),
            counted(held.live, "number")
        ));
    }
    if forecast.in_doubt > 0 {
        output::note(&format!(
            "the cards of {} are left out, as it is not known yet whether the latest charge was paid\nhint: `linerent reload check` asks the gateway",
            counted(forecast.in_doubt, "account")
        ));
    }
    for failure in &forecast.failures {
        output::note(&format!("account {} is left out: {}", failure.account, failure.reason));
    }
    if forecast.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) }
}

/// One line for each day, after one with the names of the columns.
fn csv_of(days: &[&ForecastDayView]) -> Result<String> {
    let mut csv = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    csv.write_record(COLUMNS)?;
    for day in days {
        csv.serialize(day)?;
    }
    let bytes = csv.into_inner().context("writing comma-separated values")?;
    String::from_utf8(bytes).context("writing comma-separated values")
}

/// Written even where no day follows.
const COLUMNS: [&str; 14] = [
    "on",
    "currency",
    "renewals",
    "amount",
    "funded",
    "funded_by_balance",
    "funded_by_reload",
    "short",
    "paid_late",
    "reloads",
    "reload_amount",
    "short_accounts",
    "short_numbers",
    "released",
];
