//! How the whole stands: what a monitor asks for, read from the database in one go.

use anyhow::Result;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::clock::Moment;
use crate::ids::AccountId;
use crate::notice::Backlog;
use crate::operations::App;
use crate::run::RunStatus;
use crate::schedule::Due;

/// How the whole stands at one moment.
#[derive(Debug, Clone)]
pub struct SystemStatus {
    /// That moment.
    pub moment: Moment,
    /// The latest run that there was.
    pub last_run: Option<LatestRun>,
    /// When a run last came to its end: this one or an earlier one.
    pub last_end_at: Option<DateTime<Utc>>,
    /// The run that is due and has not ended, if one is.
    pub due: Option<Due>,
    /// The oldest date on which something fell due that is not charged yet.
    pub oldest_unbilled_on: Option<NaiveDate>,
    /// Reloads whose outcome is not known yet.
    pub open_reloads: u64,
    /// Notices that did not leave yet, or never will.
    pub notices: Backlog,
}

impl SystemStatus {
    /// How long ago the run that is due should have begun; none if no run is due.
    pub fn overdue(&self) -> Option<TimeDelta> {
        self.due.map(|due| self.moment.at.signed_duration_since(due.since).max(TimeDelta::zero()))
    }
}

/// The latest run, as far as a monitor asks.
#[derive(Debug, Clone)]
pub struct LatestRun {
    /// Its billing date.
    pub on: NaiveDate,
    /// Where it stands.
    pub status: RunStatus,
    /// Accounts that it could not bill.
    pub failed_accounts: u64,
}

/// Reads how the whole stands.
///
/// # Errors
/// Where the database cannot be reached, or is of another version than this program.
pub async fn read(app: &App) -> Result<SystemStatus> {
    let (store, moment) = (&app.store, app.moment());
    store.require_current_schema().await?;
    let last = store.find_last_run().await?;
    let last_run = match last {
        Some(last) => store.find_run(last.on).await?.map(|run| LatestRun {
            on: run.billing_date,
            status: run.status,
            failed_accounts: run.failures.len() as u64,
        }),
        None => None,
    };
    let (from, to) = (AccountId::MIN, AccountId::MAX);
    Ok(SystemStatus {
        moment,
        last_run,
        last_end_at: store.find_last_end().await?,
        due: app.settings.schedule().due(moment.at, last),
        oldest_unbilled_on: store.oldest_due(from, to, moment.on).await?,
        open_reloads: store.count_open_reloads(from, to).await?,
        notices: store.notice_backlog().await?,
    })
}
