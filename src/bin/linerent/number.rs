use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Subcommand, ValueEnum};
use linerent::operations::number_search::Wanted;
use linerent::operations::views::{InventoryView, NumberView};
use linerent::operations::{Desk, number_import, number_retire, number_search, number_show};
use linerent::store::Match;

use crate::output::{self, Screen, fields, or_blank, table};
use crate::reprice::Reprice;

#[derive(Debug, Subcommand)]
pub enum Number {
    /// Take the numbers of a CSV file into the inventory, all of them or none.
    ///
    /// Columns: msisdn,country,type,features,monthly_price,setup_price,currency[,shared]
    Import { file: PathBuf },
    /// What is on sale.
    Search {
        /// Two letters, for example GB.
        #[arg(long)]
        country: String,
        /// landline, mobile-lvn, landline-toll-free or shortcode.
        #[arg(long = "type", value_name = "TYPE")]
        kind: Option<String>,
        /// All of these, for example SMS,VOICE.
        #[arg(long)]
        features: Option<String>,
        /// Digits of the number.
        #[arg(long, value_name = "DIGITS")]
        pattern: Option<String>,
        /// Where the digits are.
        #[arg(long = "match", value_enum, default_value_t = Where::Starts)]
        matching: Where,
        /// Which page, from 1.
        #[arg(long, default_value_t = 1)]
        page: u32,
        /// Numbers on a page.
        #[arg(long, default_value_t = 20)]
        size: u32,
    },
    /// One number and where it stands.
    Show { msisdn: String },
    /// Every number.
    List {
        /// available, rented, held or retired.
        #[arg(long)]
        status: Option<String>,
    },
    /// Give numbers another price: new rentals at once, running ones from an agreed date on.
    Reprice(Reprice),
    /// Take a number out of sale.
    Retire { msisdn: String },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Where {
    Starts,
    Contains,
    Ends,
}

impl Number {
    pub async fn run(self, desk: &Desk, screen: Screen) -> Result<ExitCode> {
        match self {
            Self::Import { file } => {
                let source =
                    File::open(&file).with_context(|| format!("opening {}", file.display()))?;
                let imported = number_import::import(desk, source).await?;
                screen.show(&imported, |it| {
                    output::counted(it.imported as u64, "number") + " imported"
                })?;
            }
            Self::Search { country, kind, features, pattern, matching, page, size } => {
                let matching = match matching {
                    Where::Starts => Match::Starts,
                    Where::Contains => Match::Contains,
                    Where::Ends => Match::Ends,
                };
                let wanted = Wanted { country, kind, features, pattern, matching, page, size };
                let found = number_search::search(desk, &wanted).await?;
                screen.show(&found, |found| {
                    let pages = found.count.div_ceil(u64::from(size)).max(1);
                    let count = output::counted(found.count, "number");
                    format!("{}\n\n{count} on sale, page {page} of {pages}", offers(&found.numbers))
                })?;
            }
            Self::Show { msisdn } => screen.show(&number_show::show(desk, &msisdn).await?, one)?,
            Self::List { status } => {
                let numbers = number_show::list(desk, status.as_deref()).await?;
                screen.show(&numbers, |numbers| inventory(numbers))?;
            }
            Self::Reprice(reprice) => return reprice.run(desk, screen).await,
            Self::Retire { msisdn } => {
                screen.confirm(&format!("Take {msisdn} out of sale?"))?;
                screen.show(&number_retire::retire(desk, &msisdn).await?, one)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

pub fn one(it: &InventoryView) -> String {
    let number = &it.number;
    let mut rows = vec![
        ("number", number.msisdn.clone()),
        ("country", number.country.clone()),
        ("type", format!("{}{}", number.r#type, if it.shared { ", shared" } else { "" })),
        ("features", number.features.join(", ")),
        ("monthly price", format!("{} {}", number.monthly_price, number.currency)),
        ("setup price", format!("{} {}", number.setup_price, number.currency)),
        ("status", it.status.to_owned()),
        ("rented by", or_blank(it.rented_by.as_ref())),
        ("held for", or_blank(it.held_for.as_ref())),
        ("held until", or_blank(it.held_until)),
    ];
    rows.extend(it.configuration.iter().flat_map(crate::configure::settings));
    fields(&rows)
}

fn offer(number: &NumberView) -> Vec<String> {
    vec![
        number.msisdn.clone(),
        number.country.clone(),
        number.r#type.to_owned(),
        number.features.join(","),
        number.monthly_price.to_string(),
        number.setup_price.to_string(),
        number.currency.clone(),
    ]
}

fn offers(numbers: &[NumberView]) -> String {
    let heading = ["number", "country", "type", "features", "monthly", "setup", ""];
    table(&heading, &[4, 5], numbers.iter().map(offer))
}

fn inventory(numbers: &[InventoryView]) -> String {
    let heading = [
        "number",
        "country",
        "type",
        "features",
        "monthly",
        "setup",
        "",
        "status",
        "account",
        "held until",
    ];
    let rows = numbers.iter().map(|it| {
        let mut row = offer(&it.number);
        row.push(it.status.to_owned());
        row.push(or_blank(it.rented_by.as_ref().or(it.held_for.as_ref())));
        row.push(or_blank(it.held_until));
        row
    });
    table(&heading, &[4, 5], rows)
}
