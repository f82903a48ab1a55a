//! Startup: opens the database, and waits for it while it is unavailable or starting.

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

/// The wait before the next attempt doubles each time, within these bounds, so that `/readyz` recovers within two
/// seconds after the database.
const WAIT_MIN: Duration = Duration::from_millis(100);
const WAIT_MAX: Duration = Duration::from_secs(1);

/// Opens the database; `None` if the daemon is asked to stop meanwhile.
///
/// # Errors
/// If an operator must correct something first.
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
            "this is a sandbox, its date is {on}\nhint: `linerent sandbox advance` does its runs"
        );
    }
    tokio::select! {
        () = check_gateway_credentials(&app) => Ok(Some(app)),
        () = stop.cancelled() => Ok(None),
    }
}

/// Whether the cause is a database that may become available again by itself.
pub(super) fn is_transient(failure: &anyhow::Error) -> bool {
    let store = failure.downcast_ref::<StoreError>().is_some_and(StoreError::is_passing);
    store || failure.downcast_ref::<RunError>().is_some_and(RunError::is_passing)
}

/// Logs now if the gateway refuses the key, before the first charge fails. The daemon goes on: renewals are paid from
/// balances without it.
pub(super) async fn check_gateway_credentials(app: &App) {
    let Some(gateway) = &app.gateway else {
        info!("no cards are charged: the sandbox gateway is set on a production database");
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
