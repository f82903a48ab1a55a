//! `account statement`.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use crate::calendar::days_before;
use crate::operations::App;
use crate::operations::accounts::statement::pages;
use crate::operations::accounts::statement_pdf::{StatementPdf, statement_pdf};
use anyhow::{Context as _, Result};
use chrono::NaiveDate;
use clap::{Args, ValueEnum, ValueHint};

use crate::cli::output::{self, Screen, counted, or_blank};
use crate::cli::pages::{Columns, JsonArray, Listed, PagedTable, write_pages};
use crate::cli::parse::parsed;
use crate::cli::refusals::CommandRefusal;
use crate::cli::save::Target;
use crate::cli::spreadsheet::text_cell;
use crate::cli::views::statement::StatementView;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  linerent account statement a0000001
  linerent account statement a0000001 --from 2026-01-01 --to 2026-03-31 --format pdf --output q1.pdf
  linerent account statement a0000001 --format csv > statement.csv")]
pub struct Statement {
    /// The account's key.
    key: String,
    /// The first date. Default: the account's first transfer.
    #[arg(long, value_name = "DATE", value_parser = output::date_of)]
    from: Option<NaiveDate>,
    /// The last date. Default: today.
    #[arg(long, value_name = "DATE", value_parser = output::date_of)]
    to: Option<NaiveDate>,
    /// The format. Default: a table.
    #[arg(long)]
    format: Option<Format>,
    /// The file to write; an existing file is replaced. `-` is stdout.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For the terminal.
    Table,
    /// Comma-separated values with a heading.
    Csv,
    /// The same as `--json`.
    Json,
    /// A document (PDF/A) to file or send.
    Pdf,
}

impl Statement {
    pub async fn run(self, app: &App, screen: Screen) -> Result<()> {
        let format = self.format(screen)?;
        let target = Target::of(self.output.clone());
        let (account, from, to) = (parsed(&self.key)?, self.from, self.to);
        if format == Format::Pdf {
            // A terminal shows nothing of it, and may be spoilt by it.
            if self.output.is_none() && std::io::stdout().is_terminal() {
                return Err(CommandRefusal::PdfOnTerminal.into());
            }
            let statement = statement_pdf(app, account, from, to).await?;
            target.save(&statement.pdf)?;
            tell(&statement, &target);
            return Ok(());
        }
        let pages = pages(app, account, from, to).await?;
        let mut list: Box<dyn Listed<StatementView>> = match format {
            Format::Csv => Box::<CsvLines>::default(),
            Format::Json => Box::<JsonArray>::default(),
            Format::Table | Format::Pdf => Box::new(PagedTable::new(&TRANSFERS)),
        };
        let mut saving = target.open()?;
        let write = |text: &str| saving.write(text.as_bytes());
        write_pages(pages, None, &mut *list, write).await?;
        saving.finish()
    }

    fn format(&self, screen: Screen) -> Result<Format> {
        match (self.format, screen.json) {
            (None | Some(Format::Json), true) => Ok(Format::Json),
            (Some(other), true) => {
                let name = other.to_possible_value();
                let format = name.as_ref().map_or("", |value| value.get_name()).to_owned();
                Err(CommandRefusal::FormatContradictsJson { format }.into())
            }
            (format, false) => Ok(format.unwrap_or(Format::Table)),
        }
    }
}

/// Says what was written, and what its reader will miss.
fn tell(statement: &StatementPdf, target: &Target) {
    if let Target::File(path) = target {
        let count = |count: usize, thing| counted(u64::try_from(count).unwrap_or(u64::MAX), thing);
        let (pages, lines) = (count(statement.pages, "page"), count(statement.rows, "line"));
        output::note(&format!("{} is written: {pages}, {lines}", path.display()));
    }
    if !statement.has_issuer {
        output::note(
            "warning: `operator.name` is not set, so the statement does not say who issued it",
        );
    }
    if !statement.missing_characters.is_empty() {
        let missing = statement
            .missing_characters
            .iter()
            .map(|it| format!("{it} (U+{:04X})", u32::from(*it)));
        let missing: Vec<_> = missing.collect();
        output::note(&format!(
            "warning: no font has {}; \u{fffd} stands in the place of each",
            missing.join(", ")
        ));
    }
}

/// What a line is called in CSV: the fields of the JSON, in their order.
const HEADING: [&str; 10] = [
    "on",
    "code",
    "number",
    "period_start",
    "period_end",
    "amount",
    "balance_after",
    "currency",
    "reference",
    "reason",
];

/// Comma-separated values with a heading.
#[derive(Default)]
struct CsvLines {
    has_heading: bool,
}

impl Listed<StatementView> for CsvLines {
    fn page(&mut self, lines: &[StatementView]) -> Result<String> {
        let mut csv = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        if !std::mem::replace(&mut self.has_heading, true) {
            csv.write_record(HEADING)?;
        }
        for line in lines {
            csv.serialize(StatementView {
                reference: line.reference.as_deref().map(text_cell),
                reason: line.reason.as_deref().map(text_cell),
                ..line.clone()
            })?;
        }
        let bytes = csv.into_inner().context("writing CSV")?;
        String::from_utf8(bytes).context("writing CSV")
    }

    fn end(&mut self) -> String {
        String::new()
    }
}

const TRANSFERS: Columns<StatementView> = Columns {
    things: "transfers",
    heading: &["on", "code", "number", "period", "amount", "balance", "", "reference"],
    right: &[4, 5],
    row: |line| {
        let period = line.period_start.zip(line.period_end);
        // As receipts and the PDF say it: with the last day.
        let days = period.map(|(start, end)| format!("{start} to {}", days_before(end, 1)));
        vec![
            line.on.to_string(),
            line.code.to_owned(),
            or_blank(line.number.as_ref()),
            days.unwrap_or_default(),
            line.amount.to_string(),
            line.balance_after.to_string(),
            line.currency.clone(),
            [&line.reference, &line.reason]
                .into_iter()
                .flatten()
                .cloned()
                .collect::<Vec<_>>()
                .join(", "),
        ]
    },
};
