//! The operator's report of a run.

use chrono::{NaiveDate, TimeDelta};

use super::account_writer::AccountWriter;
use super::context::Context;
use super::report::RunReport;
use crate::calendar::days_before;
use crate::ids::AccountId;
use crate::money::{Money, currency_of};
use crate::notice::{Addressee, Content, Day, Notice, Report, ReportReloads, Unbilled};
use crate::run::{ClockFault, HeldBy, Run, RunCounts, RunStatus};
use crate::store::StoreError;

/// Days in the chart of a report.
const DAYS: u32 = 30;
/// The most accounts that a report names. The others are counted.
const UNBILLED_MAX: usize = 20;

/// The report of `run`, which is about to end as `status`.
pub(super) async fn report(
    context: &Context,
    run: &Run,
    status: RunStatus,
    oldest_unbilled: Option<NaiveDate>,
) -> Result<Notice, StoreError> {
    Ok(notice(context, content(context, run, status, oldest_unbilled).await?))
}

/// The report of a run that the clock guard holds for `fault`.
pub(super) async fn report_of_hold(
    context: &Context,
    fault: ClockFault,
) -> Result<Notice, StoreError> {
    let AccountWriter { store, moment, clock, .. } = &context.writer;
    let status = RunStatus::Held;
    let run = Run {
        billing_date: moment.on,
        status,
        held_by: Some(HeldBy::Clock),
        started_at: clock.now(),
        finished_at: Some(clock.now()),
        is_approved: false,
        oldest_unbilled_on: None,
        counts: RunCounts::default(),
        failures: Vec::new(),
    };
    let oldest = store.oldest_due(AccountId::MIN, AccountId::MAX, moment.on).await?;
    let content = content(context, &run, status, oldest).await?;
    Ok(notice(context, Report { clock_fault: Some(fault.to_string()), missed_days: 0, ..content }))
}

fn notice(context: &Context, report: Report) -> Notice {
    let content = Content::Report(Box::new(report));
    Notice { to: Addressee::Operator, queued: context.writer.moment, content }
}

async fn content(
    context: &Context,
    run: &Run,
    status: RunStatus,
    oldest_unbilled: Option<NaiveDate>,
) -> Result<Report, StoreError> {
    let counts = &run.counts;
    let amounts = counts.amounts.iter().filter_map(|(code, micros)| {
        currency_of(code).ok().map(|currency| Money::from_micros(*micros, currency))
    });
    let unbilled = run.failures.iter().take(UNBILLED_MAX).map(|failure| Unbilled {
        account: failure.account.to_string(),
        reason: failure.reason.clone(),
    });
    // Notices are given up by the machine's clock.
    let yesterday = context.writer.clock.now() - TimeDelta::days(1);
    let days = days(context, run).await?;
    Ok(Report {
        status: status.as_str().to_owned(),
        accounts: counts.accounts,
        renewed: counts.renewed,
        amounts: amounts.collect(),
        past_due: counts.past_due,
        released: counts.released,
        held_back: counts.held_back,
        returned: counts.returned,
        reloads: ReportReloads {
            captured: counts.reloads.captured,
            declined: counts.reloads.declined,
            in_doubt: counts.reloads.in_doubt,
        },
        unbilled: unbilled.collect(),
        unbilled_count: run.failures.len() as u64,
        oldest_unbilled,
        failed_notices: context.writer.store.count_failed_notices(yesterday).await?,
        missed_days: missed_days(&days),
        days,
        clock_fault: None,
    })
}

/// Days without a run between this run and the one before it, within `days`.
fn missed_days(days: &[Day]) -> u64 {
    let mut earlier = days.iter().rev().skip(1);
    let missed = earlier.by_ref().take_while(|day| !day.was_run).count();
    // The first run has missed nothing.
    let is_first = days.iter().rev().skip(1).all(|day| !day.was_run);
    if is_first { 0 } else { missed as u64 }
}

/// What was done on each of the last days, with this run's day as the last.
async fn days(context: &Context, run: &Run) -> Result<Vec<Day>, StoreError> {
    let mut days = Vec::new();
    for back in (0..DAYS).rev() {
        let on = days_before(run.billing_date, back);
        let report = match back {
            0 => Some(RunReport::of(run)),
            _ => match context.writer.store.find_run(on).await {
                // An earlier day that cannot be read must not prevent the end of today's run.
                Err(failure) if !failure.is_unavailable() => None,
                found => found?.as_ref().map(RunReport::of),
            },
        };
        let (renewed, released) =
            report.as_ref().map_or((0, 0), |it| (it.counts.renewed, it.counts.released));
        days.push(Day { on, was_run: report.is_some(), renewed, released });
    }
    Ok(days)
}
