//! The outcomes of a file's lines as JSON.

use serde::Serialize;

use crate::cli::refusals::RefusalView;
use crate::operations::rentals::file_work::{Done, LineOutcome, Outcome, WorkEnd};

/// What came of one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct LineView {
    /// Its line in the file.
    pub line: u64,
    /// The number that stands there.
    pub number: String,
    /// The key of the account; none where the line names none and no rental was found.
    pub account: Option<String>,
    /// What was done: `rented`, `cancelled` or `ends_at_period_end`; or `refused`, `failed` or
    /// `not_tried`.
    pub status: &'static str,
    /// Why it was refused, failed or was not tried.
    pub reason: Option<String>,
}

pub const REFUSED: &str = "refused";
pub const FAILED: &str = "failed";
pub const NOT_TRIED: &str = "not_tried";

impl From<&LineOutcome> for LineView {
    fn from(it: &LineOutcome) -> Self {
        let (status, reason) = match &it.outcome {
            Outcome::Done(Done::Rented) => ("rented", None),
            Outcome::Done(Done::Cancelled) => ("cancelled", None),
            Outcome::Done(Done::EndsAtPeriodEnd) => ("ends_at_period_end", None),
            Outcome::Refused(refusal) => (REFUSED, Some(RefusalView::of(refusal).message)),
            Outcome::Failed(error) => (FAILED, Some(causes_of(error))),
            Outcome::NotTried(end) => (NOT_TRIED, Some(explain(*end))),
        };
        Self {
            line: it.line,
            number: it.msisdn.to_string(),
            account: it.account.map(|account| account.to_string()),
            status,
            reason,
        }
    }
}

fn explain(end: WorkEnd) -> String {
    match end {
        WorkEnd::Interrupted { after_line: Some(line) } => format!("interrupted after line {line}"),
        WorkEnd::Interrupted { after_line: None } => "interrupted before the first line".to_owned(),
        WorkEnd::DatabaseFailed { on_line } => format!("the database failed on line {on_line}"),
    }
}

/// The chain of causes on one line, without hints.
fn causes_of(error: &anyhow::Error) -> String {
    let causes = error.chain().map(ToString::to_string);
    let causes: Vec<_> =
        causes.map(|cause| cause.lines().next().unwrap_or_default().to_owned()).collect();
    causes.join(": ")
}
