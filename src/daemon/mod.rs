//! `linerentd`, the daemon.
//!
//! [`serve`] starts it, runs it and stops it. Its work is four `loops`, which do not wait for each other; each is a
//! `worker_loop` and has metrics. They share the `state`. To add a loop: its name in [`LoopName`], one round of it
//! in `loops`, and its schedule in `loops::all`.

mod command_line;
mod config_reload;
mod failure_alerts;
mod http;
mod listener;
mod loops;
mod probe;
mod program;
mod run_watchdog;
mod startup;
mod state;
mod systemd;
mod worker_loop;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::clock::SystemClock;
use crate::config::{self, Loaded};
use crate::lifecycle;
use crate::operations::App;
use crate::rng::SystemRng;

pub use crate::metrics::LoopName;
pub use command_line::{CommandLine, DaemonCommand};
pub use probe::probe;
pub use program::main;
use state::State;

/// The sources of the configuration, which is read at the start and again after SIGHUP.
#[derive(Debug, Clone)]
pub struct Source {
    /// A file that overrides the built-in defaults.
    pub config: Option<PathBuf>,
    /// The URL of the database, which overrides all other sources.
    pub database: Option<String>,
}

impl Source {
    fn load(&self) -> Result<Loaded> {
        config::load(self.config.as_deref(), self.database.as_deref())
    }
}

/// How long closing the connections may take at the end.
const CLOSE_MAX: Duration = Duration::from_secs(2);

/// Runs the daemon until it is asked to stop.
///
/// # Errors
/// If it cannot start: the configuration is not valid, an address is in use, the database needs an operator, or
/// another daemon uses the same SQLite file. Everything that fails later is retried.
pub async fn serve(source: Source) -> Result<()> {
    let loaded = source.load()?;
    let (clock, rng) = (Arc::new(SystemClock::default()), Arc::new(SystemRng));
    let stop = lifecycle::stop_on_signal(clock.clone());
    let hangups = lifecycle::hangups();
    let state = Arc::new(State::new(&loaded.daemon, clock, rng));
    let _http = http::serve(loaded.daemon.listen, &state).await?;
    let Some(app) = startup::open(loaded.settings, &state, &stop).await? else {
        return Ok(());
    };
    let _lock = app.store.lock_for_daemon()?;
    let store = app.store.clone();
    let grace = loaded.daemon.grace;
    state.take(app);
    let _rereading = config_reload::on_each(hangups, source, loaded.daemon, Arc::clone(&state));
    let _alive = systemd::stay_alive(Arc::clone(&state.clock));
    systemd::ready();
    work(&state, &stop, grace).await?;
    if tokio::time::timeout(CLOSE_MAX, store.close()).await.is_err() {
        warn!("the connections to the database were not closed in time");
    }
    info!("stopped");
    Ok(())
}

/// Runs the loops until it is asked to stop; then the current rounds may take up to `grace`.
async fn work(state: &Arc<State>, stop: &CancellationToken, grace: Duration) -> Result<()> {
    let app: Arc<App> = state.app();
    let tick = Arc::new(tokio::sync::Notify::new());
    let mut alarm = loops::alarm_clock(&tick).await.context("starting the scheduler")?;
    info!(
        schedule.run_at = %app.settings.run_at,
        billing.time_zone = %app.settings.zone,
        "at work"
    );
    let is_over = async {
        stop.cancelled().await;
        systemd::stopping(grace);
        state.clock.timer(grace).await;
    };
    tokio::select! {
        // This branch is polled first, so that the service manager is always notified of the stop.
        biased;
        () = is_over => warn!(
            shutdown.grace_s = grace.as_secs(),
            "the current work took too long and was interrupted; nothing is lost, the next start continues it"
        ),
        () = loops::all(state, &tick, stop) => {}
    }
    // The scheduler has no work of its own, and would not end by itself.
    if let Err(error) = alarm.shutdown().await {
        warn!(%error, "the scheduler did not stop");
    }
    Ok(())
}
