//! Paying the balance back: what may be paid back, and booking it.
//!
//! The money leaves by bank or card, by hand. Here it leaves the balance, so that it cannot be spent
//! or paid back again.

use crate::policy::BillingPolicy;
use thiserror::Error;

use super::AccountWriter;
use super::settle::{self, SettleError};
use crate::clock::Moment;
use crate::decision::{AccountSnapshot, BrokenSnapshot, Facts, decide};
use crate::ids::{AccountId, ReloadId};
use crate::ledger::Entry;
use crate::money::{Money, MoneyError};
use crate::store::AccountChange;

/// How much is paid back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sum {
    /// So much, which is above zero.
    Of(Money),
    /// Whatever is left.
    All,
}

/// What the operator wants booked.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// How much.
    pub sum: Sum,
    /// The operator's own name for it.
    pub reference: &'a str,
    /// The operator's words.
    pub reason: Option<&'a str>,
}

/// A refund that was booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refund {
    /// What is paid back.
    pub amount: Money,
    /// What is left.
    pub balance: Money,
}

/// Why nothing is paid back. Nothing has changed then.
#[derive(Debug, Error)]
pub enum RefundError {
    /// There is nothing left.
    #[error("the balance is {0}, there is nothing to refund")]
    Nothing(Money),
    /// More than is left. What can be spent on credit is the house's money.
    #[error("{wanted} is more than the balance, {balance}")]
    TooMuch {
        /// What was to be paid back.
        wanted: Money,
        /// What is left.
        balance: Money,
    },
    /// What is due comes first.
    #[error("renewals of {0} are due and not paid, and they come first")]
    Due(Money),
    /// Nobody knows yet what becomes of a card's money.
    #[error("the reload {0} is not settled, and its money may be part of the balance yet")]
    Open(ReloadId),
    /// The standing order would fetch the money from the card again.
    #[error(
        "{left} would be left, below {threshold}, and auto-reload would charge the card for it again"
    )]
    Reloaded {
        /// What would be left.
        left: Money,
        /// Below what the card is charged.
        threshold: Money,
    },
    /// Nothing was settled.
    #[error(transparent)]
    Settle(#[from] SettleError),
}

impl From<BrokenSnapshot> for RefundError {
    fn from(error: BrokenSnapshot) -> Self {
        SettleError::from(error).into()
    }
}

impl From<MoneyError> for RefundError {
    fn from(error: MoneyError) -> Self {
        BrokenSnapshot::from(error).into()
    }
}

/// Books that the operator pays the account back.
///
/// # Errors
/// [`RefundError`]; [`StoreError::Refused`](crate::store::StoreError::Refused) where the reference was used before.
pub async fn refund(
    writer: &AccountWriter,
    account: AccountId,
    wanted: &Wanted<'_>,
) -> Result<Refund, RefundError> {
    let (moment, policy) = (writer.moment, &writer.policy);
    settle::change(writer, account, moment.on, |before| {
        let amount = refundable(before, wanted.sum, moment, policy)?;
        let mut after = before.clone();
        let entry = Entry::refund(amount, wanted.reference, wanted.reason)?;
        let booked = after.book.post(entry, moment).map_err(SettleError::from)?;
        let balance = after.book.balance;
        let notices = after.tell(&Facts::default(), moment, policy, policy.release.hold.days)?;
        let change = AccountChange::between(before, after, vec![booked]).telling(notices);
        Ok((change, Refund { amount, balance }))
    })
    .await
}

/// What is paid back of `snapshot`'s balance, if anything may be.
fn refundable(
    snapshot: &AccountSnapshot,
    wanted: Sum,
    now: Moment,
    policy: &BillingPolicy,
) -> Result<Money, RefundError> {
    if let Some(open) = snapshot.reloads.open {
        return Err(RefundError::Open(open));
    }
    let balance = snapshot.book.balance;
    let due = decide(snapshot, now, policy)?.due(Money::zero(balance.currency()))?;
    if !due.is_zero() {
        return Err(RefundError::Due(due));
    }
    if balance.is_negative() || balance.is_zero() {
        return Err(RefundError::Nothing(balance));
    }
    let amount = match wanted {
        Sum::All => balance,
        Sum::Of(wanted) => wanted,
    };
    let left = balance.minus(amount)?;
    if left.is_negative() {
        return Err(RefundError::TooMuch { wanted: amount, balance });
    }
    match snapshot.reloads.order_in_force().map(|order| order.threshold) {
        Some(threshold) if left.minus(threshold)?.is_negative() => {
            Err(RefundError::Reloaded { left, threshold })
        }
        _ => Ok(amount),
    }
}
