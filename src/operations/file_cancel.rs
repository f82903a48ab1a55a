//! `cancel --file`: many rentals end, each line on its own.

use std::collections::HashMap;
use std::io::Read;

use anyhow::Result;
use serde::Deserialize;

use super::App;
use super::cancel::{self, CancelAt};
use super::csv_lines::{Faults, Form};
use super::file_work::{FileWatch, LineView, Order, carry_out};
use crate::ids::AccountId;
use crate::rental::Msisdn;

const FORM: Form = Form {
    columns: &["msisdn"],
    optional: &["account", "at_period_end"],
    nothing_done: "nothing was cancelled",
    things: "rentals",
};

#[derive(Debug, Deserialize)]
struct Line {
    msisdn: String,
    #[serde(default)]
    account: Option<String>,
    #[serde(default)]
    at_period_end: Option<String>,
}

/// What is to end.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ending {
    msisdn: Msisdn,
    account: Option<AccountId>,
    at: CancelAt,
}

impl Order for Ending {
    fn number(&self) -> String {
        self.msisdn.to_string()
    }

    fn account(&self) -> Option<String> {
        self.account.map(|account| account.to_string())
    }
}

/// The rentals that a file is to end, looked at and found well formed.
#[derive(Debug)]
pub struct Cancellations(Vec<(u64, Ending)>);

impl Cancellations {
    /// Reads a CSV file with the columns `msisdn[,account][,at_period_end]`.
    ///
    /// # Errors
    /// Refuses a file with a malformed or duplicate line, naming each. Fails where the file cannot
    /// be read.
    pub fn read(file: impl Read) -> Result<Self> {
        let content = Form::content(file)?;
        let mut first_lines = HashMap::new();
        let (lines, errors) = FORM.read(&content, ending_of, |ending, line| {
            let what = (ending.msisdn.clone(), ending.account);
            let first = *first_lines.entry(what).or_insert(line);
            (first != line).then(|| (ending.msisdn.to_string(), first))
        })?;
        FORM.refuse_if_any(errors)?;
        FORM.refuse_if_empty(&lines)?;
        Ok(Self(lines))
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.len() as u64
    }

    /// Ends them, one after the other, and says what came of each. A second time, those that have
    /// ended are refused.
    pub async fn carry_out(&self, app: &App, watch: &FileWatch) -> Vec<LineView> {
        let work = async |ending: &Ending| {
            let (key, msisdn) = (ending.account(), ending.msisdn.as_str());
            let ended = cancel::cancel(app, msisdn, key.as_deref(), ending.at).await?;
            let has_ended = ended.ended_on.is_some();
            Ok((if has_ended { "cancelled" } else { "ends_at_period_end" }, ended.account))
        };
        carry_out(&self.0, watch, work).await
    }
}

fn ending_of(line: Line) -> Result<Ending, String> {
    let mut faults = Faults::default();
    let msisdn = faults.note(line.msisdn.parse::<Msisdn>());
    let key = line.account.filter(|key| !key.is_empty());
    let account = key.map(|key| faults.note(key.parse::<AccountId>()));
    let at = match line.at_period_end.as_deref() {
        Some("true" | "yes" | "1") => CancelAt::PeriodEnd,
        None | Some("" | "false" | "no" | "0") => CancelAt::Once,
        Some(other) => {
            faults.add(format!("`{other}` in `at_period_end` is neither true nor false"));
            CancelAt::Once
        }
    };
    let ending = msisdn.map(|msisdn| Ending { msisdn, account: account.flatten(), at });
    faults.unless_any(ending)
}
