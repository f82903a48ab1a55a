use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::operations::numbers::import::{ImportWarning, Imported, Step};
use crate::operations::{App, numbers::import, numbers::retire, numbers::search, numbers::show};
use crate::rental::{Match, Msisdn, NumberStatusKind, NumberType};
use anyhow::Result;
use clap::{Subcommand, ValueEnum, ValueHint};

use crate::cli::lines;
use crate::cli::output::{self, Screen, fields, or_blank, table};
use crate::cli::pages::Columns;
use crate::cli::parse::{SearchOptions, parsed, parsed_option};
use crate::cli::reprice::Reprice;
use crate::cli::views::imports::ImportView;
use crate::cli::views::numbers::{FoundView, InventoryView, NumberView};

#[derive(Debug, Subcommand)]
pub enum Number {
    /// Import the numbers of a CSV file into the inventory, all of them or none.
    ///
    /// Columns: msisdn,country,type,features,monthly_price,setup_price,currency[,shared]
    ///
    /// A number that is impossible in its country is refused; one that is not in the numbering plan of its country
    /// is imported with a warning. Short codes are not checked.
    #[command(after_help = "Examples:
  linerent number import numbers.csv
  linerent number import - < numbers.csv")]
    #[command(after_help = r#"Examples:
  linerent number import numbers.csv
  linerent number import - < numbers.csv"#)]
    Import {
        /// The file; `-` is standard input.
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
    /// Search the numbers on sale, ordered by number.
    #[command(after_help = "Examples:
  linerent number search --country GB
  linerent number search --country GB --type mobile-lvn --features SMS,VOICE
  linerent number search --country GB --pattern 900 --match contains --page 2 --size 50")]
    #[command(after_help = r#"Examples:
  linerent number search --country GB --features SMS,VOICE
  linerent number search --country GB --pattern 900 --match contains --page 2"#)]
    Search {
        /// Two letters, for example GB.
        #[arg(long)]
        country: String,
        /// The type of number.
        #[arg(long = "type", value_name = "TYPE", value_parser = output::one_of(NumberType::ALL.map(NumberType::as_str)))]
        kind: Option<String>,
        /// All of these features, for example SMS,VOICE.
        #[arg(long)]
        features: Option<String>,
        /// Digits of the number.
        #[arg(long, value_name = "DIGITS")]
        pattern: Option<String>,
        /// Where the digits must match.
        #[arg(long = "match", value_enum, default_value_t = Where::Starts)]
        matching: Where,
        /// The page, from 1.
        #[arg(long, default_value_t = 1)]
        page: u32,
        /// Numbers per page.
        #[arg(long, default_value_t = 20)]
        size: u32,
    },
    /// Show one number, its status and its rentals.
    #[command(after_help = r#"Examples:
  linerent number show 447700900012"#)]
    Show {
        /// The number, for example 447700900012.
        msisdn: String,
    },
    /// List all numbers.
    #[command(after_help = r#"Examples:
  linerent number list --status held"#)]
    List {
        /// Only this status.
        #[arg(long, value_parser = output::one_of(NumberStatusKind::WORDS))]
        status: Option<String>,
    },
    /// Change prices: for new rentals at once, for running ones from a date on.
    Reprice(Reprice),
    /// Withdraw a number from sale.
    #[command(after_help = r#"Examples:
  linerent number retire 447700900012"#)]
    Retire {
        /// The number, for example 447700900012.
        msisdn: String,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Where {
    Starts,
    Contains,
    Ends,
}

impl From<Where> for Match {
    fn from(place: Where) -> Self {
        match place {
            Where::Starts => Self::Starts,
            Where::Contains => Self::Contains,
            Where::Ends => Self::Ends,
        }
    }
}

impl Number {
    pub async fn run(self, app: &App, screen: Screen) -> Result<ExitCode> {
        match self {
            Self::Import { file } => {
                let imported = import(app, &file).await?;
                warn(&imported.warnings);
                screen.show(&ImportView::from(&imported), |it| {
                    output::counted(it.imported as u64, "number") + " imported"
                })?;
            }
            Self::Search { country, kind, features, pattern, matching, page, size } => {
                let matching = Match::from(matching);
                let options = SearchOptions { country, kind, features, pattern, matching };
                let search = options.to_search()?;
                let found = search::search(app, &search, page, size).await?;
                screen.show(&FoundView::from(&found), |found| {
                    if found.count == 0 {
                        return "no numbers found".to_owned();
                    }
                    let pages = found.count.div_ceil(u64::from(size));
                    let count = output::counted(found.count, "number");
                    format!("{}\n\n{count} on sale, page {page} of {pages}", offers(&found.numbers))
                })?;
            }
            Self::Show { msisdn } => {
                let found = show::show(app, &parsed(&msisdn)?).await?;
                screen.show(&InventoryView::from(&found), one)?;
            }
            Self::List { status } => {
                let status: Option<NumberStatusKind> = parsed_option(status.as_deref())?;
                screen.show_pages(show::pages(app, status), &INVENTORY).await?;
            }
            Self::Reprice(reprice) => return reprice.run(app, screen).await,
            Self::Retire { msisdn } => {
                let msisdn: Msisdn = parsed(&msisdn)?;
                retire::find_retirable(app, &msisdn).await?;
                let question = format!("Withdraw {msisdn} from sale? This cannot be undone");
                screen.confirm(&question)?;
                let retired = retire::retire(app, &msisdn).await?;
                screen.show(&InventoryView::from(&retired), one)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Imports the file, with a bar for each of the two things that take long.
async fn import(app: &App, file: &Path) -> Result<Imported> {
    let bar = lines::bar();
    let told = |step| match step {
        Step::Looking(count) => lines::begin(&bar, "checking numbers", count),
        Step::Storing(count) => lines::begin(&bar, "storing numbers", count),
        Step::Done(count) => bar.inc(count),
    };
    let imported = import::import_and_tell(app, lines::open(file)?, &told).await;
    bar.finish_and_clear();
    Ok(imported?)
}

/// Tells what is improbable: the first few, and how many more there are.
fn warn(warnings: &[ImportWarning]) {
    const SHOWN_MAX: usize = 10;
    if warnings.is_empty() {
        return;
    }
    let count = output::counted(warnings.len() as u64, "warning");
    output::note(&format!("{count}: these numbers are not in the numbering plan of their country"));
    for it in warnings.iter().take(SHOWN_MAX) {
        output::note(&format!("line {}: {}: {}", it.line, it.msisdn, it.warning));
    }
    if warnings.len() > SHOWN_MAX {
        output::note(&format!("and {} more; `--json` lists them all", warnings.len() - SHOWN_MAX));
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
        ("available from", or_blank(it.held_until)),
    ];
    rows.extend(it.configuration.iter().flat_map(crate::cli::configure::settings));
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

pub fn offers(numbers: &[NumberView]) -> String {
    let heading = ["number", "country", "type", "features", "monthly", "setup", ""];
    table("numbers", &heading, &[4, 5], numbers.iter().map(offer))
}

const INVENTORY: Columns<InventoryView> = Columns {
    things: "numbers",
    heading: &[
        "number",
        "country",
        "type",
        "features",
        "monthly",
        "setup",
        "",
        "status",
        "account",
        "available from",
    ],
    right: &[4, 5],
    row: |it| {
        let mut row = offer(&it.number);
        row.push(it.status.to_owned());
        row.push(or_blank(it.rented_by.as_ref().or(it.held_for.as_ref())));
        row.push(or_blank(it.held_until));
        row
    },
};
