//! What a person has found out about a reload that nobody else can end.

use std::time::Duration;

use chrono::TimeDelta;
use thiserror::Error;

use super::record::Evidence;
use super::{IfClaimed, LATE_ARRIVAL, ReloadProcessor, ReloadResult, charge_of};
use crate::billing::settle::SettleError;
use crate::ids::ReloadId;
use crate::payments::{Lookup, Outcome, Trouble};
use crate::reload::Reload;

/// Why a person is not heard.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unresolved {
    /// The gateway is being asked at this moment.
    #[error("the gateway is being asked about it at this moment")]
    Busy,
    /// The gateway knows.
    #[error("the gateway says that it was {0}")]
    Known(&'static str),
    /// The gateway is not done with it.
    #[error("the gateway is not done with it: {0}")]
    UnderWay(String),
    /// It was never sent, so no money can have come.
    #[error("it was never sent to the gateway")]
    NeverSent,
    /// Its outcome was recorded meanwhile.
    #[error("it is settled")]
    Settled,
}

/// How long nobody else asks while a person is heard, where there is no gateway to wait for.
const HOLD: Duration = Duration::from_secs(60);

impl ReloadProcessor {
    /// Records `outcome`, which a person found out as `reason` says, and goes on from there. The
    /// gateway is asked first, and has the last evidence.
    ///
    /// # Errors
    /// [`SettleError`].
    pub async fn resolve(
        &self,
        id: ReloadId,
        outcome: Outcome,
        reason: &str,
    ) -> Result<Result<(), Unresolved>, SettleError> {
        let patience = self.gateway.as_ref().map_or(HOLD, |gateway| gateway.timeout() * 2);
        let now = self.writer.clock.now();
        let until = now + TimeDelta::from_std(patience).unwrap_or(TimeDelta::MAX);
        if !self.writer.store.hold_reload(id, now, until).await? {
            return Ok(Err(Unresolved::Busy));
        }
        // Read only now: before, somebody else may have sent it.
        let Some(reload) = self.writer.store.find_reload(id).await? else {
            return Ok(Err(Unresolved::Settled));
        };
        if let Some(unresolved) = self.objection_to(&reload, &outcome).await {
            self.writer.store.let_go_of_reload(id, until).await?;
            return Ok(Err(unresolved));
        }
        let evidence = Evidence::Person(outcome, reason.to_owned());
        let (result, _, further) = self.record(&reload, &evidence, None).await?;
        if let Some(further) = further {
            self.process(further, None, IfClaimed::Wait).await?;
        }
        Ok(if result == ReloadResult::Settled { Err(Unresolved::Settled) } else { Ok(()) })
    }

    /// What speaks against hearing a person.
    async fn objection_to(&self, reload: &Reload, outcome: &Outcome) -> Option<Unresolved> {
        let Some(asked) = reload.asked else {
            let is_captured = matches!(outcome, Outcome::Captured { .. });
            return is_captured.then_some(Unresolved::NeverSent);
        };
        let gateway = self.gateway.as_ref()?;
        if reload.gateway.as_deref() != Some(gateway.name()) {
            return None;
        }
        let age = self.writer.clock.now().signed_duration_since(asked.1);
        match gateway.look_up(&charge_of(reload, asked)).await {
            Lookup::Charge(Outcome::Captured { .. }) => Some(Unresolved::Known("captured")),
            Lookup::Charge(Outcome::Declined(_)) => Some(Unresolved::Known("declined")),
            // What the gateway did is another thing than was asked for: just what people are for.
            Lookup::Charge(Outcome::InDoubt(doubt)) if doubt.trouble == Trouble::Request => None,
            Lookup::Charge(Outcome::InDoubt(doubt)) => Some(Unresolved::UnderWay(doubt.reason)),
            Lookup::Nothing if gateway.key_lifetime().is_some() && age < LATE_ARRIVAL => {
                Some(Unresolved::UnderWay("it may still be on its way".to_owned()))
            }
            Lookup::Nothing | Lookup::Unavailable(_) => None,
        }
    }
}
