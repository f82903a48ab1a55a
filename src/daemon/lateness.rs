//! A run that is missing must be seen: the log says so once, and once more when it is over.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use super::service;
use super::state::State;
use crate::operations::vitals::Vitals;

/// How often to look, and how soon.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// For how long the run of `vitals` has been due, if one is.
pub(super) fn overdue(vitals: &Vitals) -> Option<TimeDelta> {
    vitals.due.map(|due| vitals.read.at.signed_duration_since(due.since).max(TimeDelta::zero()))
}

/// Whether that is more than what is usual.
pub(super) fn is_late(vitals: &Vitals, late_after: Duration) -> bool {
    overdue(vitals).is_some_and(|overdue| overdue.to_std().is_ok_and(|it| it > late_after))
}

/// Looks again and again, until asked to stop. What fails here, the loops fail by too, and tell.
pub(super) async fn watch(state: &Arc<State>, stop: &CancellationToken) {
    let mut told_of: Option<DateTime<Utc>> = None;
    loop {
        // Not at once: what was missed while the daemon was down is just being made up for.
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = stop.cancelled() => return,
        }
        if let Ok(vitals) = state.read().await {
            let late = vitals.due.filter(|_| is_late(&vitals, state.late_after()));
            match (late, told_of) {
                (Some(due), None) => {
                    error!(
                        run.date = %due.on,
                        run.due_at = %due.since,
                        hint = "see the errors before this one; `linerent run` does the run by hand",
                        "the run is late"
                    );
                    told_of = Some(due.since);
                }
                (None, Some(_)) => {
                    info!("the run is no longer late");
                    told_of = None;
                }
                _ => {}
            }
            service::status(&status(state, &vitals, late.is_some()));
        }
    }
}

/// One line for whoever asks the system's service manager.
fn status(state: &State, vitals: &Vitals, is_late: bool) -> String {
    match vitals.due {
        Some(due) if is_late => format!("the run of {} is late", due.on),
        Some(due) => format!("the run of {} is under way", due.on),
        None => {
            let settings = &state.desk().settings;
            let next = settings.schedule().next_after(vitals.read.at);
            format!(
                "the next run is due on {}",
                next.with_timezone(&settings.zone).format("%F %R %Z")
            )
        }
    }
}
