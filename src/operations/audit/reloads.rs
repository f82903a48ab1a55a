//! Reloads against the ledger, and both against what the gateway says it captured.

use std::collections::{BTreeSet, HashMap};

use anyhow::Result;
use chrono::TimeDelta;

use super::{Audit, Disagreement, Findings, GatewayComparison};
use crate::ids::{AccountId, ReloadId};
use crate::ledger::{Code, reload_key};
use crate::operations::App;
use crate::payments::Capture;
use crate::reload::{Reload, ReloadFilter, ReloadStatus};
use crate::store::audit::{AuditedReload, AuditedTransfer};

/// What was captured is credited once and in full, and nothing else is credited as a reload.
pub(super) fn check(
    findings: &mut Findings<'_>,
    reloads: &[&AuditedReload],
    transfers: &[&AuditedTransfer],
) {
    let reload_transfers = transfers.iter().filter(|it| it.code == Code::Reload.as_str());
    let mut credited: HashMap<&str, &AuditedTransfer> =
        reload_transfers.map(|it| (it.idempotency_key.as_str(), *it)).collect();
    for reload in reloads {
        let what = format!("reload {}", reload.reload_id);
        findings.same(None, &format!("{what} is in"), &reload.currency, &findings.account.currency);
        let Ok(id) = reload.reload_id.parse::<ReloadId>() else {
            findings.add(None, format!("{what} has a name that none of ours has"));
            continue;
        };
        let transfer = credited.remove(reload_key(id).as_str());
        let is_captured = reload.status == ReloadStatus::Captured.as_str();
        match transfer {
            Some(transfer) if is_captured => {
                let amount = reload.amount.into();
                findings.same_money(
                    None,
                    &format!("{what} is credited with"),
                    transfer.amount,
                    amount,
                );
            }
            Some(_) => {
                findings.add(None, format!("{what} is {}, and is credited", reload.status));
            }
            None if is_captured => {
                findings.add(None, format!("{what} is captured, and is not credited"));
            }
            None => {}
        }
    }
    for transfer in credited.values() {
        let what = format!("transfer {}", transfer.sequence);
        findings.add(
            None,
            format!("{what} credits `{}`, and there is no such reload", transfer.idempotency_key),
        );
    }
}

/// How far back the gateway's list is gone through: it is read over the network, page by page, and
/// what is older was compared by earlier audits.
const DAYS_BACK: TimeDelta = TimeDelta::days(35);

/// What the gateway captured for us, and what we say it did, are the same charges.
pub(super) async fn compare_with_gateway(app: &App, audit: &mut Audit) -> Result<()> {
    let since = app.clock.now() - DAYS_BACK;
    let recent =
        ReloadFilter { asked_since: Some(since), limit: u32::MAX, ..ReloadFilter::default() };
    let before = app.store.reloads(&recent, None).await?;
    if before.is_empty() {
        return Ok(());
    }
    let Some(gateway) = &app.gateway else {
        audit.gateway = GatewayComparison::NoGateway;
        return Ok(());
    };
    // From a day earlier on: the gateway's clock is another one, and what is more does no harm.
    let captures = match gateway.captures(since - TimeDelta::days(1)).await {
        Ok(captures) => captures,
        Err(doubt) => {
            let (gateway, reason) = (gateway.name(), doubt.reason);
            audit.gateway = GatewayComparison::NoAnswer { gateway, reason };
            return Ok(());
        }
    };
    audit.gateway = GatewayComparison::Compared { gateway: gateway.name() };
    // Cards may be charged meanwhile: what is missing there was captured before the list was read,
    // and what is missing here is still missing after.
    let missing = captured_by(&before, gateway.name());
    let mut after = app.store.reloads(&recent, None).await?;
    after.extend(older(app, &captures, &after).await?);
    compare(audit, missing, after.iter().map(|it| (it.id.to_string(), it)).collect(), captures);
    Ok(())
}

/// Reloads that the gateway speaks of and that are not among the `recent` ones: a clock may have
/// been wrong, or one lies on the edge.
async fn older(app: &App, captures: &[Capture], recent: &[Reload]) -> Result<Vec<Reload>> {
    let known: BTreeSet<_> = recent.iter().map(|reload| reload.id).collect();
    let mut older = Vec::new();
    for id in captures.iter().filter_map(|capture| capture.id.parse().ok()) {
        if !known.contains(&id) {
            older.extend(app.store.find_reload(id).await?);
        }
    }
    Ok(older)
}

fn captured_by(reloads: &[Reload], gateway: &str) -> BTreeSet<ReloadId> {
    let captured = reloads.iter().filter(|reload| {
        reload.status == ReloadStatus::Captured && reload.gateway.as_deref() == Some(gateway)
    });
    captured.map(|reload| reload.id).collect()
}

fn compare(
    audit: &mut Audit,
    mut missing: BTreeSet<ReloadId>,
    ours: HashMap<String, &Reload>,
    captures: Vec<Capture>,
) {
    let mut disagree = |account: Option<AccountId>, what: String| {
        let account = account.map(|account| account.to_string());
        audit.disagreements.push(Disagreement { account, number: None, what });
    };
    let mut seen = BTreeSet::new();
    for Capture { id, amount } in captures {
        let Some(reload) = ours.get(&id) else {
            let account = id.parse().ok().map(ReloadId::account);
            disagree(
                account,
                format!("the gateway captured {amount} for the reload {id}, which is not here"),
            );
            continue;
        };
        missing.remove(&reload.id);
        let is_first = seen.insert(reload.id);
        let what = if !is_first {
            "was captured more than once at the gateway".to_owned()
        } else if reload.status == ReloadStatus::Captured && amount != reload.amount.to_string() {
            format!("is of {}, and the gateway captured {amount}", reload.amount)
        } else if matches!(reload.status, ReloadStatus::Declined | ReloadStatus::Lapsed) {
            format!("is {}, and the gateway captured {amount}", reload.status)
        } else {
            // What is open is asked about again, and will be credited then.
            continue;
        };
        disagree(Some(reload.id.account()), format!("reload {id} {what}"));
    }
    for id in missing {
        let what = format!("reload {id} is captured, and the gateway has no such charge");
        disagree(Some(id.account()), what);
    }
}
