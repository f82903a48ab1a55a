//! Refunds of an account's balance: what may be refunded, and how it is booked.
//!
//! The operator pays the money back by hand, by bank or card. The booking takes it from the balance, so that it cannot
//! be spent or refunded again.

use thiserror::Error;

use super::account_writer::AccountWriter;
use super::settle_error::SettleError;
use crate::clock::Moment;
use crate::decision::{AccountSnapshot, BrokenSnapshot, Facts, decide};
use crate::ids::{AccountId, ReloadId};
use crate::ledger::Entry;
use crate::money::{Money, MoneyError};
use crate::policy::BillingPolicy;
use crate::store::{AccountChange, StoreError};

/// How much to refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sum {
    /// This amount, which is above zero.
    Of(Money),
    /// The whole balance.
    All,
}

/// What the operator wants booked.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    pub sum: Sum,
    /// The operator's own name for the refund.
    pub reference: &'a str,
    /// The operator's explanation.
    pub reason: Option<&'a str>,
}

/// A refund that was booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refund {
    pub amount: Money,
    /// The balance afterwards.
    pub balance: Money,
}

/// Why nothing was refunded. The account is unchanged.
#[derive(Debug, Error)]
pub enum RefundError {
    #[error("the balance is {0}, there is nothing to refund")]
    Nothing(Money),
    /// The amount is above the balance. A credit limit is not the account's money.
    #[error("{wanted} is more than the balance, {balance}")]
    TooMuch { wanted: Money, balance: Money },
    /// Renewals that are due have to be paid first.
    #[error("renewals of {0} are due and not paid, and they come first")]
    Due(Money),
    /// The outcome of this reload is not yet known, so its money may still be credited.
    #[error("the reload {0} is not settled, and its money may be part of the balance yet")]
    Open(ReloadId),
    /// The standing order would charge the card for what is refunded.
    #[error(
        "{left} would be left, below {threshold}, and auto-reload would charge the card for it again"
    )]
    Reloaded {
        /// The balance afterwards.
        left: Money,
        threshold: Money,
    },
    #[error(transparent)]
    Settle(#[from] SettleError),
}

impl From<StoreError> for RefundError {
    fn from(error: StoreError) -> Self {
        SettleError::from(error).into()
    }
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

/// Books a refund.
///
/// # Errors
/// [`RefundError`]; [`StoreError::Refused`] if the reference was used before.
pub async fn refund(
    writer: &AccountWriter,
    account: AccountId,
    wanted: &Wanted<'_>,
) -> Result<Refund, RefundError> {
    let (moment, policy) = (writer.moment, &writer.policy);
    writer
        .change(account, moment.on, |before| {
            let amount = refundable(before, wanted.sum, moment, policy)?;
            let mut after = before.clone();
            let entry = Entry::refund(amount, wanted.reference, wanted.reason)?;
            let booked = after.book.post(entry, moment).map_err(SettleError::from)?;
            let balance = after.book.balance;
            let notices = after.notify(&Facts::default(), moment, policy)?;
            let change = AccountChange::between(before, after, vec![booked]).telling(notices);
            Ok((change, Refund { amount, balance }))
        })
        .await
}

/// The amount to refund, if that may be refunded.
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
