//! Logs a run that is late, once, and once more when it is no longer late.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use super::state::State;
use super::systemd;
use crate::operations::databases::system_status::SystemStatus;
use crate::schedule::Due;

/// The interval between checks, also before the first.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// The run that is due, if it is late.
pub(super) fn late(system_status: &SystemStatus, late_after: Duration) -> Option<Due> {
    let is_late = system_status.overdue()?.to_std().is_ok_and(|overdue| overdue > late_after);
    system_status.due.filter(|_| is_late)
}

/// Checks until it is asked to stop. If the database cannot be read, the loops log it.
pub(super) async fn keep_watch(state: &Arc<State>, stop: &CancellationToken) {
    let mut is_logged = false;
    loop {
        // Not at once: a run that was missed while the daemon was down is just being done.
        tokio::select! {
            () = state.clock.timer(LOOK_EVERY) => {}
            () = stop.cancelled() => return,
        }
        let Ok(system_status) = state.read().await else {
            systemd::status("the database cannot be read");
            continue;
        };
        let late = late(&system_status, state.late_after());
        match (late, is_logged) {
            (Some(due), false) => error!(
                run.date = %due.on,
                run.due_at = %due.since,
                hint = "see the errors before this one; `linerent run` does the run by hand",
                "the run is late"
            ),
            (None, true) => info!("the run is no longer late"),
            _ => {}
        }
        is_logged = late.is_some();
        systemd::status(&status(state, &system_status, is_logged));
    }
}

/// One line for the service manager.
fn status(state: &State, system_status: &SystemStatus, is_late: bool) -> String {
    match system_status.due {
        Some(due) if is_late => format!("the run of {} is late", due.on),
        Some(due) => format!("the run of {} is due", due.on),
        None => {
            let settings = &state.app().settings;
            let next = settings.schedule().next_after(system_status.moment.at);
            format!(
                "the next run is due on {}",
                next.with_timezone(&settings.zone).format("%F %R %Z")
            )
        }
    }
}
