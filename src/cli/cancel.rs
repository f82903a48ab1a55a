use std::path::PathBuf;
use std::process::ExitCode;

use crate::cli::views::subscriptions::SubscriptionView;
use crate::ids::AccountId;
use crate::operations::App;
use crate::operations::rentals::cancel::{self, CancelAt};
use crate::operations::rentals::file_cancel::Cancellations;
use crate::rental::Msisdn;
use anyhow::Result;
use clap::{Args, ValueHint};

use crate::cli::lines;
use crate::cli::output::{self, Screen};
use crate::cli::parse::{parsed, parsed_option};
use crate::cli::subscription;

const USAGE: &str = "linerent cancel [OPTIONS] <MSISDN>
       linerent cancel [OPTIONS] --file <FILE>";

#[derive(Debug, Args)]
#[command(override_usage = USAGE, after_help = "Examples:
  linerent cancel 447700900012
  linerent cancel 98975 --account a0000001 --at-period-end
  linerent cancel 98975 --account a0000001 --keep
  linerent cancel --file ending.csv

A file has the columns msisdn[,account][,at_period_end], and each line is carried out on its own. The
file is checked first: with one malformed or duplicate line, the whole file is refused. The exit code
is 0 if every line was carried out, 1 if any was refused, 2 if any failed. The file can be given
again: a rental that has ended is refused.")]
pub struct Cancel {
    /// The number of the rental.
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    msisdn: Option<String>,
    /// The account, if several rent the number.
    #[arg(long, value_name = "KEY", conflicts_with = "file")]
    account: Option<String>,
    /// End the rental on the day on which it would renew, instead of today.
    #[arg(long, conflicts_with = "file")]
    at_period_end: bool,
    /// Withdraw `--at-period-end`: the rental continues. Possible until the day on which it would end.
    #[arg(long, conflicts_with_all = ["at_period_end", "file"])]
    keep: bool,
    /// A CSV file with the columns msisdn[,account][,at_period_end]; `-` is standard input.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: Option<PathBuf>,
}

impl Cancel {
    pub async fn run(self, app: &App, screen: Screen) -> Result<ExitCode> {
        if let Some(file) = &self.file {
            let cancellations = Cancellations::read(lines::open(file)?)?;
            let count = output::counted(cancellations.count(), "rental");
            screen.confirm(&format!("End {count}?"))?;
            let (watch, bar) = lines::watch("cancelling");
            let ended = cancellations.carry_out(app, &watch).await;
            bar.finish_and_clear();
            return lines::show(screen, &ended);
        }
        let msisdn: Msisdn = parsed(&self.msisdn.unwrap_or_default())?;
        let account: Option<AccountId> = parsed_option(self.account.as_deref())?;
        if self.keep {
            let kept = cancel::keep(app, &msisdn, account).await?;
            screen.show(&SubscriptionView::from(&kept), subscription::one)?;
            return Ok(ExitCode::SUCCESS);
        }
        let at = if self.at_period_end { CancelAt::PeriodEnd } else { CancelAt::Once };
        let rental = cancel::find_cancellable(app, &msisdn, account).await?;
        let when =
            if self.at_period_end { "at the end of its period" } else { "today, without refund" };
        screen.confirm(&format!("End the rental of {msisdn} by {} {when}?", rental.account))?;
        let ended = cancel::cancel(app, &msisdn, account, at).await?;
        screen.show(&SubscriptionView::from(&ended), subscription::one)?;
        Ok(ExitCode::SUCCESS)
    }
}
