//! `reload check`, `reload list`, `reload show`, `reload resolve`.

use anyhow::Result;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;

use super::refusal::settle_refusal;
use super::run::{Watch, clock_refusal, context};
use super::{App, Refusal, refused};
use crate::billing::check::{self, check as check_reloads};
use crate::billing::reload_processor::Unresolved;
use crate::ids::ReloadId;
use crate::payments::{Advice, Decline, Outcome};
use crate::reload::{OpenReloads, Reload, ReloadFilter, ReloadStatus};
use crate::run::RunCounts;

/// A reload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct ReloadView {
    /// Its name, here and at the gateway.
    pub id: String,
    /// The account's key.
    pub account: String,
    /// What is charged.
    pub amount: Decimal,
    /// ISO 4217.
    pub currency: String,
    /// `requested`, `in_doubt`, `captured`, `declined` or `lapsed`.
    pub status: &'static str,
    /// How often the gateway was asked.
    pub attempts: u32,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// When its outcome was recorded.
    pub settled_at: Option<DateTime<Utc>>,
    /// Why it stands where it stands.
    pub reason: Option<String>,
    /// What is charged by.
    pub payment_method: String,
    /// Whose that is at the gateway.
    pub customer: Option<String>,
    /// Which gateway was asked.
    pub gateway: Option<String>,
    /// What the gateway calls it.
    pub reference: Option<String>,
}

impl From<&Reload> for ReloadView {
    fn from(reload: &Reload) -> Self {
        Self {
            id: reload.id.to_string(),
            account: reload.id.account().to_string(),
            amount: reload.amount.amount(),
            currency: reload.amount.currency().code().to_owned(),
            status: reload.status.as_str(),
            attempts: reload.attempts,
            requested_at: reload.requested.at,
            settled_at: reload.settled.map(|settled| settled.at),
            reason: reload.reason.clone(),
            payment_method: reload.payment_method.id.clone(),
            customer: reload.payment_method.customer.clone(),
            gateway: reload.gateway.clone(),
            reference: reload.reference.clone(),
        }
    }
}

/// What a check did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct CheckReport {
    /// Reloads asked for.
    pub requested: u64,
    /// Reloads paid.
    pub captured: u64,
    /// Reloads refused.
    pub declined: u64,
    /// Reloads that are still open.
    pub in_doubt: u64,
    /// Periods that the money paid for.
    pub renewed: u64,
}

impl From<RunCounts> for CheckReport {
    fn from(done: RunCounts) -> Self {
        Self {
            requested: done.reloads.requested,
            captured: done.reloads.captured,
            declined: done.reloads.declined,
            in_doubt: done.reloads.in_doubt,
            renewed: done.renewed,
        }
    }
}

/// One check of the accounts below their thresholds, and of those open reloads that `which` says: a daemon
/// leaves what is in doubt to [`look_up`].
///
/// # Errors
/// Where the database fails. What was committed stays right.
pub async fn check(app: &App, watch: &Watch, which: OpenReloads) -> Result<CheckReport> {
    let context = context(app, app.moment(), watch);
    let done = check_reloads(&context, which).await.map_err(clock_refusal)?;
    Ok(done.into())
}

/// Asks about what is in doubt, each after a while, longer each time.
///
/// # Errors
/// Where the database fails. What was committed stays right.
pub async fn look_up(app: &App, watch: &Watch) -> Result<CheckReport> {
    let context = context(app, app.moment(), watch);
    Ok(check::look_up(&context).await.map_err(clock_refusal)?.into())
}

/// The newest reloads, of one account and status or any, newest first.
///
/// # Errors
/// Refuses an unknown account and an unknown status.
pub async fn list(
    app: &App,
    key: Option<&str>,
    status: Option<&str>,
    limit: u32,
) -> Result<Vec<ReloadView>> {
    let account = match key {
        Some(key) => Some(app.account(super::account_id(key)?).await?.id),
        None => None,
    };
    let status = status.map(status_of).transpose()?;
    let reloads =
        app.store.reloads(&ReloadFilter { account, status, asked_since: None, limit }).await?;
    Ok(reloads.iter().map(ReloadView::from).collect())
}

fn status_of(text: &str) -> Result<ReloadStatus> {
    ReloadStatus::find(text).ok_or_else(|| {
        let known: Vec<_> = ReloadStatus::ALL.iter().map(|status| status.as_str()).collect();
        Refusal::with_hint(
            format!("`{text}` is not a status of reloads"),
            format!("use one of {}", known.join(", ")),
        )
        .into()
    })
}

/// One reload.
///
/// # Errors
/// Refuses an unknown id.
pub async fn show(app: &App, id: &str) -> Result<ReloadView> {
    Ok(ReloadView::from(&find(app, id).await?))
}

async fn find(app: &App, id: &str) -> Result<Reload> {
    let id: ReloadId = id.trim().parse().map_err(refused)?;
    let reload = app.store.find_reload(id).await?;
    reload.ok_or_else(|| {
        Refusal::with_hint(
            format!("there is no reload {id}"),
            "`linerent reload list` shows the newest",
        )
        .into()
    })
}

/// What a person has found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// The money came.
    Captured,
    /// It did not, and will not.
    Declined,
}

/// Ends a reload that nobody but a person can end, with the operator's `reason`.
///
/// # Errors
/// Refuses one whose outcome is known, here or at the gateway.
pub async fn resolve(app: &App, id: &str, finding: Finding, reason: &str) -> Result<ReloadView> {
    let reload = find(app, id).await?;
    let reason = super::book::one_line(reason, "a reason")?.to_owned();
    refuse_if_settled(&reload)?;
    let outcome = match finding {
        Finding::Captured => Outcome::Captured { reference: None },
        Finding::Declined => Outcome::Declined(Decline {
            code: "resolved".to_owned(),
            message: reason.clone(),
            advice: Advice::TryLater,
            reference: None,
        }),
    };
    match app
        .reload_processor()
        .resolve(reload.id, outcome, &reason)
        .await
        .map_err(settle_refusal)?
    {
        Ok(()) => show(app, id).await,
        // It was settled by somebody else just now.
        Err(Unresolved::Settled) => {
            refuse_if_settled(&find(app, id).await?)?;
            show(app, id).await
        }
        Err(unresolved) => Err(Refusal::with_hint(
            format!("reload {} is not for a person to decide: {unresolved}", reload.id),
            match unresolved {
                Unresolved::NeverSent => "`--declined` closes it",
                _ => "`linerent reload check` asks the gateway and records what it says",
            },
        )
        .into()),
    }
}

fn refuse_if_settled(reload: &Reload) -> Result<()> {
    if reload.status.is_open() {
        return Ok(());
    }
    Err(Refusal::new(format!("reload {} is {} already", reload.id, reload.status)).into())
}
