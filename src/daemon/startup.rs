//! The beginning: the database is opened, and waited for where it is away or still starting.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::state::State;
use super::systemd;
use crate::billing::backoff;
use crate::billing::run::RunError;
use crate::installation::InstallationKind;
use crate::operations::{App, Settings};
use crate::payments::Unrecognised;
use crate::remedies::explain;
use crate::store::StoreError;

/// How long to wait until the next try: twice as long each time, within these bounds, so that `/readyz`
/// recovers within two seconds of the database.
const WAIT_MIN: Duration = Duration::from_millis(100);
const WAIT_MAX: Duration = Duration::from_secs(1);

/// Opens the database for the work to begin; none where the daemon is asked to stop meanwhile.
///
/// # Errors
/// Where a person has to mend something first.
pub(super) async fn open(
    settings: Settings,
    state: &State,
    stop: &CancellationToken,
) -> Result<Option<App>> {
    let mut attempts = 0;
    let app = loop {
        let outcome = tokio::select! {
            outcome = App::open_with(settings.clone(), Arc::clone(&state.clock), Arc::clone(&state.rng)) => outcome,
            () = stop.cancelled() => return Ok(None),
        };
        let failure = match outcome {
            Ok(app) => break app,
            Err(failure) if is_transient(&failure) => failure,
            Err(failure) => return Err(failure),
        };
        let (error, hints) = explain(&failure);
        state.note_unavailable(&error, &hints.join("; "));
        if attempts == 0 {
            systemd::status("waiting for the database");
        }
        state.wait_for(error);
        attempts += 1;
        tokio::select! {
            () = state.clock.timer(backoff(attempts, WAIT_MIN, WAIT_MAX, &*state.rng)) => {}
            () = stop.cancelled() => return Ok(None),
        }
    };
    state.note_available();
    if let InstallationKind::Sandbox { on } = app.kind {
        bail!(
            "this is a sandbox, its clock stands on {on}\nhint: `linerent sandbox advance` does its runs"
        );
    }
    tokio::select! {
        () = check_gateway_credentials(&app) => Ok(Some(app)),
        () = stop.cancelled() => Ok(None),
    }
}

/// Whether what failed is the database, and may be there again without anybody's doing.
pub(super) fn is_transient(failure: &anyhow::Error) -> bool {
    let store = failure.downcast_ref::<StoreError>().is_some_and(StoreError::is_passing);
    store || failure.downcast_ref::<RunError>().is_some_and(RunError::is_passing)
}

/// A key that is refused is told of now, by day, and not by the first charge at night. It stops nothing:
/// balances pay for renewals without it.
pub(super) async fn check_gateway_credentials(app: &App) {
    let Some(gateway) = &app.gateway else {
        info!("no cards are charged: the sandbox gateway moves no money, and this is for real");
        return;
    };
    match gateway.check_credentials().await {
        Ok(()) => info!(gateway = gateway.name(), "cards can be charged"),
        Err(refused @ Unrecognised::Refused(_)) => {
            let (error, hints) = explain(&refused.into());
            error!(error, hint = hints.join("; "), "no card can be charged");
        }
        Err(Unrecognised::Unavailable(reason)) => {
            warn!(gateway = gateway.name(), reason, "the gateway does not answer now");
        }
    }
}
