//! Work on the lines of a file: each is carried out on its own, and says what came of it.

use anyhow::Result;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::Refusal;
use crate::store::StoreError;

/// What came of one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineView {
    /// Its line in the file.
    pub line: u64,
    /// The number that stands there.
    pub number: String,
    /// The key of the account; none where the line names none and no rental was found.
    pub account: Option<String>,
    /// What was done: `rented`, `cancelled` or `ends_at_period_end`; or `refused` or `failed`.
    pub status: &'static str,
    /// Why it was refused or failed.
    pub reason: Option<String>,
}

/// A rule said no.
pub const REFUSED: &str = "refused";
/// It could not be carried out.
pub const FAILED: &str = "failed";

/// How work on a file is watched.
pub struct FileWatch {
    /// Set, it ends the work after the line in hand.
    pub stop: CancellationToken,
    /// Told of so many lines in all, before the first, and of each that is done.
    pub lines: Box<dyn Fn(Lines) + Send + Sync>,
}

/// How far the work has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// There are so many.
    All(u64),
    /// One is done.
    One,
}

impl Default for FileWatch {
    fn default() -> Self {
        Self { stop: CancellationToken::new(), lines: Box::new(|_| {}) }
    }
}

/// A line as it was read.
pub(super) trait Order {
    /// The number that it names.
    fn number(&self) -> String;
    /// The key of the account that it names.
    fn account(&self) -> Option<String>;
}

/// Carries out each of `lines` by `work`, which says what was done and for whom.
pub(super) async fn carry_out<T: Order>(
    lines: &[(u64, T)],
    watch: &FileWatch,
    work: impl AsyncFn(&T) -> Result<(&'static str, String)>,
) -> Vec<LineView> {
    (watch.lines)(Lines::All(lines.len() as u64));
    // Why no further line is tried.
    let mut end: Option<String> = None;
    let mut views = Vec::with_capacity(lines.len());
    for (line, order) in lines {
        if end.is_none() && watch.stop.is_cancelled() {
            end = Some("not tried: interrupted".to_owned());
        }
        let (account, status, reason) = match &end {
            Some(why) => (order.account(), FAILED, Some(why.clone())),
            None => match work(order).await {
                Ok((done, account)) => (Some(account), done, None),
                Err(error) => {
                    if is_of_the_database(&error) {
                        end = Some(format!("not tried: the database failed on line {line}"));
                    }
                    let is_refusal = error.chain().any(|cause| cause.is::<Refusal>());
                    let status = if is_refusal { REFUSED } else { FAILED };
                    (order.account(), status, Some(reason_of(&error)))
                }
            },
        };
        views.push(LineView { line: *line, number: order.number(), account, status, reason });
        (watch.lines)(Lines::One);
    }
    views
}

/// Whether every further line would meet the same.
fn is_of_the_database(error: &anyhow::Error) -> bool {
    let mut causes = error.chain().filter_map(|cause| cause.downcast_ref::<StoreError>());
    causes.any(StoreError::is_unavailable)
}

/// The chain of causes on one line, without hints.
fn reason_of(error: &anyhow::Error) -> String {
    let causes = error.chain().map(ToString::to_string);
    let causes: Vec<_> =
        causes.map(|cause| cause.lines().next().unwrap_or_default().to_owned()).collect();
    causes.join(": ")
}
