//! `linerentd`, all of it: what runs for years and nobody has to look at.
//!
//! [`serve`] is its life in order. Its work is four `loops`, none of which can hold up another; each
//! goes by the `beat` and is seen in the `metrics`. What they all share is the `state`. To add a
//! loop: its name in [`LoopName`], what one round of it does in `loops`, and its beat in
//! `loops::all`.

mod command_line;
mod config_reload;
mod failure_alerts;
mod http;
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

/// Where the configuration is read from, at start and again when asked to.
#[derive(Debug, Clone)]
pub struct Source {
    /// A file over the built-in defaults.
    pub config: Option<PathBuf>,
    /// The database, over all of them.
    pub database: Option<String>,
}

impl Source {
    fn load(&self) -> Result<Loaded> {
        config::load(self.config.as_deref(), self.database.as_deref())
    }
}

/// How long connections may take to be closed once the work has ended.
const CLOSE_MAX: Duration = Duration::from_secs(2);

/// Lives until it is asked to stop.
///
/// # Errors
/// Where it cannot begin: the configuration, an address in use, a database that a person has to mend,
/// another daemon on the same SQLite file. What fails later is tried again and again.
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
        warn!("the database did not let go of its connections in time");
    }
    info!("stopped");
    Ok(())
}

/// Does the work until it is asked to stop; then for as long as what is in hand takes, `grace` at most.
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
        // First, so that the end is told of however soon it comes.
        biased;
        () = is_over => warn!(
            shutdown.grace_s = grace.as_secs(),
            "what was in hand took too long and was dropped: nothing is lost, the next start goes on with it"
        ),
        () = loops::all(state, &tick, stop) => {}
    }
    // It knows no end of its own, and has nothing in hand.
    if let Err(error) = alarm.shutdown().await {
        warn!(%error, "the scheduler did not stop");
    }
    Ok(())
}
