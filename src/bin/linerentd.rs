//! `linerentd`, the daemon: does each day's run once `schedule.run_at` has passed, checks the balances
//! of those who reload by card every `auto_reload.check_every`, and delivers notices as they come.
//!
//! The scheduler is only the alarm clock. Each tick asks the calendar and the database whether
//! today's run is due and not done, so a tick that comes late, twice or not at all changes
//! nothing, a run done by hand counts, and a run that failed is tried again by the next tick.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use linerent::operations::run::{Watch, run_if_due, tell_of_failure};
use linerent::operations::{Desk, notice, reload};
use linerent::payments::Unrecognised;
use linerent::store::Kind;
use linerent::telemetry::explain;
use linerent::{config, lifecycle, telemetry};
use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

/// Does the daily run of linerent, every day, for years.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    /// A configuration file, over the built-in defaults.
    #[arg(long, value_name = "FILE", env = "LINERENT_CONFIG")]
    config: Option<PathBuf>,
    /// The database, over the configuration: sqlite:PATH or postgres://…
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

/// Every minute, in UTC: the calendar decides what a tick means, daylight saving and all.
const TICKS: &str = "0 * * * * *";

#[tokio::main]
async fn main() -> ExitCode {
    telemetry::start("info,tokio_cron_scheduler=warn");
    match serve(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let (error, hints) = explain(&failure);
            error!(error, hint = hints.join("; "), "the daemon cannot go on");
            ExitCode::from(2)
        }
    }
}

async fn serve(cli: Cli) -> Result<()> {
    let loaded = config::load(cli.config.as_deref(), cli.database.as_deref())?;
    let desk = Desk::open(loaded.settings).await?;
    if let Kind::Sandbox { on } = desk.kind {
        bail!(
            "this is a sandbox, its clock stands on {on}\nhint: `linerent sandbox advance` does its runs"
        );
    }
    greet_gateway(&desk).await?;
    let stop = lifecycle::stop_on_signal();
    let tick = Arc::new(Notify::new());
    let mut alarm = alarm_clock(Arc::clone(&tick)).await.context("starting the scheduler")?;
    info!(schedule.run_at = %desk.settings.run_at, billing.time_zone = %desk.settings.zone, "waiting for the day's run");
    tokio::join!(
        every_tick(&desk, &tick, &stop),
        every_check(&desk, &stop),
        every_delivery(&desk, &stop)
    );
    alarm.shutdown().await.context("stopping the scheduler")?;
    desk.store.close().await;
    info!("stopped");
    Ok(())
}

async fn alarm_clock(tick: Arc<Notify>) -> Result<JobScheduler> {
    let alarm = JobScheduler::new().await?;
    let ring = Job::new(TICKS, move |_, _| tick.notify_one())?;
    alarm.add(ring).await?;
    alarm.start().await?;
    Ok(alarm)
}

/// Looks at once and then at every tick whether the day's run is due, until asked to stop.
async fn every_tick(desk: &Desk, tick: &Notify, stop: &CancellationToken) {
    let watch = Watch { stop: stop.clone(), ..Watch::default() };
    let mut told = None;
    while !stop.is_cancelled() {
        if let Err(failure) = run_if_due(desk, &watch).await
            && !stop.is_cancelled()
        {
            let (error, hints) = explain(&failure);
            error!(error, hint = hints.join("; "), "the run failed, the next tick tries again");
            // Once for each reason and day, and not at every tick.
            let what = (desk.moment().on, error);
            if told.as_ref() != Some(&what) {
                match tell_of_failure(desk, &what.1, &hints).await {
                    Ok(()) => told = Some(what),
                    Err(failure) => {
                        error!(error = explain(&failure).0, "nobody could be told of it")
                    }
                }
            }
        }
        tokio::select! {
            () = tick.notified() => {}
            () = stop.cancelled() => {}
        }
    }
}

/// A key that is refused is told of now, by day, and not by the first charge at night.
async fn greet_gateway(desk: &Desk) -> Result<()> {
    let Some(gateway) = &desk.gateway else {
        info!("no cards are charged: the sandbox gateway moves no money, and this is for real");
        return Ok(());
    };
    match gateway.greet().await {
        Ok(()) => info!(gateway = gateway.name(), "cards can be charged"),
        Err(refused @ Unrecognised::Unknown(_)) => return Err(refused.into()),
        Err(Unrecognised::Unanswered(reason)) => {
            warn!(gateway = gateway.name(), reason, "the gateway does not answer now");
        }
    }
    Ok(())
}

/// How often the daemon looks for notices to send; twice as long after each round in vain, up to the
/// longest.
const DELIVER_EVERY: Duration = Duration::from_secs(5);
const DELIVER_EVERY_MAX: Duration = Duration::from_secs(600);

/// Delivers notices again and again, until asked to stop. A mail server that is slow or away holds up
/// neither the run nor a check.
async fn every_delivery(desk: &Desk, stop: &CancellationToken) {
    let watch = Watch { stop: stop.clone(), ..Watch::default() };
    let mut pause = DELIVER_EVERY;
    while !stop.is_cancelled() {
        let is_fair = match notice::deliver(desk, &watch, false).await {
            Ok(done) => {
                if done.sent + done.deferred + done.failed > 0 {
                    info!(
                        notices.sent = done.sent,
                        notices.deferred = done.deferred,
                        notices.failed = done.failed,
                        "notices were delivered"
                    );
                }
                done.trouble.is_none()
            }
            Err(_) if stop.is_cancelled() => true,
            Err(failure) => {
                let (error, hints) = explain(&failure);
                error!(error, hint = hints.join("; "), "the delivery failed, it is tried again");
                false
            }
        };
        pause = if is_fair { DELIVER_EVERY } else { (pause * 2).min(DELIVER_EVERY_MAX) };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Checks balances again and again, until asked to stop. It has nothing to do with the run, and
/// neither waits for the other.
async fn every_check(desk: &Desk, stop: &CancellationToken) {
    let watch = Watch { stop: stop.clone(), ..Watch::default() };
    while !stop.is_cancelled() {
        match reload::check(desk, &watch, true).await {
            Ok(done) if done.requested + done.captured + done.declined > 0 => info!(
                reloads.requested = done.requested,
                reloads.captured = done.captured,
                reloads.declined = done.declined,
                reloads.in_doubt = done.in_doubt,
                "balances were checked"
            ),
            Ok(_) => {}
            Err(_) if stop.is_cancelled() => {}
            Err(failure) => {
                let (error, hints) = explain(&failure);
                error!(
                    error,
                    hint = hints.join("; "),
                    "the check failed, the next one tries again"
                );
            }
        }
        tokio::select! {
            () = tokio::time::sleep(desk.settings.check_every) => {}
            () = stop.cancelled() => {}
        }
    }
}
