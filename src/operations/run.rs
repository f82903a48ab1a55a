//! `run`, `run list`, `run show`, `run approve`.

use std::sync::Arc;

use chrono::NaiveDate;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::error::Result;
use super::{App, Refusal, mail_test};
use crate::billing::run::{self, Context, RunError, execute};
use crate::billing::{NoopObserver, Observer, RunReport};
use crate::clock::Moment;
use crate::mail::EmailSource;
use crate::notice::{Addressee, Content, Notice, NoticeId, RunFailed};
use crate::run::{HeldBy, Run, RunStatus};

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
        Self { stop: CancellationToken::new(), observer: Arc::new(NoopObserver) }
    }
}

/// Does today's work, or what is left of it; returns what this call did.
///
/// # Errors
/// Refuses if the clock went back. Fails if the run is interrupted; what was committed stays valid.
pub async fn run(app: &App, watch: &Watch) -> Result<RunReport> {
    Ok(execute(&context(app, app.moment(), watch)).await?)
}

/// Does the run that is due by the schedule, if one is; returns what this call did. A run done by
/// hand counts.
///
/// # Errors
/// [`RunError`]: a daemon waits for some of them to pass.
pub async fn run_if_due(app: &App, watch: &Watch) -> Result<Option<RunReport>, RunError> {
    let now = app.moment();
    let last = app.store.find_last_run().await?;
    let Some(due) = app.settings.schedule().due(now.at, last) else { return Ok(None) };
    let moment = Moment { on: due.on, ..now };
    // Another daemon may end it before this one begins: then it is left as it is.
    let context = Context { rerun_finished: false, ..context(app, moment, watch) };
    execute(&context).await.map(Some)
}

/// Tells the operator, if there is one, that a run could not be done: once for each reason and date.
///
/// # Errors
/// Fails if neither the database nor the mail server accepts the notice.
pub async fn tell_of_failure(app: &App, reason: &str, remedies: &[String]) -> Result<()> {
    if app.mailer.settings.operator.is_none() {
        return Ok(());
    }
    let (reason, remedies) = (reason.to_owned(), remedies.to_vec());
    let moment = app.moment();
    let content = Content::RunFailed(RunFailed { reason, remedies });
    let notice = Notice { to: Addressee::Operator, queued: moment, content };
    let Err(unqueued) = app.store.queue_notice(&notice, app.clock.now(), &*app.rng).await else {
        return Ok(());
    };
    // The database may be what failed: then it goes out by itself.
    debug!(%unqueued, "the operator is notified of a failed run without the database");
    send_at_once(app, &notice).await
}

async fn send_at_once(app: &App, notice: &Notice) -> Result<()> {
    let id =
        NoticeId { to: notice.to, kind: notice.content.kind(), on: notice.queued.on, ordinal: 1 };
    let (token, content) = (app.rng.token(), &notice.content);
    let draft = EmailSource { id, token, queued: notice.queued, content, owner: None };
    let mail = app.mailer.compose(&draft).map_err(anyhow::Error::from)?;
    mail_test::send_mail(app, &mail).await?;
    Ok(())
}

/// What [`run()`] would do now.
pub async fn dry_run(app: &App, watch: &Watch) -> Result<RunReport> {
    Ok(run::dry_run(&context(app, app.moment(), watch)).await?)
}

/// The latest runs, newest first.
pub async fn list(app: &App, limit: u32) -> Result<Vec<RunReport>> {
    let mut reports = Vec::new();
    for date in app.store.run_dates(limit).await? {
        reports.extend(app.store.find_run(date).await?.as_ref().map(RunReport::of));
    }
    Ok(reports)
}

/// All that was done for one date.
pub async fn show(app: &App, date: NaiveDate) -> Result<RunReport> {
    Ok(RunReport::of(&find(app, date).await?))
}

/// Carries out what a guard held back on `date`: the releases, or the whole run.
///
/// # Errors
/// As [`held`] and [`run()`].
pub async fn approve(app: &App, date: NaiveDate, watch: &Watch) -> Result<RunReport> {
    let (context, guard) = approved_context(app, date, watch).await?;
    if guard == HeldBy::Releases {
        app.store.approve_run(date, app.clock.now()).await?;
    }
    Ok(execute(&context).await?)
}

/// What [`approve`] would do now.
///
/// # Errors
/// As [`approve`].
pub async fn preview_approval(app: &App, date: NaiveDate, watch: &Watch) -> Result<RunReport> {
    let (context, _) = approved_context(app, date, watch).await?;
    Ok(run::dry_run(&context).await?)
}

/// The context of the held run of `date` as if it were approved, and the guard that holds it.
async fn approved_context(app: &App, date: NaiveDate, watch: &Watch) -> Result<(Context, HeldBy)> {
    let guard = held(app, date).await?.held_by.unwrap_or(HeldBy::Releases);
    let moment = Moment { on: date, ..app.moment() };
    Ok((Context { approval: Some(guard), ..context(app, moment, watch) }, guard))
}

/// The run of `date`, which can be approved: it is held, and no later run came after it.
///
/// # Errors
/// Refuses any other run.
pub async fn held(app: &App, date: NaiveDate) -> Result<RunReport> {
    let run = find(app, date).await?;
    if run.status != RunStatus::Held {
        return Err(Refusal::RunNotHeld { date, status: run.status }.into());
    }
    let today = app.moment().on;
    if run.held_by == Some(HeldBy::Clock) && date > today {
        return Err(Refusal::RunInFuture { date, today }.into());
    }
    match app.store.find_run_date_until(today).await? {
        Some(latest) if latest > date => Err(Refusal::RunSuperseded { date, latest }.into()),
        _ => Ok(RunReport::of(&run)),
    }
}

pub(super) async fn find(app: &App, date: NaiveDate) -> Result<Run> {
    let run = app.store.find_run(date).await?;
    run.ok_or_else(|| Refusal::RunNotFound { date }.into())
}

/// What a run, or a check, at `moment` needs.
pub(crate) fn context(app: &App, moment: Moment, watch: &Watch) -> Context {
    Context {
        writer: app.account_writer(moment),
        reload_processor: app.reload_processor(moment).stopping_at(watch.stop.clone()),
        rerun_finished: true,
        approval: None,
        stop: watch.stop.clone(),
        observer: Arc::clone(&watch.observer),
    }
}
