//! Health and metrics over HTTP.
//!
//! `/healthz`: the process is alive; the database is not queried. `/readyz`: the daemon does its work, or the
//! reasons why not. `/metrics`: metrics in the OpenMetrics format. All three report a run that is late.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::registry::Registry;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;
use tracing::info;

use super::listener::{self, Limits};
use super::run_watchdog::late;
use super::state::State;
use crate::metrics::{DatabaseMetrics, Reading, Usage};

/// The answer of `/healthz` and `/readyz`.
#[derive(Debug, Serialize)]
struct Health {
    /// `ok`, or `unready`.
    status: &'static str,
    version: &'static str,
    /// `late`, `due` or `done`; unknown if the database was not read yet.
    run: Option<&'static str>,
    /// The reasons of `unready`.
    reasons: Vec<String>,
}

/// Serves on `listen` until the returned handle is dropped; `None` if `listen` is off.
///
/// # Errors
/// If the address cannot be used.
pub(super) async fn serve(
    listen: Option<SocketAddr>,
    state: &Arc<State>,
) -> Result<Option<AbortOnDropHandle<()>>> {
    let Some(address) = listen else { return Ok(None) };
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!("listening on {address}\nhint: set `http.listen` to a free address of this machine, or to off")
    })?;
    // The system chooses the port if it is 0.
    let address = listener.local_addr().unwrap_or(address);
    info!(http.listen = %address, "health and metrics are served");
    let pages = Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(Arc::clone(state));
    let clock = Arc::clone(&state.clock);
    Ok(Some(AbortOnDropHandle::new(tokio::spawn(async move {
        match listener::serve(listener, pages, Limits::of_this_process(), clock).await {}
    }))))
}

async fn healthz(Shared(state): Shared<Arc<State>>) -> impl IntoResponse {
    let health = health(&state, state.last_reading().as_ref());
    page(StatusCode::OK, &Health { status: "ok", ..health })
}

async fn readyz(Shared(state): Shared<Arc<State>>) -> impl IntoResponse {
    let reading = state.read().await;
    let health = health(&state, Some(&reading));
    let code = match health.status {
        "ok" => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    page(code, &health)
}

fn health(state: &State, reading: Option<&Reading>) -> Health {
    let mut reasons = Vec::new();
    let mut run = None;
    match reading {
        None => {}
        Some(Err(reason)) => reasons.push(reason.clone()),
        Some(Ok(system_status)) => {
            let late = late(system_status, state.late_after());
            if let Some(due) = late {
                reasons.push(format!("the run of {} is late, it was due at {}", due.on, due.since));
            }
            run = Some(match (late, system_status.due) {
                (Some(_), _) => "late",
                (None, Some(_)) => "due",
                (None, None) => "done",
            });
        }
    }
    let status = if reasons.is_empty() { "ok" } else { "unready" };
    Health { status, version: env!("CARGO_PKG_VERSION"), run, reasons }
}

fn page(code: StatusCode, health: &Health) -> impl IntoResponse + use<> {
    let json = serde_json::to_string(health).expect("words are JSON");
    (code, [(CONTENT_TYPE, "application/json")], json + "\n")
}

async fn metrics(Shared(state): Shared<Arc<State>>) -> impl IntoResponse {
    let reading = state.read().await;
    let pools = state.find_app().map(|app| app.store.pools()).unwrap_or_default();
    let usage = Usage::read(state.started_at);
    let mut now = Registry::default();
    now.register_collector(Box::new(DatabaseMetrics { reading, pools, usage }));
    let mut text = String::new();
    encode_registry(&mut text, &state.metrics.registry)
        .and_then(|()| encode_registry(&mut text, &now))
        .and_then(|()| encode_eof(&mut text))
        .expect("a string takes everything");
    ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text)
}
