//! Mails to the operator about failed runs, once a day for each reason.

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

/// A short restart of the database is not reported, only a longer outage.
const PASSING_MAX: Duration = Duration::from_secs(300);
/// How long sending the mail may take if the database cannot queue it.
const TELL_MAX: Duration = Duration::from_secs(20);

#[derive(Debug, Default)]
pub(super) struct FailureAlerts(Mutex<Failing>);

#[derive(Debug, Default)]
struct Failing {
    /// The first failure since the last success, by the monotonic clock.
    since: Option<Duration>,
    /// The date and reason of each mail.
    told: HashSet<(NaiveDate, String)>,
}

impl FailureAlerts {
    /// A run succeeded.
    pub(super) async fn clear(&self) {
        self.0.lock().await.since = None;
    }

    /// A run failed: mails the operator, unless the failure may be temporary or was reported on the same date.
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
        error!(error = outcome, "the operator could not be notified of the failed run");
        failing.told.remove(&(today, error));
    }
}
