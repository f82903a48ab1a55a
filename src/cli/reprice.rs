use std::process::ExitCode;

use crate::operations::App;
use crate::operations::numbers::reprice::{self, Wanted};
use crate::rental::NumberType;
use anyhow::Result;
use chrono::NaiveDate;
use clap::Args;

use crate::cli::output::{self, Screen, counted, fields};
use crate::cli::parse::{self, parsed};
use crate::cli::views::prices::RepriceView;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  linerent number reprice --country GB --type mobile-lvn --price 1.10 --effective 2027-02-01 --dry-run
  linerent number reprice --country GB --type mobile-lvn --price 1.10 --effective 2027-02-01
  linerent number reprice --country US --type landline --price 2 --currency USD --effective 2027-02-01 --notice-days 60")]
pub struct Reprice {
    /// Numbers of this country: two letters, for example GB.
    #[arg(long)]
    country: String,
    /// Numbers of this type.
    #[arg(long = "type", value_name = "TYPE", value_parser = output::one_of(NumberType::ALL.map(NumberType::as_str)))]
    kind: String,
    /// The new monthly price.
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    price: String,
    /// Running rentals pay the new price from their first renewal on or after this date. New rentals pay it at
    /// once.
    #[arg(long, value_name = "DATE", value_parser = output::date_of)]
    effective: NaiveDate,
    /// Refuse a date that is fewer days away than this.
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    notice_days: u32,
    /// The currency (ISO 4217), if such numbers are sold in several.
    #[arg(long)]
    currency: Option<String>,
    /// Show how many rentals and which amounts would change, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Reprice {
    pub async fn run(self, app: &App, screen: Screen) -> Result<ExitCode> {
        let Self { country, kind, price, effective, notice_days, currency, dry_run } = self;
        let effective_on = effective;
        let wanted = Wanted {
            country: parse::country(&country)?,
            kind: parsed(&kind)?,
            currency: currency.as_deref().map(parse::currency).transpose()?,
            price: parsed(&price)?,
            effective_on,
            notice_days,
        };
        let repriced = if dry_run {
            look(app, &wanted).await?
        } else {
            if !screen.yes && Screen::has_person() {
                let it = look(app, &wanted).await?;
                screen.confirm(&format!(
                    "Change the price of {} and {}, and tell {}?",
                    counted(it.numbers, "number"),
                    counted(it.subscriptions, "subscription"),
                    counted(it.accounts, "account"),
                ))?;
            }
            let (watch, bar) = output::watch("repricing");
            let outcome = reprice::reprice(app, &wanted, &watch).await;
            bar.finish_and_clear();
            RepriceView::from(&outcome?)
        };
        screen.show(&repriced, one)?;
        for failure in &repriced.failures {
            output::note(&format!(
                "account {} keeps its prices for now: {}",
                failure.account, failure.reason
            ));
        }
        if dry_run {
            output::note("dry run: nothing was changed");
        }
        Ok(if repriced.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) })
    }
}

async fn look(app: &App, wanted: &Wanted) -> Result<RepriceView> {
    let (watch, bar) = output::followed("looking");
    let outcome = reprice::dry_run(app, wanted, &watch).await;
    bar.finish_and_clear();
    Ok(RepriceView::from(&outcome?))
}

fn one(it: &RepriceView) -> String {
    let money = |amount| format!("{amount} {}", it.currency);
    fields(&[
        ("numbers", format!("{} of {}, {}", it.numbers, it.country, it.r#type)),
        ("new rentals", format!("{} from now on", money(it.monthly_price))),
        ("subscriptions", format!("{} of {}", it.subscriptions, counted(it.accounts, "account"))),
        ("their price", format!("{} from {} on", money(it.monthly_price), it.effective_on)),
        ("a month now", money(it.amount_now)),
        ("a month then", money(it.amount_then)),
        ("mails", it.notices.to_string()),
    ])
}
