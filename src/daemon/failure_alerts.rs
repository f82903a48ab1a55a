//! What the operator was told by mail of runs that fail: each reason once a day.

use std::collections::HashSet;
use std::time::Duration;

use chrono::NaiveDate;
use tokio::sync::Mutex;
use tokio::time::timeout;
use tracing::error;

use super::startup::is_transient;
use crate::operations::App;
use crate::operations::run::tell_of_failure;
use crate::remedies::explain;

/// A database that is restarted is nobody's business; one that stays away is.
const PASSING_MAX: Duration = Duration::from_secs(300);
/// How long the run may wait for the mail to leave, where the database cannot take it.
const TELL_MAX: Duration = Duration::from_secs(20);

#[derive(Debug, Default)]
pub(super) struct FailureAlerts(Mutex<Failing>);

#[derive(Debug, Default)]
struct Failing {
    /// When the first of the runs that failed in a row did, by the monotonic clock.
    since: Option<Duration>,
    told: HashSet<(NaiveDate, String)>,
}

impl FailureAlerts {
    /// A run did not fail.
    pub(super) async fn clear(&self) {
        self.0.lock().await.since = None;
    }

    /// A run failed: tells of it, unless it may pass by itself or was told of on the same date.
    pub(super) async fn raise(&self, app: &App, failure: &anyhow::Error) {
        let mut failing = self.0.lock().await;
        let now = app.clock.monotonic();
        let since = *failing.since.get_or_insert(now);
        if is_transient(failure) && now.saturating_sub(since) < PASSING_MAX {
            return;
        }
        let today = app.moment().on;
        failing.told.retain(|(date, _)| *date == today);
        let (error, hints) = explain(failure);
        if !failing.told.insert((today, error.clone())) {
            return;
        }
        let outcome = match timeout(TELL_MAX, tell_of_failure(app, &error, &hints)).await {
            Ok(Ok(())) => return,
            Ok(Err(failure)) => explain(&failure.into()).0,
            Err(_) => "the mail server does not answer in time".to_owned(),
        };
        error!(error = outcome, "nobody could be told that the run failed");
        failing.told.remove(&(today, error));
    }
}
