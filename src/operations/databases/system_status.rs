//! The system's status for monitoring, read from the database.

use anyhow::Result;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::clock::Moment;
use crate::operations::App;
use crate::run::RunStatus;
use crate::schedule::Due;
use crate::store::DatabaseStatus;

/// The status at one moment.
#[derive(Debug, Clone)]
pub struct SystemStatus {
    pub moment: Moment,
    /// The latest run.
    pub last_run: Option<LatestRun>,
    /// When a run last ended: this one or an earlier one.
    pub last_end_at: Option<DateTime<Utc>>,
    /// The run that is due and has not ended, if one is.
    pub due: Option<Due>,
    pub database: DatabaseStatus,
}

impl SystemStatus {
    /// How long ago the run that is due should have begun; none if no run is due.
    pub fn overdue(&self) -> Option<TimeDelta> {
        self.due.map(|due| self.moment.at.signed_duration_since(due.since).max(TimeDelta::zero()))
    }
}

/// The latest run, for monitoring.
#[derive(Debug, Clone)]
pub struct LatestRun {
    /// Its billing date.
    pub on: NaiveDate,
    pub status: RunStatus,
    /// Accounts that it could not bill.
    pub failed_accounts: u64,
}

/// Reads the status.
///
/// # Errors
/// If the database cannot be reached, or is of another version than this program.
pub async fn read(app: &App) -> Result<SystemStatus> {
    let (store, moment) = (&app.store, app.moment());
    store.require_current_schema().await?;
    let last = store.find_last_run().await?;
    let last_run = match store.find_run_date_until(moment.on).await? {
        Some(on) => store.find_run(on).await?.map(|run| LatestRun {
            on: run.billing_date,
            status: run.status,
            failed_accounts: run.failures.len() as u64,
        }),
        None => None,
    };
    Ok(SystemStatus {
        moment,
        last_run,
        last_end_at: store.find_last_end().await?,
        due: app.settings.schedule().due(moment.at, last),
        database: store.status(moment.on).await?,
    })
}
