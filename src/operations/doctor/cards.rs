//! Checks that cards can be charged.

use std::sync::Arc;

use anyhow::anyhow;

use super::{Check, Findings, Opened, Remedy};
use crate::clock::Clock;
use crate::installation::InstallationKind;
use crate::operations::Settings;
use crate::operations::app::gateway_for;
use crate::payments::{Gateway, Mode, Unrecognised};

const GATEWAY: Check = Check::Gateway;

pub(super) async fn look(
    findings: &mut Findings,
    settings: &Settings,
    clock: &Arc<dyn Clock>,
    opened: Option<&Opened>,
) {
    let gateway = match opened {
        Some(opened) => gateway_for(opened.kind, settings, &opened.store, clock),
        None => Ok(settings.gateway.open_without_database(clock)),
    };
    match (gateway, opened) {
        (Ok(Some(gateway)), _) => {
            let needs_key = settings.gateway.api_key().is_some();
            check_credentials(findings, gateway.as_ref(), needs_key, opened).await;
        }
        (Ok(None), Some(opened)) => look_for_orders(findings, opened).await,
        (Ok(None), None) => {}
        (Err(error), _) => findings.failed(GATEWAY, error, Remedy::CheckPayments),
    }
}

async fn check_credentials(
    findings: &mut Findings,
    gateway: &dyn Gateway,
    needs_key: bool,
    opened: Option<&Opened>,
) {
    let name = gateway.name();
    match gateway.check_credentials().await {
        Ok(()) if !needs_key => {
            findings.ok(GATEWAY, format!("`{name}` is used: no real card is charged"));
        }
        Ok(()) => {
            let key = match gateway.mode() {
                Mode::Live => "live mode",
                Mode::Test => "test mode",
            };
            findings.ok(GATEWAY, format!("`{name}` accepts the API key; {key}"));
        }
        Err(refusal @ Unrecognised::Refused(_)) => findings.failed(
            GATEWAY,
            anyhow!(refusal).context(format!("`{name}` refuses the API key")),
            Remedy::CheckCredentials,
        ),
        Err(Unrecognised::Unavailable(reason)) => findings.wrong(
            GATEWAY,
            format!("`{name}` could not be asked: {reason}"),
            Remedy::CheckGatewayNetwork(name),
        ),
    }
    let is_production = opened.is_some_and(|opened| opened.kind == InstallationKind::Production);
    if is_production && gateway.mode() == Mode::Test {
        findings.warn(
            GATEWAY,
            "this is a production database, and reloads credit money that is not paid",
            Remedy::EndRehearsal,
        );
    }
}

/// The sandbox gateway charges no cards on a production database, which matters only if an account has auto-reload
/// on.
async fn look_for_orders(findings: &mut Findings, opened: &Opened) {
    match opened.store.count_standing_orders().await {
        Ok(0) => findings.ok(GATEWAY, "no cards are charged, and no account asks for it"),
        Ok(orders) => findings.warn(
            GATEWAY,
            format!("{orders} of the accounts have auto-reload on, and no cards are charged: `sandbox` moves no money"),
            Remedy::SetGateway,
        ),
        Err(error) => findings.failed(GATEWAY, error, Remedy::CheckDatabase),
    }
}
