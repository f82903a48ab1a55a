//! Raises money by card for a rental that the balance does not cover.

use super::processor::{IfClaimed, ReloadProcessor, ReloadResult};
use crate::billing::account_writer::AccountWriter;
use crate::billing::batch::pay_part;
use crate::billing::retry::until_written;
use crate::billing::settle_error::{NotFunded, SettleError};
use crate::decision::{AccountSnapshot, BrokenSnapshot};
use crate::ids::{AccountId, ReloadId};
use crate::money::{Money, MoneyError};
use crate::reload::{Attempt, AutoReload};
use crate::store::AccountChange;

/// Where the money comes from.
#[derive(Clone, Copy)]
enum Source {
    /// The balance covers it now.
    Balance,
    /// This reload, which was open before.
    Open(ReloadId),
    /// This reload, which is requested now.
    New(ReloadId),
    /// Not known yet: more is due than one transaction charges, and a part of it is paid now.
    LaterPart,
}

impl ReloadProcessor {
    /// Raises money by card for an account that needs `needed` for something new: processes the reload that is open,
    /// or requests one.
    ///
    /// # Errors
    /// [`SettleError`].
    pub async fn raise_funds(
        &self,
        account: AccountId,
        needed: Money,
    ) -> Result<Result<(), NotFunded>, SettleError> {
        let (id, is_new) = loop {
            match self.request_for(account, needed).await? {
                Ok(Source::Balance) => return Ok(Ok(())),
                Ok(Source::Open(id)) => break (id, false),
                Ok(Source::New(id)) => break (id, true),
                Ok(Source::LaterPart) => {}
                Err(not_funded) => return Ok(Err(not_funded)),
            }
        };
        let (result, _) = self.process(id, None, IfClaimed::Wait).await?;
        Ok(match result {
            // If another reload was open before, it is settled now, and the caller may try again.
            ReloadResult::Captured | ReloadResult::Settled | ReloadResult::Lapsed => Ok(()),
            ReloadResult::Declined(_) if !is_new => Err(NotFunded::Later),
            ReloadResult::Declined(reason) => Err(NotFunded::Declined(reason)),
            ReloadResult::Open(reason) => Err(NotFunded::Open { id, reason }),
            ReloadResult::Busy => {
                let reason = "another process is asking the gateway".to_owned();
                Err(NotFunded::Open { id, reason })
            }
        })
    }

    /// Requests a reload, unless one is open or the balance covers it.
    async fn request_for(
        &self,
        account: AccountId,
        needed: Money,
    ) -> Result<Result<Source, NotFunded>, SettleError> {
        until_written(|| async {
            let before = self.writer.snapshot_of(account, self.writer.moment.on).await?;
            let (source, change) = match self.source_for(&before, needed)? {
                Ok(source) => source,
                Err(not_funded) => return Ok(Ok(Err(not_funded))),
            };
            let Some(change) = change else { return Ok(Ok(Ok(source))) };
            Ok(self.writer.write(&[change], None).await.map(|_| Ok(source)))
        })
        .await
    }

    /// Where the money comes from, and the change that requests it, if it is new.
    fn source_for(
        &self,
        before: &AccountSnapshot,
        needed: Money,
    ) -> Result<Result<(Source, Option<AccountChange>), NotFunded>, BrokenSnapshot> {
        let AccountWriter { moment, policy, rng, .. } = &self.writer;
        if !before.book.available()?.minus(needed)?.is_negative() {
            return Ok(Ok((Source::Balance, None)));
        }
        if let Some(open) = before.reloads.open {
            return Ok(Ok((Source::Open(open), None)));
        }
        let order = match self.order_to_use(before) {
            Ok(order) => order,
            Err(not_funded) => return Ok(Err(not_funded)),
        };
        let mut settled = pay_part(before.clone(), *moment, policy, policy.run.batch_periods())?;
        if !settled.is_whole {
            let (change, _) = settled.conclude(before, *moment, policy)?;
            return Ok(Ok((Source::LaterPart, Some(change))));
        }
        let amount = self.amount(order, &settled.snapshot, settled.decision.unpaid, needed)?;
        let amount = match amount {
            Ok(Some(amount)) => amount,
            Ok(None) => return Ok(Ok((Source::Balance, None))),
            Err(not_funded) => return Ok(Err(not_funded)),
        };
        let id = ReloadId::random(before.book.account, &**rng);
        let reload = settled.snapshot.request_reload(amount, id, *moment);
        let (change, _) = settled.conclude(before, *moment, policy)?;
        Ok(Ok((Source::New(id), Some(change.requesting(Some(reload))))))
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

    /// The amount to charge. A card is not charged if all reloads that are left today are not enough.
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
