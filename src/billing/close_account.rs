//! Closing an account: what it has left, and ending all of that at once.

use chrono::NaiveDate;
use thiserror::Error;

use super::AccountWriter;
use super::settle::{self, SettleError, snapshot_of};
use crate::calendar::LAST_DAY;
use crate::change_log::ChangeLogEntry;
use crate::clock::Moment;
use crate::decision::{AccountSnapshot, BrokenSnapshot, decide};
use crate::ids::{AccountId, ReloadId};
use crate::money::Money;
use crate::policy::BillingPolicy;
use crate::reload::{AutoReload, OrderStatus};
use crate::rental::{EndReason, Msisdn, Subscription};
use crate::store::AccountChange;

/// What an account has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obligations {
    /// Its balance, which nobody but the operator can bring to zero.
    pub balance: Money,
    /// A reload whose outcome is not known.
    pub open_reload: Option<ReloadId>,
    /// What it rents, by ordinal.
    pub rentals: Vec<Subscription>,
    /// What of it is due and not charged; nothing where nothing is.
    pub due: Option<Money>,
    /// Its standing order, if one is in force.
    pub order: Option<AutoReload>,
    /// The numbers held for it, and until which days: a closed account cannot rent them back.
    pub holds: Vec<(Msisdn, NaiveDate)>,
}

/// Whether closing ends what can be ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndRentals {
    /// It stands in the way.
    No,
    /// It ends: rentals today and without refund, and the standing order.
    Yes,
}

/// Why an account is not closed. Nothing has changed then.
#[derive(Debug, Error)]
pub enum CloseError {
    /// It has something left.
    #[error("the account has something left")]
    Left(Box<Obligations>),
    /// Nothing was settled.
    #[error(transparent)]
    Settle(#[from] SettleError),
}

impl Obligations {
    /// What `snapshot` has left, all of whose live subscriptions are in it.
    fn of(
        snapshot: &AccountSnapshot,
        holds: Vec<(Msisdn, NaiveDate)>,
        now: Moment,
        policy: &BillingPolicy,
    ) -> Result<Self, BrokenSnapshot> {
        let decision = decide(snapshot, now, policy)?;
        let due = decision.due(Money::zero(snapshot.book.balance.currency()))?;
        Ok(Self {
            balance: snapshot.book.balance,
            open_reload: snapshot.reloads.open,
            rentals: snapshot.subscriptions.clone(),
            due: (!due.is_zero()).then_some(due),
            order: snapshot.reloads.order_in_force().cloned(),
            holds,
        })
    }

    /// Whether it can be closed.
    pub const fn can_close(&self, rest: EndRentals) -> bool {
        let has_money = !self.balance.is_zero() || self.open_reload.is_some();
        let has_rest = !self.rentals.is_empty() || self.order.is_some() || !self.holds.is_empty();
        !has_money && (matches!(rest, EndRentals::Yes) || !has_rest)
    }
}

/// What the account has left now.
///
/// # Errors
/// [`SettleError`].
pub async fn obligations(
    writer: &AccountWriter,
    account: AccountId,
) -> Result<Obligations, SettleError> {
    let snapshot = snapshot_of(writer, account, LAST_DAY).await?;
    let holds = writer.store.held_numbers(account).await?;
    Ok(Obligations::of(&snapshot, holds, writer.moment, &writer.policy)?)
}

/// Closes the account and ends what it has left, as far as `rest` says so, all in one transaction.
/// Returns what ended.
///
/// # Errors
/// [`CloseError`].
pub async fn close(
    writer: &AccountWriter,
    account: AccountId,
    rest: EndRentals,
) -> Result<Obligations, CloseError> {
    let (moment, policy) = (writer.moment, &writer.policy);
    let holds = writer.store.held_numbers(account).await.map_err(SettleError::from)?;
    settle::change(writer, account, LAST_DAY, |before| {
        let left =
            Obligations::of(before, holds.clone(), moment, policy).map_err(SettleError::from)?;
        if !left.can_close(rest) {
            return Err(CloseError::Left(Box::new(left)));
        }
        let mut after = before.clone();
        for rental in &mut after.subscriptions {
            rental.ended = Some((moment.on, EndReason::Cancelled));
        }
        if let Some(order) = after.reloads.auto_reload.as_mut().filter(|_| left.order.is_some()) {
            order.status = OrderStatus::Off;
        }
        let mut entries = after.changes_since(before).map_err(SettleError::from)?;
        entries.push(ChangeLogEntry::AccountClosed);
        let change = AccountChange::between(before, after, Vec::new());
        Ok((change.closing().with_change_log(entries, moment), left))
    })
    .await
}
