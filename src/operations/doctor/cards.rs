//! Whether cards can be charged.

use std::sync::Arc;

use anyhow::anyhow;

use super::{Findings, Opened};
use crate::clock::Clock;
use crate::installation::InstallationKind;
use crate::operations::{Settings, gateway_for};
use crate::payments::{Gateway, GatewaySettings, Mode, Stripe, Unrecognised};

const ABOUT: &str = "gateway";

pub(super) async fn look(
    findings: &mut Findings,
    settings: &Settings,
    clock: &Arc<dyn Clock>,
    opened: Option<&Opened>,
) {
    let gateway = match (opened, &settings.gateway) {
        (Some(opened), _) => gateway_for(opened.kind, settings, &opened.store, clock),
        (None, GatewaySettings::Stripe(stripe)) => {
            let gateway: Arc<dyn Gateway> =
                Arc::new(Stripe::new(stripe.clone(), Arc::clone(clock)));
            Ok(Some(gateway))
        }
        // It lives in the database.
        (None, GatewaySettings::Sandbox) => return,
    };
    match (gateway, opened) {
        (Ok(Some(gateway)), _) => check_credentials(findings, gateway.as_ref(), opened).await,
        (Ok(None), Some(opened)) => look_for_orders(findings, opened).await,
        (Ok(None), None) => {}
        (Err(error), _) => findings.failed(ABOUT, error, "check `payments`"),
    }
}

async fn check_credentials(
    findings: &mut Findings,
    gateway: &dyn Gateway,
    opened: Option<&Opened>,
) {
    let name = gateway.name();
    match gateway.check_credentials().await {
        Ok(()) => {
            let key = match gateway.mode() {
                Mode::Live => "real money moves",
                Mode::Test => "no real money moves",
            };
            findings.ok(ABOUT, format!("`{name}` lets us in, and {key}"));
        }
        Err(refusal @ Unrecognised::Unknown(_)) => findings.failed(
            ABOUT,
            anyhow!(refusal).context(format!("`{name}` turns us away")),
            "check `payments`: no card can be charged",
        ),
        Err(Unrecognised::Unavailable(reason)) => findings.wrong(
            ABOUT,
            format!("`{name}` could not be asked: {reason}"),
            format!("check the network and `payments.{name}`; until it answers no card is charged, and no number lost for it"),
        ),
    }
    let is_production = opened.is_some_and(|opened| opened.kind == InstallationKind::Production);
    if is_production && gateway.mode() == Mode::Test {
        findings.warn(
            ABOUT,
            "this is a production database, and reloads credit money that nobody pays",
            "set `payments.test_in_production` to false after the rehearsal",
        );
    }
}

/// The sandbox gateway on a production database charges nobody, which is well as long as nobody wants it.
async fn look_for_orders(findings: &mut Findings, opened: &Opened) {
    match opened.store.count_standing_orders().await {
        Ok(0) => findings.ok(ABOUT, "no cards are charged, and no account asks for it"),
        Ok(orders) => findings.warn(
            ABOUT,
            format!("{orders} of the accounts have auto-reload on, and no cards are charged: `sandbox` moves no money"),
            "set `payments.gateway` to `stripe`",
        ),
        Err(error) => findings.failed(ABOUT, error, "check the database"),
    }
}
