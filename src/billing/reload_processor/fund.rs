//! Money by card for something new: a rental that the balance does not cover.

use thiserror::Error;

use super::{IfClaimed, ReloadProcessor, ReloadResult};
use crate::billing::AccountWriter;
use crate::billing::batch::pay;
use crate::billing::settle::{ATTEMPTS_MAX, SettleError, snapshot_of};
use crate::decision::{AccountSnapshot, BrokenSnapshot};
use crate::ids::{AccountId, ReloadId};
use crate::money::{Money, MoneyError};
use crate::reload::{Attempt, AutoReload};
use crate::store::StoreError;

/// Why no money came by card.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotFunded {
    /// There is no order in force.
    #[error("there is no auto-reload in force")]
    NoOrder,
    /// The day's reloads are used up.
    #[error("the day's reloads are used up")]
    UsedUp,
    /// All reloads that the day still has are not enough.
    #[error("the reloads that are left today come to {0} at most")]
    OutOfReach(Money),
    /// The last decline was too short a time ago.
    #[error("the card was declined a short time ago")]
    Later,
    /// The card was refused.
    #[error("the card was declined: {0}")]
    Declined(String),
    /// Nobody knows yet.
    #[error("it is not known yet whether the card was charged: {reason}")]
    Open {
        /// Which reload.
        id: ReloadId,
        /// Why.
        reason: String,
    },
}

/// Where the money shall come from.
enum Source {
    /// It is there: it came meanwhile.
    Balance,
    /// This reload, which was under way.
    Open(ReloadId),
    /// This reload, which was asked for just now.
    New(ReloadId),
}

impl ReloadProcessor {
    /// Gets money by card for an account that needs `needed` for something new: follows the reload
    /// that is open, or asks for one.
    ///
    /// # Errors
    /// [`SettleError`].
    pub async fn raise_funds(
        &self,
        account: AccountId,
        needed: Money,
    ) -> Result<Result<(), NotFunded>, SettleError> {
        let (id, is_new) = match self.request_for(account, needed).await? {
            Ok(Source::Balance) => return Ok(Ok(())),
            Ok(Source::Open(id)) => (id, false),
            Ok(Source::New(id)) => (id, true),
            Err(not_funded) => return Ok(Err(not_funded)),
        };
        let (result, _) = self.process(id, None, IfClaimed::Wait).await?;
        Ok(match result {
            // What was under way before is out of the way now: there may be another attempt.
            ReloadResult::Captured | ReloadResult::Settled | ReloadResult::Lapsed => Ok(()),
            ReloadResult::Declined(_) if !is_new => Err(NotFunded::Later),
            ReloadResult::Declined(reason) => Err(NotFunded::Declined(reason)),
            ReloadResult::Open(reason) => Err(NotFunded::Open { id, reason }),
            ReloadResult::Busy => {
                let reason = "somebody else is asking the gateway".to_owned();
                Err(NotFunded::Open { id, reason })
            }
        })
    }

    /// The open reload of the account, or one that is asked for now.
    async fn request_for(
        &self,
        account: AccountId,
        needed: Money,
    ) -> Result<Result<Source, NotFunded>, SettleError> {
        let AccountWriter { moment, policy, rng, .. } = &self.writer;
        for _ in 0..ATTEMPTS_MAX {
            let before = snapshot_of(&self.writer, account, moment.on).await?;
            let rest = before.book.available().and_then(|available| available.minus(needed));
            if !rest.map_err(BrokenSnapshot::from)?.is_negative() {
                return Ok(Ok(Source::Balance));
            }
            if let Some(open) = before.reloads.open {
                return Ok(Ok(Source::Open(open)));
            }
            let order = match self.order_to_use(&before) {
                Ok(order) => order.clone(),
                Err(not_funded) => return Ok(Err(not_funded)),
            };
            let mut settled = pay(before.clone(), *moment, policy)?;
            let amount = self.amount(&order, &settled.snapshot, settled.decision.unpaid, needed);
            let amount = match amount.map_err(BrokenSnapshot::from)? {
                Ok(Some(amount)) => amount,
                Ok(None) => return Ok(Ok(Source::Balance)),
                Err(not_funded) => return Ok(Err(not_funded)),
            };
            let id = ReloadId::random(account, &**rng);
            let reload = settled.snapshot.request_reload(amount, id, *moment);
            let (change, _) = settled.conclude(&before, *moment, policy)?;
            let change = change.requesting(Some(reload));
            match self.writer.write(change).await {
                Err(StoreError::Conflict) => {}
                Err(failure) => return Err(failure.into()),
                Ok(()) => return Ok(Ok(Source::New(id))),
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// The order in force, if it may be used now.
    fn order_to_use<'a>(&self, snapshot: &'a AccountSnapshot) -> Result<&'a AutoReload, NotFunded> {
        let (reloads, policy) = (&snapshot.reloads, &self.writer.policy.auto_reload);
        match reloads.attempt(self.writer.moment.at, policy) {
            Attempt::NoneLeft if reloads.captured_today >= policy.per_day_max => {
                Err(NotFunded::UsedUp)
            }
            Attempt::NoneLeft => Err(NotFunded::NoOrder),
            Attempt::Later => Err(NotFunded::Later),
            Attempt::Open | Attempt::Now => reloads.auto_reload.as_ref().ok_or(NotFunded::NoOrder),
        }
    }

    /// What to charge, where the day's reloads can reach it at all: a card that would be charged
    /// in vain is left alone.
    fn amount(
        &self,
        order: &AutoReload,
        snapshot: &AccountSnapshot,
        unpaid: Option<Money>,
        needed: Money,
    ) -> Result<Result<Option<Money>, NotFunded>, MoneyError> {
        let policy = &self.writer.policy.auto_reload;
        let missing = unpaid.map_or(Ok(needed), |unpaid| needed.plus(unpaid))?;
        let left = policy.per_day_max.saturating_sub(snapshot.reloads.captured_today);
        let most = order.amount.times(left.saturating_mul(policy.multiples_max))?;
        if snapshot.book.available()?.plus(most)?.minus(missing)?.is_negative() {
            return Ok(Err(NotFunded::OutOfReach(most)));
        }
        order.charge_for(snapshot.book.balance, missing, policy.multiples_max).map(Ok)
    }
}
