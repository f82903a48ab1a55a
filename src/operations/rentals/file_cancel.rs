//! `cancel --file`: many rentals end, each line on its own.

use std::collections::HashMap;
use std::io::Read;

use serde::Deserialize;

use crate::ids::AccountId;
use crate::operations::App;
use crate::operations::csv_lines::{Faults, Form};
use crate::operations::error::Result;
use crate::operations::rentals::cancel::{self, CancelAt};
use crate::operations::rentals::file_work::{Done, FileWatch, LineOutcome, Order, work_through};
use crate::rental::Msisdn;
use crate::text::quoted;

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
    fn number(&self) -> &Msisdn {
        &self.msisdn
    }

    fn account(&self) -> Option<AccountId> {
        self.account
    }
}

/// The rentals that a file is to end, looked at and found well formed.
#[derive(Debug)]
pub struct Cancellations(Vec<(u64, Ending)>);

impl Cancellations {
    /// Reads a CSV file with the columns `msisdn[,account][,at_period_end]`.
    pub fn read(file: impl Read) -> Result<Self> {
        let content = FORM.content(file)?;
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

    /// Ends them, one after the other. If the file is given again, the rentals that have ended are
    /// refused.
    pub async fn carry_out(&self, app: &App, watch: &FileWatch) -> Vec<LineOutcome> {
        let work = async |ending: &Ending| {
            let ended = cancel::cancel(app, &ending.msisdn, ending.account, ending.at).await?;
            let has_ended = ended.subscription.ended.is_some();
            Ok((if has_ended { Done::Cancelled } else { Done::EndsAtPeriodEnd }, ended.account))
        };
        work_through(&self.0, watch, work).await
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
            faults.add(format!("{} in `at_period_end` is neither true nor false", quoted(other)));
            CancelAt::Once
        }
    };
    let ending = msisdn.map(|msisdn| Ending { msisdn, account: account.flatten(), at });
    faults.unless_any(ending)
}
