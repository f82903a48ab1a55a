//! The state that the daemon's parts share: the app with the current configuration, the metrics, and the last
//! status of the system.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::timeout;
use tracing::{info, warn};

use crate::clock::Clock;
use crate::config::DaemonSettings;
use crate::metrics::{Metrics, Reading};
use crate::operations::App;
use crate::operations::databases::system_status;
use crate::remedies::explain;
use crate::rng::Rng;

pub(super) struct State {
    pub(super) metrics: Arc<Metrics>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) rng: Arc<dyn Rng>,
    pub(super) started_at: DateTime<Utc>,
    /// None as long as the database is unavailable.
    app: RwLock<Option<Arc<App>>>,
    late_after: RwLock<Duration>,
    last: Mutex<Option<Reading>>,
    /// Held while the status is read. Concurrent requests wait for it and get the same result.
    reading: tokio::sync::Mutex<Option<Taken>>,
    /// Whether the log says that the database is unavailable.
    is_unavailable: AtomicBool,
}

struct Taken {
    /// When, by the monotonic clock.
    at: Duration,
    took: Duration,
}

/// How long a reading may take, and how long it stays new: a second, or as many times longer as it took, so
/// that no monitor can keep a large database busy. A failure stays new for less, so that `/readyz` recovers
/// within two seconds of the database.
const READING_MAX: Duration = Duration::from_secs(3);
/// How long the database may take to accept a connection after a failure.
const ANSWER_MAX: Duration = Duration::from_secs(2);
const FAILURE_FRESH: Duration = Duration::from_millis(500);
const FRESH_MIN: Duration = Duration::from_secs(1);
const FRESH_MAX: Duration = Duration::from_secs(15);
const FRESH_TIMES: u32 = 20;

impl State {
    pub(super) fn new(settings: &DaemonSettings, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Self {
        Self {
            metrics: Arc::new(Metrics::new().with_loops()),
            started_at: clock.now(),
            clock,
            rng,
            app: RwLock::default(),
            late_after: RwLock::new(settings.late_after),
            last: Mutex::default(),
            reading: tokio::sync::Mutex::default(),
            is_unavailable: AtomicBool::new(false),
        }
    }

    /// Logs that the database is unavailable, once until it is available again.
    pub(super) fn note_unavailable(&self, error: &str, hint: &str) {
        if !self.is_unavailable.swap(true, Ordering::Relaxed) {
            warn!(error, hint, "the database is unavailable");
        }
    }

    /// Logs that the database is available again, if it was not.
    pub(super) fn note_available(&self) {
        if self.is_unavailable.swap(false, Ordering::Relaxed) {
            info!("the database is available again");
        }
    }

    /// Uses `app` from now on.
    pub(super) fn take(&self, app: App) {
        *self.app.write().expect(NO_PANIC) = Some(Arc::new(app));
    }

    /// The app with the current configuration. It exists once the database was opened.
    pub(super) fn app(&self) -> Arc<App> {
        self.find_app().expect("the work begins once the database is open")
    }

    pub(super) fn find_app(&self) -> Option<Arc<App>> {
        self.app.read().expect(NO_PANIC).clone()
    }

    pub(super) fn late_after(&self) -> Duration {
        *self.late_after.read().expect(NO_PANIC)
    }

    pub(super) fn set_late_after(&self, late_after: Duration) {
        *self.late_after.write().expect(NO_PANIC) = late_after;
    }

    /// Records why the daemon waits.
    pub(super) fn wait_for(&self, reason: String) {
        *self.last.lock().expect(NO_PANIC) = Some(Err(reason));
    }

    /// The last result, without a query.
    pub(super) fn last_reading(&self) -> Option<Reading> {
        self.last.lock().expect(NO_PANIC).clone()
    }

    /// The status of the system, at most a few seconds old.
    pub(super) async fn read(&self) -> Reading {
        let Some(app) = self.find_app() else {
            let reason = self.last_reading().and_then(Result::err);
            return Err(reason.unwrap_or_else(|| "the database is being opened".to_owned()));
        };
        let mut taken = self.reading.lock().await;
        if let Some(Taken { at, took }) = *taken
            && let Some(reading) = self.last_reading()
            && self.clock.monotonic().saturating_sub(at)
                < match reading {
                    Ok(_) => took.saturating_mul(FRESH_TIMES).clamp(FRESH_MIN, FRESH_MAX),
                    Err(_) => FAILURE_FRESH,
                }
        {
            return reading;
        }
        let begun = self.clock.monotonic();
        let has_failed = matches!(self.last_reading(), Some(Err(_)));
        let reading = read_in_time(&app, has_failed).await;
        if reading.is_ok() {
            self.note_available();
        }
        let at = self.clock.monotonic();
        *taken = Some(Taken { at, took: at.saturating_sub(begun) });
        *self.last.lock().expect(NO_PANIC) = Some(reading.clone());
        reading
    }
}

/// Reads the status. After a failure the time-out is shorter, so that the recovery is noticed sooner.
async fn read_in_time(app: &App, has_failed: bool) -> Reading {
    let late = |_| "the database is unavailable: it does not answer in time".to_owned();
    let in_words = |failure: anyhow::Error| explain(&failure).0;
    if has_failed {
        let answer = timeout(ANSWER_MAX, app.store.ping()).await;
        answer.map_err(late)?.map_err(|error| in_words(error.into()))?;
    }
    let system_status = timeout(READING_MAX, system_status::read(app)).await.map_err(late)?;
    system_status.map(Arc::new).map_err(in_words)
}

/// No code that can panic runs under these locks.
const NO_PANIC: &str = "no code panics while it holds the lock";
