//! Records an outcome that an operator found out.

use std::time::Duration;

use chrono::TimeDelta;
use thiserror::Error;

use super::evidence::Evidence;
use super::processor::{IfClaimed, LATE_ARRIVAL, ReloadProcessor, ReloadResult, charge_of};
use crate::billing::settle_error::SettleError;
use crate::ids::ReloadId;
use crate::payments::{Lookup, Outcome, Trouble};
use crate::reload::Reload;
use crate::store::StoreError;

/// Why a manual resolution is rejected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unresolved {
    /// Another process has claimed the reload.
    #[error("the gateway is being asked about it at this moment")]
    Busy,
    /// The gateway knows the outcome.
    #[error("the gateway says that it was {0}")]
    Known(&'static str),
    /// The gateway is still processing it.
    #[error("the gateway is not done with it: {0}")]
    UnderWay(String),
    /// It was never sent, so it cannot have been captured.
    #[error("it was never sent to the gateway")]
    NeverSent,
    /// Another process has recorded its outcome.
    #[error("it is settled")]
    Settled,
}

/// How long the reload is claimed if no gateway is configured.
const HOLD: Duration = Duration::from_secs(60);

impl ReloadProcessor {
    /// Records `outcome`, which an operator found out as `reason` explains, and processes the reload that follows, if
    /// any. The gateway is asked first, and its answer takes precedence.
    ///
    /// # Errors
    /// [`SettleError`].
    pub async fn resolve(
        &self,
        id: ReloadId,
        outcome: Outcome,
        reason: &str,
    ) -> Result<Result<(), Unresolved>, SettleError> {
        let timeout = self.gateway.as_ref().map_or(HOLD, |gateway| gateway.timeout() * 2);
        let now = self.writer.clock.now();
        let until = now + TimeDelta::from_std(timeout).unwrap_or(TimeDelta::MAX);
        if !self.writer.store.hold_reload(id, now, until).await? {
            return Ok(Err(Unresolved::Busy));
        }
        // Read after the claim, because another process may have sent it before.
        let Some(reload) = self.writer.store.find_reload(id).await? else {
            return Ok(Err(Unresolved::Settled));
        };
        if let Some(unresolved) = self.objection_to(&reload, &outcome).await? {
            self.writer.store.let_go_of_reload(id, until).await?;
            return Ok(Err(unresolved));
        }
        let evidence = Evidence::Operator(outcome, reason.to_owned());
        let (result, _, further) = self.record(&reload, &evidence, None).await?;
        if let Some(further) = further {
            self.process(further, None, IfClaimed::Wait).await?;
        }
        Ok(if result == ReloadResult::Settled { Err(Unresolved::Settled) } else { Ok(()) })
    }

    /// Whether the gateway's `reference` belongs to another reload.
    async fn is_of_another(
        &self,
        reload: &Reload,
        gateway: &str,
        reference: &str,
    ) -> Result<bool, StoreError> {
        let owner = self.writer.store.find_reload_by_reference(gateway, reference).await?;
        Ok(owner.is_some_and(|owner| owner != reload.id))
    }

    /// Why the operator's outcome is rejected, if it is.
    async fn objection_to(
        &self,
        reload: &Reload,
        outcome: &Outcome,
    ) -> Result<Option<Unresolved>, StoreError> {
        let Some(asked) = reload.asked else {
            let is_captured = matches!(outcome, Outcome::Captured { .. });
            return Ok(is_captured.then_some(Unresolved::NeverSent));
        };
        let Some(gateway) = self.gateway.as_ref() else { return Ok(None) };
        if reload.gateway.as_deref() != Some(gateway.name()) {
            return Ok(None);
        }
        let age = self.writer.clock.now().signed_duration_since(asked.1);
        Ok(match gateway.look_up(&charge_of(reload, asked)).await {
            // It is of another reload, so the gateway's record says nothing about this one.
            Lookup::Charge(Outcome::Captured { reference: Some(reference) })
                if self.is_of_another(reload, gateway.name(), &reference).await? =>
            {
                None
            }
            Lookup::Charge(Outcome::Captured { .. }) => Some(Unresolved::Known("captured")),
            Lookup::Charge(Outcome::Declined(_)) => Some(Unresolved::Known("declined")),
            // The gateway's record does not match the request; an operator must decide.
            Lookup::Charge(Outcome::InDoubt(doubt)) if doubt.trouble == Trouble::Request => None,
            Lookup::Charge(Outcome::InDoubt(doubt)) => Some(Unresolved::UnderWay(doubt.reason)),
            Lookup::Nothing if gateway.key_lifetime().is_some() && age < LATE_ARRIVAL => {
                Some(Unresolved::UnderWay("it may still be on its way".to_owned()))
            }
            Lookup::Nothing | Lookup::Unavailable(_) => None,
        })
    }
}
