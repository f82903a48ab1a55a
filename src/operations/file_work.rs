//! Work on the lines of a file: each is carried out on its own, and says what came of it.

use anyhow::Result;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::Refusal;
use crate::store::StoreError;

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

/// A rule said no.
pub const REFUSED: &str = "refused";
/// It could not be carried out.
pub const FAILED: &str = "failed";
/// The work had ended before.
pub const NOT_TRIED: &str = "not_tried";

/// How work on a file is watched.
pub struct FileWatch {
    /// Set, it ends the work after the line in hand.
    pub stop: CancellationToken,
    /// FailureAlerts of so many lines in all, before the first, and of each that is done.
    pub lines: Box<dyn Fn(Lines) + Send + Sync>,
    /// Says why a line was refused or failed, on one line and without hints.
    pub explain: fn(&anyhow::Error) -> String,
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
        Self { stop: CancellationToken::new(), lines: Box::new(|_| {}), explain: reason_of }
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
    let mut last_line = None;
    for (line, order) in lines {
        if end.is_none() && watch.stop.is_cancelled() {
            end = Some(match last_line {
                Some(last) => format!("interrupted after line {last}"),
                None => "interrupted before the first line".to_owned(),
            });
        }
        last_line = Some(line);
        let (account, status, reason) = match &end {
            Some(why) => (order.account(), NOT_TRIED, Some(why.clone())),
            None => match work(order).await {
                Ok((done, account)) => (Some(account), done, None),
                Err(error) => {
                    if is_of_the_database(&error) {
                        end = Some(format!("the database failed on line {line}"));
                    }
                    let is_refusal = error.chain().any(|cause| cause.is::<Refusal>());
                    let status = if is_refusal { REFUSED } else { FAILED };
                    (order.account(), status, Some((watch.explain)(&error)))
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
pub fn reason_of(error: &anyhow::Error) -> String {
    let causes = error.chain().map(ToString::to_string);
    let causes: Vec<_> =
        causes.map(|cause| cause.lines().next().unwrap_or_default().to_owned()).collect();
    causes.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Named(&'static str);

    impl Order for Named {
        fn number(&self) -> String {
            self.0.to_owned()
        }

        fn account(&self) -> Option<String> {
            None
        }
    }

    const LINES: [(u64, Named); 3] = [(2, Named("good")), (4, Named("bad")), (5, Named("good"))];

    /// What comes of the lines where `bad` ones fail by `failure`.
    async fn outcomes(watch: &FileWatch, failure: fn() -> anyhow::Error) -> Vec<String> {
        let work = async |order: &Named| match order.0 {
            "good" => Ok(("done", "a".to_owned())),
            _ => Err(failure()),
        };
        let views = carry_out(&LINES, watch, work).await;
        let told =
            |it: LineView| format!("{} {} {}", it.line, it.status, it.reason.unwrap_or_default());
        views.into_iter().map(told).collect()
    }

    #[tokio::test]
    async fn a_line_that_is_refused_stops_nothing() {
        let failure = || Refusal::with_hint("no", "try another").into();
        let outcomes = outcomes(&FileWatch::default(), failure).await;
        assert_eq!(outcomes, ["2 done ", "4 refused no", "5 done "]);
    }

    #[tokio::test]
    async fn where_the_database_is_gone_no_further_line_is_tried() {
        let failure =
            || anyhow::Error::new(StoreError::Schema("gone".to_owned())).context("asking");
        let outcomes = outcomes(&FileWatch::default(), failure).await;
        let expected =
            ["2 done ", "4 failed asking: gone", "5 not_tried the database failed on line 4"];
        assert_eq!(outcomes, expected);
    }

    #[tokio::test]
    async fn a_signal_ends_the_work_after_the_line_in_hand() {
        let stop = CancellationToken::new();
        let told = stop.clone();
        let lines = Box::new(move |lines| {
            if lines == Lines::One {
                told.cancel();
            }
        });
        let watch = FileWatch { stop, lines, ..FileWatch::default() };
        let outcomes = outcomes(&watch, || Refusal::new("no").into()).await;
        let interrupted = "not_tried interrupted after line 2";
        let expected =
            ["2 done ".to_owned(), format!("4 {interrupted}"), format!("5 {interrupted}")];
        assert_eq!(outcomes, expected);
    }
}
