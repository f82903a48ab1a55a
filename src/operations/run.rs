//! `run`, `run list`, `run show`, `run approve`.

use std::sync::Arc;

use anyhow::Result;
use chrono::NaiveDate;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::{Desk, Refusal, mail_test};
use crate::billing::preview::preview;
use crate::billing::run::{Context, RunError, execute};
use crate::billing::{Observer, RunReport, Unobserved};
use crate::clock::{Moment, system_now};
use crate::ids::random_token;
use crate::mail::Draft;
use crate::notice::{Addressee, Content, Notice, NoticeId, RunFailed};
use crate::store::{Run, RunStatus};

/// How a caller follows a run and stops it.
#[derive(Clone)]
pub struct Watch {
    /// Set to stop it after the batch in hand.
    pub stop: CancellationToken,
    /// Who follows it.
    pub observer: Arc<dyn Observer>,
}

impl Default for Watch {
    fn default() -> Self {
        Self { stop: CancellationToken::new(), observer: Arc::new(Unobserved) }
    }
}

/// Does today's work, or what is left of it; returns what this call did.
///
/// # Errors
/// Where the database fails or the clock went back. What was committed stays right.
pub async fn run(desk: &Desk, watch: &Watch) -> Result<RunReport> {
    execute(&context(desk, desk.moment(), watch)).await.map_err(clock_refusal)
}

/// Does the run that is due by the schedule, if one is; returns what this call did. A run done by
/// hand counts.
///
/// # Errors
/// As [`run`].
pub async fn run_if_due(desk: &Desk, watch: &Watch) -> Result<Option<RunReport>> {
    let now = desk.moment();
    let last = desk.store.find_last_run().await?;
    let Some(due) = desk.settings.schedule().due(now.at, last) else { return Ok(None) };
    let moment = Moment { on: due.on, ..now };
    // Another daemon may end it before this one begins: then it is left as it is.
    let context = Context { again: false, ..context(desk, moment, watch) };
    execute(&context).await.map(Some).map_err(clock_refusal)
}

/// Tells the operator, if there is one, that a run could not be done: once for each reason and date.
///
/// # Errors
/// Where neither the database nor the mail server takes it.
pub async fn tell_of_failure(desk: &Desk, reason: &str, remedies: &[String]) -> Result<()> {
    if desk.mailer.settings.operator.is_none() {
        return Ok(());
    }
    let (reason, remedies) = (reason.to_owned(), remedies.to_vec());
    let moment = desk.moment();
    let content = Content::RunFailed(RunFailed { reason, remedies });
    let notice = Notice { to: Addressee::Operator, queued: moment, content };
    let Err(unqueued) = desk.store.queue_notice(&notice, system_now()).await else { return Ok(()) };
    // The database may be what failed: then it goes out by itself.
    debug!(%unqueued, "a failed run is told of without the database");
    send_at_once(desk, &notice).await
}

async fn send_at_once(desk: &Desk, notice: &Notice) -> Result<()> {
    let id =
        NoticeId { to: notice.to, kind: notice.content.kind(), on: notice.queued.on, ordinal: 1 };
    let (token, content) = (random_token(), &notice.content);
    let draft = Draft { id, token, queued: notice.queued, content, owner: None };
    mail_test::hand_over(desk, &desk.mailer.compose(&draft)?).await?;
    Ok(())
}

/// What [`run`] would do now.
///
/// # Errors
/// Where the database fails.
pub async fn dry_run(desk: &Desk, watch: &Watch) -> Result<RunReport> {
    preview(&context(desk, desk.moment(), watch)).await.map_err(clock_refusal)
}

/// The latest runs, newest first.
///
/// # Errors
/// Where the database fails.
pub async fn list(desk: &Desk, limit: u32) -> Result<Vec<RunReport>> {
    let mut reports = Vec::new();
    for date in desk.store.run_dates(limit).await? {
        reports.extend(desk.store.find_run(date).await?.as_ref().map(RunReport::of));
    }
    Ok(reports)
}

/// All that was done for one date.
///
/// # Errors
/// Refuses a date without a run.
pub async fn show(desk: &Desk, date: NaiveDate) -> Result<RunReport> {
    Ok(RunReport::of(&find(desk, date).await?))
}

/// Lets the releases go on that the guard held back on `date`, and carries them out.
///
/// # Errors
/// Refuses a run that is not held, and one that a later run came after.
pub async fn approve(desk: &Desk, date: NaiveDate, watch: &Watch) -> Result<RunReport> {
    held(desk, date).await?;
    desk.store.approve_run(date, system_now()).await.map_err(super::busy)?;
    let moment = Moment { on: date, ..desk.moment() };
    execute(&context(desk, moment, watch)).await.map_err(clock_refusal)
}

/// The run of `date`, which can be approved: it is held, and no later run came after it.
///
/// # Errors
/// Refuses any other, and says which.
pub async fn held(desk: &Desk, date: NaiveDate) -> Result<RunReport> {
    let run = find(desk, date).await?;
    if run.status != RunStatus::Held {
        return Err(Refusal::new(format!(
            "the run of {date} is {}, not held",
            run.status.as_str()
        ))
        .into());
    }
    if let Some(latest) = desk.store.run_dates(1).await?.into_iter().find(|latest| *latest != date)
    {
        return Err(Refusal::with_hint(
            format!("the run of {latest} came after it"),
            format!("it holds the same releases back, if they still are: `linerent run approve {latest}`"),
        )
        .into());
    }
    Ok(RunReport::of(&run))
}

async fn find(desk: &Desk, date: NaiveDate) -> Result<Run> {
    let run = desk.store.find_run(date).await?;
    run.ok_or_else(|| {
        Refusal::with_hint(
            format!("there was no run of {date}"),
            "`linerent run list` shows the latest",
        )
        .into()
    })
}

/// What a run, or a check, at `moment` needs.
pub(crate) fn context(desk: &Desk, moment: Moment, watch: &Watch) -> Context {
    Context {
        store: desk.store.clone(),
        moment,
        terms: Arc::clone(&desk.settings.terms),
        collector: desk.collector_at(moment),
        again: true,
        stop: watch.stop.clone(),
        observer: Arc::clone(&watch.observer),
    }
}

/// A clock that went back is a rule's no: nothing has changed.
pub(crate) fn clock_refusal(error: RunError) -> anyhow::Error {
    match error {
        RunError::ClockWentBack { .. } => super::refused(error),
        other => other.into(),
    }
}
