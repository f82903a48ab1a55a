//! The daily run (DESIGN 2.5): its passes, in order, each of which may be interrupted and begun
//! again. What is due is read from the stored state, so a run needs to know nothing of earlier
//! ones, and several at once share the work.

use std::sync::Arc;

use chrono::NaiveDate;
use thiserror::Error;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, info, info_span};

use super::batch::{CountedAccounts, PassScope};
use super::reload_processor::ReloadProcessor;
use super::report::RunReport;
use super::{Observer, guard, reload, reprice, run_report_notice, worker};
use crate::clock::{Clock, Moment};
use crate::ids::AccountId;
use crate::policy::BillingPolicy;
use crate::rng::Rng;
use crate::run::{Pass, Run, RunCounts, RunEnd, RunStatus};
use crate::store::runs::slices::SliceProgress;
use crate::store::{AccountChange, Store, StoreError};

/// Why a run stopped. What was committed stays right; the next run goes on.
#[derive(Debug, Error)]
pub enum RunError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It was asked to stop.
    #[error("the run was interrupted\nhint: the next run goes on where it stopped")]
    Interrupted,
    /// The clock says a day that is before one already billed.
    #[error(
        "today is {today} by the clock, and {latest} has been run already\nhint: check the machine's clock and `billing.time_zone`"
    )]
    ClockWentBack {
        /// What the clock says.
        today: NaiveDate,
        /// The latest date that was run.
        latest: NaiveDate,
    },
}

/// What every part of a run needs; its workers each have one.
#[derive(Clone)]
pub struct Context {
    /// The database.
    pub store: Store,
    /// The billing date, and the instant that postings carry.
    pub moment: Moment,
    /// The operator's rules.
    pub policy: Arc<BillingPolicy>,
    pub clock: Arc<dyn Clock>,
    pub rng: Arc<dyn Rng>,
    /// Who charges cards.
    pub reload_processor: ReloadProcessor,
    /// Whether a run that has ended is begun anew; a daemon leaves it as it is.
    pub again: bool,
    /// Set when the run shall stop after the batch in hand.
    pub stop: CancellationToken,
    /// Who follows it.
    pub observer: Arc<dyn Observer>,
}

impl RunError {
    /// Whether it may pass by itself: a database that is away, others who were faster, and a clock that
    /// is a little behind another daemon's at midnight.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Store(StoreError::Conflict | StoreError::LeaseLost) => true,
            Self::Store(failure) => failure.is_passing(),
            Self::ClockWentBack { today, latest } => today.succ_opt() == Some(*latest),
            Self::Interrupted => false,
        }
    }
}

impl Context {
    /// Writes `changes`, with the progress of a slice if they are a part of one; returns how many notices
    /// that queued.
    pub(super) async fn write(
        &self,
        changes: &[AccountChange],
        progress: Option<&SliceProgress<'_>>,
    ) -> Result<u64, StoreError> {
        let (hold, today, now) = (self.policy.release.hold, self.moment.on, self.clock.now());
        self.store.write(changes, hold, today, now, &*self.rng, progress).await
    }

    pub(super) fn refuse_if_stopped(&self) -> Result<(), RunError> {
        if self.stop.is_cancelled() { Err(RunError::Interrupted) } else { Ok(()) }
    }

    pub(super) fn report_progress(&self, accounts: &[AccountId]) {
        self.observer.looked_at(accounts.len() as u64);
    }
}

/// Due accounts from which on a run is cut into slices that several processes can share: fewer
/// are done sooner than shared.
const SHARED_FROM_BATCHES: u32 = 4;
/// Slices of a shared run.
pub(super) const SLICES: u32 = 16;

/// Does the work of one billing date, alone or beside others; returns what this call did. What
/// was done for the date by all calls together is in [`Store::find_run`].
///
/// # Errors
/// [`RunError`]; what was committed stays right.
pub async fn execute(context: &Context) -> Result<RunReport, RunError> {
    let date = context.moment.on;
    async {
        refuse_a_clock_that_went_back(context).await?;
        context
            .store
            .open_run(date, slices(context).await?, context.again, context.clock.now())
            .await?;
        reprice::finish_open(context).await?;
        let counted = CountedAccounts::of(Some(&run_of(context).await?));
        let mut done = all_workers(context, Pass::Renew, PassScope::Pay(counted)).await?;
        done.add(&timed(context, Pass::Reload, reload::carry_out(context)).await?);
        // Once more: another daemon may have begun the next date's meanwhile, with a guard of its own.
        refuse_a_clock_that_went_back(context).await?;
        let releases = guard::releases(context, &run_of(context).await?).await?;
        done.add(&all_workers(context, Pass::Unfunded, PassScope::PayAndEnforce(releases)).await?);
        let returning = worker::return_numbers(context.clone());
        done.add(&timed(context, Pass::Return, returning).await?);
        done.add(&all_workers(context, Pass::Ahead, PassScope::TellAhead).await?);
        finish(context, &mut done).await
    }
    .instrument(info_span!("run", run.date = %date))
    .await
}

/// Ends the run, queues the operator's report of it, and returns what this call did.
async fn finish(context: &Context, done: &mut RunCounts) -> Result<RunReport, RunError> {
    let date = context.moment.on;
    let run = run_of(context).await?;
    let status = if run.counts.held_back > 0 { RunStatus::Held } else { RunStatus::Complete };
    let oldest_unbilled = context.store.oldest_due(AccountId::MIN, AccountId::MAX, date).await?;
    let report = match context.policy.notices.has_operator {
        true => Some(run_report_notice::report(context, &run, status, oldest_unbilled).await?),
        false => None,
    };
    let end = RunEnd { date, status, oldest_unbilled_on: oldest_unbilled };
    done.notices +=
        context.store.finish_run(&end, report.as_ref(), context.clock.now(), &*context.rng).await?;
    info!(
        run.status = status.as_str(),
        run.renewed = done.renewed,
        run.past_due = done.past_due,
        run.released = done.released,
        run.held_back = done.held_back,
        run.failed_accounts = run.failures.len(),
        reloads.captured = done.reloads.captured,
        reloads.declined = done.reloads.declined,
        reloads.in_doubt = done.reloads.in_doubt,
        run.notices = done.notices,
        "the run ended"
    );
    Ok(RunReport::new(date, status, done, &run.failures, oldest_unbilled))
}

/// A pass by as many workers as the concurrency allows; returns what they did together.
async fn all_workers(
    context: &Context,
    pass: Pass,
    scope: PassScope,
) -> Result<RunCounts, RunError> {
    let work = together(context, |context| worker::work(context, pass, scope));
    timed(context, pass, work).await
}

/// A pass with a span of its own, whose duration the observer is told.
async fn timed(
    context: &Context,
    pass: Pass,
    work: impl Future<Output = Result<RunCounts, RunError>>,
) -> Result<RunCounts, RunError> {
    let begun = context.clock.monotonic();
    let span = info_span!("pass", run.date = %context.moment.on, run.pass = pass.as_str());
    let outcome = work.instrument(span).await;
    context.observer.pass_ended(pass, context.clock.monotonic().saturating_sub(begun));
    outcome
}

/// As many of one `work` at once as the concurrency allows; returns what they did together.
pub(super) async fn together<W>(
    context: &Context,
    work: impl Fn(Context) -> W,
) -> Result<RunCounts, RunError>
where
    W: Future<Output = Result<RunCounts, RunError>> + Send + 'static,
{
    let mut workers = JoinSet::new();
    for _ in 0..context.policy.run.workers.max(1) {
        workers.spawn(work(context.clone()).in_current_span());
    }
    let mut done = RunCounts::default();
    let mut failed = None;
    // All are waited for: none is cut off in the middle of a batch by another's error.
    while let Some(outcome) = workers.join_next().await {
        match outcome.expect("a worker does not panic, and is not aborted") {
            Ok(counts) => done.add(&counts),
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    failed.map_or(Ok(done), Err)
}

/// A clock that runs behind must not make up runs of days gone by.
pub(super) async fn refuse_a_clock_that_went_back(context: &Context) -> Result<(), RunError> {
    let today = context.moment.on;
    let latest = context.store.run_dates(1).await?.into_iter().next();
    match latest.filter(|latest| *latest > today) {
        Some(latest) => Err(RunError::ClockWentBack { today, latest }),
        None => Ok(()),
    }
}

async fn slices(context: &Context) -> Result<u32, RunError> {
    let shared_from = context.policy.run.batch_accounts.saturating_mul(SHARED_FROM_BATCHES);
    let due = context
        .store
        .due_or_low_accounts(AccountId::MIN, AccountId::MAX, context.moment.on, shared_from)
        .await?;
    let is_shared = u32::try_from(due.len()).is_ok_and(|due| due >= shared_from);
    Ok(if is_shared { SLICES } else { 1 })
}

async fn run_of(context: &Context) -> Result<Run, RunError> {
    let date = context.moment.on;
    let run = context.store.find_run(date).await?;
    Ok(run.ok_or_else(|| StoreError::unreadable(format!("the run of {date}"), "it is gone"))?)
}
