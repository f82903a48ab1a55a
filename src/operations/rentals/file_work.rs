//! Work on the lines of a file: each is carried out on its own.

use tokio_util::sync::CancellationToken;

use crate::ids::AccountId;
use crate::operations::Refusal;
use crate::operations::error::{Error, Result};
use crate::rental::Msisdn;
use crate::store::StoreError;

/// What came of one line.
#[derive(Debug)]
pub struct LineOutcome {
    /// The line's number in the file.
    pub line: u64,
    pub msisdn: Msisdn,
    /// `None` if the line names no account and no rental was found.
    pub account: Option<AccountId>,
    pub outcome: Outcome,
}

#[derive(Debug)]
pub enum Outcome {
    Done(Done),
    Refused(Refusal),
    Failed(anyhow::Error),
    NotTried(WorkEnd),
}

/// What was done with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    Rented,
    Cancelled,
    EndsAtPeriodEnd,
}

/// Why the lines that follow were not tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkEnd {
    /// Interrupted after this line, or before the first.
    Interrupted { after_line: Option<u64> },
    /// The database failed on this line.
    DatabaseFailed { on_line: u64 },
}

/// How work on a file is watched.
pub struct FileWatch {
    /// Ends the work after the present line.
    pub stop: CancellationToken,
    /// Called with the number of lines before the first one, and after each.
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
    fn number(&self) -> &Msisdn;
    /// The account that it names.
    fn account(&self) -> Option<AccountId>;
}

/// Does `work` for each of `lines`, which returns what was done and for whom.
pub(super) async fn work_through<T: Order>(
    lines: &[(u64, T)],
    watch: &FileWatch,
    work: impl AsyncFn(&T) -> Result<(Done, AccountId)>,
) -> Vec<LineOutcome> {
    (watch.lines)(Lines::All(lines.len() as u64));
    let mut end: Option<WorkEnd> = None;
    let mut outcomes = Vec::with_capacity(lines.len());
    let mut last_line = None;
    for (line, order) in lines {
        let line = *line;
        if end.is_none() && watch.stop.is_cancelled() {
            end = Some(WorkEnd::Interrupted { after_line: last_line });
        }
        last_line = Some(line);
        let mut account = order.account();
        let outcome = match end {
            Some(end) => Outcome::NotTried(end),
            None => match work(order).await {
                Ok((done, renter)) => {
                    account = Some(renter);
                    Outcome::Done(done)
                }
                Err(Error::Refused(refusal)) => Outcome::Refused(refusal),
                Err(Error::Failed(error)) => {
                    if is_database_unavailable(&error) {
                        end = Some(WorkEnd::DatabaseFailed { on_line: line });
                    }
                    Outcome::Failed(error)
                }
            },
        };
        let msisdn = order.number().clone();
        outcomes.push(LineOutcome { line, msisdn, account, outcome });
        (watch.lines)(Lines::One);
    }
    outcomes
}

/// Whether every further line would fail alike.
fn is_database_unavailable(error: &anyhow::Error) -> bool {
    let mut causes = error.chain().filter_map(|cause| cause.downcast_ref::<StoreError>());
    causes.any(StoreError::is_unavailable)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Named {
        is_good: bool,
        msisdn: Msisdn,
    }

    impl Order for Named {
        fn number(&self) -> &Msisdn {
            &self.msisdn
        }

        fn account(&self) -> Option<AccountId> {
            None
        }
    }

    /// A good line, a bad one and a good one.
    fn lines() -> [(u64, Named); 3] {
        [(2, true), (4, false), (5, true)].map(|(line, is_good)| {
            (line, Named { is_good, msisdn: "447700900001".parse().expect("a number") })
        })
    }

    /// The outcomes of the lines if the bad one fails by `failure`.
    async fn outcomes(watch: &FileWatch, failure: fn() -> Error) -> Vec<(u64, String)> {
        let work = async |order: &Named| match order.is_good {
            true => Ok((Done::Rented, AccountId::new(10))),
            false => Err(failure()),
        };
        let outcomes = work_through(&lines(), watch, work).await;
        let told = |it: LineOutcome| match it.outcome {
            Outcome::Failed(error) => (it.line, format!("Failed({error:#})")),
            other => (it.line, format!("{other:?}")),
        };
        outcomes.into_iter().map(told).collect()
    }

    fn expected(texts: [&str; 3]) -> Vec<(u64, String)> {
        [2, 4, 5].into_iter().zip(texts.map(str::to_owned)).collect()
    }

    #[tokio::test]
    async fn a_refused_line_does_not_stop_the_others() {
        let outcomes = outcomes(&FileWatch::default(), || Refusal::NumberTaken.into()).await;
        assert_eq!(outcomes, expected(["Done(Rented)", "Refused(NumberTaken)", "Done(Rented)"]));
    }

    #[tokio::test]
    async fn if_the_database_is_gone_no_further_line_is_tried() {
        let failure = || {
            anyhow::Error::new(StoreError::Schema(crate::store::schema::SchemaError::Empty))
                .context("asking")
                .into()
        };
        let outcomes = outcomes(&FileWatch::default(), failure).await;
        let not_tried = "NotTried(DatabaseFailed { on_line: 4 })";
        assert_eq!(
            outcomes,
            expected(["Done(Rented)", "Failed(asking: the database is empty)", not_tried])
        );
    }

    #[tokio::test]
    async fn a_signal_ends_the_work_after_the_present_line() {
        let stop = CancellationToken::new();
        let told = stop.clone();
        let lines = Box::new(move |lines| {
            if lines == Lines::One {
                told.cancel();
            }
        });
        let watch = FileWatch { stop, lines };
        let outcomes = outcomes(&watch, || Refusal::NumberTaken.into()).await;
        let not_tried = "NotTried(Interrupted { after_line: Some(2) })";
        assert_eq!(outcomes, expected(["Done(Rented)", not_tried, not_tried]));
    }
}
