//! The daemon's work: one round of each loop.
//!
//! The scheduler only triggers a check. Each tick checks the calendar and the database for a run that is due and not
//! done, so a tick that is late, repeated or lost has no effect on billing, and runs by hand count too.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::failure_alerts::FailureAlerts;
use super::run_watchdog;
use super::state::State;
use super::worker_loop::{LoopOutcome, LoopSchedule, run_loop};
use crate::metrics::{LoopName, Metrics};
use crate::operations::run::{Watch, run_if_due};
use crate::operations::{App, notice, reload};
use crate::reload::OpenReloads;

/// Every minute, in UTC. The calendar decides whether a run is due, with daylight saving time.
const TICKS: &str = "0 * * * * *";
/// If the scheduler fails, the loop still checks at this interval.
const TICK_MAX: Duration = Duration::from_secs(90);
const LOOK_UP_EVERY: Duration = Duration::from_secs(30);
const DELIVER_EVERY: Duration = Duration::from_secs(5);
/// A failed run is retried sooner than the rounds of other loops.
const RUN_RETRY_MAX: Duration = Duration::from_secs(60);

/// A scheduler that notifies `tick`.
pub(super) async fn alarm_clock(tick: &Arc<Notify>) -> Result<JobScheduler, JobSchedulerError> {
    let alarm = JobScheduler::new().await?;
    let tick = Arc::clone(tick);
    alarm.add(Job::new(TICKS, move |_, _| tick.notify_one())?).await?;
    alarm.start().await?;
    Ok(alarm)
}

/// Runs all loops until they are asked to stop and the current rounds have ended.
pub(super) async fn all(state: &Arc<State>, tick: &Notify, stop: &CancellationToken) {
    let alerts = Arc::new(FailureAlerts::default());
    let run = LoopSchedule {
        wake: Some(tick),
        retry_max: RUN_RETRY_MAX,
        ..LoopSchedule::of(LoopName::Run, |_| TICK_MAX)
    };
    let check = LoopSchedule::of(LoopName::Check, |app| app.settings.check_every);
    let look_up = LoopSchedule::of(LoopName::Lookup, |_| LOOK_UP_EVERY);
    let deliver = LoopSchedule::of(LoopName::Delivery, |_| DELIVER_EVERY);
    tokio::join!(
        run_loop(state, stop, run, |app, watch| run_round(app, watch, Arc::clone(&alerts))),
        run_loop(state, stop, check, check_round),
        run_loop(state, stop, look_up, look_up_round),
        run_loop(state, stop, deliver, |app, watch| {
            delivery_round(app, watch, Arc::clone(&state.metrics))
        }),
        run_watchdog::keep_watch(state, stop),
    );
}

async fn run_round(app: Arc<App>, watch: Watch, alerts: Arc<FailureAlerts>) -> Result<LoopOutcome> {
    match run_if_due(&app, &watch).await {
        Ok(_) => {
            alerts.clear().await;
            Ok(LoopOutcome::Healthy)
        }
        Err(failure) if watch.stop.is_cancelled() => Err(failure.into()),
        Err(failure) => {
            let failure = failure.into();
            alerts.raise(&app, &failure).await;
            Err(failure)
        }
    }
}

async fn check_round(app: Arc<App>, watch: Watch) -> Result<LoopOutcome> {
    let done = reload::check(&app, &watch, OpenReloads::Unasked).await?;
    if done.reloads.requested + done.reloads.captured + done.reloads.declined > 0 {
        info!(
            reloads.requested = done.reloads.requested,
            reloads.captured = done.reloads.captured,
            reloads.declined = done.reloads.declined,
            reloads.in_doubt = done.reloads.in_doubt,
            "balances were checked"
        );
    }
    Ok(LoopOutcome::Healthy)
}

async fn look_up_round(app: Arc<App>, watch: Watch) -> Result<LoopOutcome> {
    let done = reload::look_up(&app, &watch).await?;
    if done.reloads.captured + done.reloads.declined > 0 {
        info!(
            reloads.captured = done.reloads.captured,
            reloads.declined = done.reloads.declined,
            reloads.in_doubt = done.reloads.in_doubt,
            "reloads in doubt were looked up"
        );
    }
    Ok(LoopOutcome::Healthy)
}

async fn delivery_round(app: Arc<App>, watch: Watch, metrics: Arc<Metrics>) -> Result<LoopOutcome> {
    let done = notice::deliver(&app, &watch, false).await?;
    metrics.delivered(&done);
    if done.sent + done.deferred + done.failed > 0 {
        info!(
            notices.sent = done.sent,
            notices.deferred = done.deferred,
            notices.failed = done.failed,
            "notices were delivered"
        );
    }
    Ok(if done.trouble.is_none() { LoopOutcome::Healthy } else { LoopOutcome::Degraded })
}
