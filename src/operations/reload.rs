//! Checks of accounts that may need a reload, and the list of reloads.

use super::error::Result;
use super::pages::{Pages, place_after};
use super::refusal::Refusal;
use super::run::{Watch, context};
use super::settle_refusal::settle_refusal;
use super::texts::one_line;
use super::{App, Error};
use crate::billing::check::{self, check as check_accounts};
use crate::billing::reload_processor::Unresolved;
use crate::ids::{AccountId, ReloadId};
use crate::payments::{Advice, Decline, Outcome};
use crate::reload::{OpenReloads, Reload, ReloadFilter, ReloadStatus};
use crate::run::RunCounts;

/// Requests reloads for the accounts that need one, and processes the open reloads that `which` selects. A
/// daemon leaves those in doubt to [`look_up`].
pub async fn check(app: &App, watch: &Watch, which: OpenReloads) -> Result<RunCounts> {
    let context = context(app, app.moment(), watch);
    Ok(check_accounts(&context, which).await?)
}

/// Asks the gateway about reloads in doubt, each after a back-off.
pub async fn look_up(app: &App, watch: &Watch) -> Result<RunCounts> {
    let context = context(app, app.moment(), watch);
    Ok(check::look_up(&context).await?)
}

/// The newest `limit` reloads, newest first. `None` matches all.
pub async fn pages(
    app: &App,
    account: Option<AccountId>,
    status: Option<ReloadStatus>,
    limit: u32,
) -> Result<Pages<'_, Reload>> {
    if let Some(account) = account {
        app.account(account).await?;
    }
    Ok(Pages::new(Some(limit), move |after, limit| async move {
        let filter = ReloadFilter { account, status, asked_since: None, limit };
        let reloads = app.store.reloads(&filter, after).await?;
        let last = place_after(&reloads, limit, |it| (it.requested.at, it.id));
        Ok((reloads, last))
    }))
}

/// As [`pages`], the whole list.
pub async fn list(
    app: &App,
    account: Option<AccountId>,
    status: Option<ReloadStatus>,
    limit: u32,
) -> Result<Vec<Reload>> {
    pages(app, account, status, limit).await?.all().await
}

pub async fn show(app: &App, reload: ReloadId) -> Result<Reload> {
    let found = app.store.find_reload(reload).await?;
    found.ok_or_else(|| Refusal::ReloadNotFound { reload }.into())
}

/// What the operator found out about a reload in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    Captured,
    /// It was not charged, and will not be.
    Declined,
}

/// Records the outcome of a reload that the gateway cannot tell, with the operator's `reason`.
pub async fn resolve(app: &App, id: ReloadId, finding: Finding, reason: &str) -> Result<Reload> {
    let moment = app.billing_moment().await?;
    let reload = show(app, id).await?;
    let reason = one_line(reason, "reason")?;
    refuse_if_settled(&reload)?;
    let outcome = match finding {
        Finding::Captured => Outcome::Captured { reference: None },
        Finding::Declined => Outcome::Declined(Decline {
            code: "resolved".to_owned(),
            message: reason.to_owned(),
            advice: Advice::TryLater,
            reference: None,
        }),
    };
    let resolved = app.reload_processor(moment).resolve(id, outcome, reason).await;
    match resolved.map_err(settle_refusal)? {
        Ok(()) => show(app, id).await,
        // Another process has just settled it.
        Err(Unresolved::Settled) => {
            let reload = show(app, id).await?;
            refuse_if_settled(&reload)?;
            Ok(reload)
        }
        Err(reason) => Err(Refusal::ReloadNotForResolution { reload: id, reason }.into()),
    }
}

fn refuse_if_settled(reload: &Reload) -> Result<()> {
    if reload.status.is_open() {
        return Ok(());
    }
    Err(Error::Refused(Refusal::ReloadSettled { reload: reload.id, status: reload.status }))
}
