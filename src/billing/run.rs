//! The daily run: its passes, in order.
//!
//! Each pass may be interrupted and started again. What is due is read from the stored state, so a run does not depend
//! on earlier runs, and several processes can share it.

use std::sync::Arc;

use tracing::{Instrument, info, info_span};

pub use super::context::{Context, RunError};

use super::account_pages::SLICES;
use super::account_writer::AccountWriter;
use super::batch::{CountedAccounts, PassScope};
use super::dry_run::DryRun;
use super::outcome_sink::OutcomeSink;
use super::report::RunReport;
use super::return_numbers::return_numbers;
use super::{guard, reload, reprice, run_report_notice, worker};
use crate::ids::AccountId;
use crate::rng::SeededRng;
use crate::run::{HeldBy, Pass, Run, RunCounts, RunEnd, RunStatus};
use crate::store::StoreError;

/// A run with this many full batches of due accounts is divided into slices that several processes can share. A
/// smaller one is done sooner by one process.
const SHARED_FROM_BATCHES: u32 = 4;

/// Does the work of one billing date, alone or beside other processes. Returns what this call did; the stored run has
/// the counts of all calls for the date.
///
/// # Errors
/// [`RunError`]; what was committed stays valid.
pub async fn execute(context: &Context) -> Result<RunReport, RunError> {
    let AccountWriter { store, moment, clock, .. } = &context.writer;
    async {
        context.refuse_if_a_run_is_being_undone().await?;
        context.refuse_if_clock_went_back().await?;
        if let Some(fault) = context.find_clock_fault().await? {
            return context.hold(fault).await;
        }
        let slices = slices(context).await?;
        store.open_run(moment.on, slices, context.rerun_finished, clock.now()).await?;
        reprice::finish_open(context).await?;
        let (done, _) = all_passes(context, OutcomeSink::Database).await?;
        finish(context, done).await
    }
    .instrument(info_span!("run", run.date = %moment.on))
    .await
}

/// What [`execute`] would do now. Nothing is written and the gateway is not asked: the reloads that would be requested
/// are counted, but not what they would pay.
///
/// # Errors
/// [`RunError`].
pub async fn dry_run(context: &Context) -> Result<RunReport, RunError> {
    context.refuse_if_a_run_is_being_undone().await?;
    context.refuse_if_clock_went_back().await?;
    if let Some(fault) = context.find_clock_fault().await? {
        let report = u64::from(context.writer.policy.notices.has_operator);
        return Ok(RunReport::held(context.writer.moment.on, fault, report));
    }
    // The ids of reloads that are only counted are not stored.
    let writer = AccountWriter { rng: Arc::new(SeededRng::new(0)), ..context.writer.clone() };
    let context = Context { writer, ..context.clone() };
    let sink = OutcomeSink::Counters(Arc::new(DryRun::new()));
    let (done, sink) = all_passes(&context, sink).await?;
    match sink {
        OutcomeSink::Counters(dry_run) => dry_run.finish(&context, done).await,
        OutcomeSink::Database => unreachable!("a sink does not change its kind"),
    }
}

/// All passes of a run. Returns what they did, and the sink as the last pass leaves it.
async fn all_passes(
    context: &Context,
    sink: OutcomeSink,
) -> Result<(RunCounts, OutcomeSink), RunError> {
    let AccountWriter { store, moment, .. } = &context.writer;
    let pay = PassScope::Pay(CountedAccounts::of(store.find_run(moment.on).await?.as_ref()));
    let mut done = all_workers(context, &sink, Pass::Renew, pay).await?;
    let sink = sink.after(pay);
    done.add(&timed(context, Pass::Reload, reload::process_reloads(context, &sink)).await?);
    // Again, because another daemon may have started the run of the next date, which has a guard of its own.
    context.refuse_if_clock_went_back().await?;
    let run = store.find_run(moment.on).await?;
    let releases = guard::releases(context, &sink, run.as_ref()).await?;
    let enforce = PassScope::PayAndEnforce(releases);
    done.add(&all_workers(context, &sink, Pass::Unfunded, enforce).await?);
    let sink = sink.after(enforce);
    done.add(&timed(context, Pass::Return, return_numbers(context, &sink)).await?);
    done.add(&all_workers(context, &sink, Pass::Ahead, PassScope::AnnounceRenewals).await?);
    Ok((done, sink))
}

/// Ends the run and queues the operator's report of it. Returns what this call did.
async fn finish(context: &Context, mut done: RunCounts) -> Result<RunReport, RunError> {
    let AccountWriter { store, moment, policy, clock, rng, .. } = &context.writer;
    let date = moment.on;
    let run = run_of(context).await?;
    let status = RunStatus::of_ended(&run.counts);
    let held_by = HeldBy::of_ended(&run.counts);
    let oldest_unbilled = store.oldest_due(AccountId::MIN, AccountId::MAX, date).await?;
    let report = match policy.notices.has_operator {
        true => Some(run_report_notice::report(context, &run, status, oldest_unbilled).await?),
        false => None,
    };
    let end = RunEnd { date, status, held_by, oldest_unbilled_on: oldest_unbilled };
    done.notices += store.finish_run(&end, report.as_ref(), clock.now(), &**rng).await?;
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
    Ok(RunReport::new(date, (status, held_by), &done, &run.failures, oldest_unbilled))
}

/// A pass by all workers. Returns what they did together.
async fn all_workers(
    context: &Context,
    sink: &OutcomeSink,
    pass: Pass,
    scope: PassScope,
) -> Result<RunCounts, RunError> {
    let work = context.spawn_workers(|context| worker::work(context, sink.clone(), pass, scope));
    timed(context, pass, work).await
}

/// A pass with a span of its own, and its duration reported to the observer.
async fn timed(
    context: &Context,
    pass: Pass,
    work: impl Future<Output = Result<RunCounts, RunError>>,
) -> Result<RunCounts, RunError> {
    let AccountWriter { clock, moment, .. } = &context.writer;
    let begun = clock.monotonic();
    let span = info_span!("pass", run.date = %moment.on, run.pass = pass.as_str());
    let outcome = work.instrument(span).await;
    context.observer.pass_ended(pass, clock.monotonic().saturating_sub(begun));
    outcome
}

async fn slices(context: &Context) -> Result<u32, RunError> {
    let AccountWriter { store, moment, policy, .. } = &context.writer;
    let shared_from = policy.run.batch_accounts.saturating_mul(SHARED_FROM_BATCHES);
    let due =
        store.due_or_low_accounts(AccountId::MIN, AccountId::MAX, moment.on, shared_from).await?;
    let is_shared = u32::try_from(due.len()).is_ok_and(|due| due >= shared_from);
    Ok(if is_shared { SLICES } else { 1 })
}

async fn run_of(context: &Context) -> Result<Run, RunError> {
    let date = context.writer.moment.on;
    let run = context.writer.store.find_run(date).await?;
    Ok(run
        .ok_or_else(|| StoreError::unreadable(format!("the run of {date}"), "it does not exist"))?)
}
