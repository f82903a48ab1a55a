//! Closes an account: what it still has, and how all of that ends at once.

use chrono::NaiveDate;
use thiserror::Error;

use super::account_writer::AccountWriter;
use super::settle_error::SettleError;
use crate::calendar::LAST_DAY;
use crate::change_log::ChangeLogEntry;
use crate::clock::Moment;
use crate::decision::{AccountSnapshot, BrokenSnapshot, decide};
use crate::ids::{AccountId, ReloadId};
use crate::money::Money;
use crate::policy::BillingPolicy;
use crate::reload::{AutoReload, OrderStatus};
use crate::rental::{EndReason, Msisdn, Subscription};
use crate::store::{AccountChange, StoreError};

/// What an account still has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obligations {
    /// Only the operator can bring it to zero.
    pub balance: Money,
    /// The reload whose outcome is not yet known.
    pub open_reload: Option<ReloadId>,
    /// The live subscriptions, by ordinal.
    pub rentals: Vec<Subscription>,
    /// The sum of the periods that are due and not charged; `None` if there are none.
    pub due: Option<Money>,
    /// The standing order in force.
    pub order: Option<AutoReload>,
    /// The numbers on hold for the account, with the end of the hold. A closed account cannot rent them back.
    pub holds: Vec<(Msisdn, NaiveDate)>,
}

/// Whether closing an account ends its rentals, holds and standing order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndRentals {
    /// They prevent the closing.
    No,
    /// They end today, the rentals without refund.
    Yes,
}

/// Why an account was not closed. It is unchanged.
#[derive(Debug, Error)]
pub enum CloseError {
    #[error("the account has something left")]
    Left(Box<Obligations>),
    #[error(transparent)]
    Settle(#[from] SettleError),
}

impl From<StoreError> for CloseError {
    fn from(error: StoreError) -> Self {
        SettleError::from(error).into()
    }
}

impl Obligations {
    /// The obligations of an account; `snapshot` has all of its live subscriptions.
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

    /// Whether the account can be closed.
    pub const fn can_close(&self, rest: EndRentals) -> bool {
        let has_money = !self.balance.is_zero() || self.open_reload.is_some();
        let has_rest = !self.rentals.is_empty() || self.order.is_some() || !self.holds.is_empty();
        !has_money && (matches!(rest, EndRentals::Yes) || !has_rest)
    }
}

/// How often the holds are read again if the account changes meanwhile.
const ATTEMPTS: u32 = 3;

/// What the account has now.
///
/// # Errors
/// [`SettleError`].
pub async fn obligations(
    writer: &AccountWriter,
    account: AccountId,
) -> Result<Obligations, SettleError> {
    let snapshot = writer.snapshot_of(account, LAST_DAY).await?;
    let holds = writer.store.held_numbers(account).await?;
    Ok(Obligations::of(&snapshot, holds, writer.moment, &writer.policy)?)
}

/// Closes the account, and ends its rentals, holds and standing order if `rest` says so, in one transaction. Returns
/// what it had.
///
/// # Errors
/// [`CloseError`].
pub async fn close(
    writer: &AccountWriter,
    account: AccountId,
    rest: EndRentals,
) -> Result<Obligations, CloseError> {
    for _ in 1..ATTEMPTS {
        match try_to_close(writer, account, rest).await {
            Err(CloseError::Settle(SettleError::Store(StoreError::Conflict))) => {}
            closed => return closed,
        }
    }
    try_to_close(writer, account, rest).await
}

/// As [`close`], unless the account changes after its holds are read: a rental that ends then is on hold for it.
async fn try_to_close(
    writer: &AccountWriter,
    account: AccountId,
    rest: EndRentals,
) -> Result<Obligations, CloseError> {
    let (moment, policy) = (writer.moment, &writer.policy);
    let version = writer.snapshot_of(account, LAST_DAY).await?.version;
    let holds = writer.store.held_numbers(account).await?;
    writer
        .change(account, LAST_DAY, |before| {
            if before.version != version {
                return Err(StoreError::Conflict.into());
            }
            let left = Obligations::of(before, holds.clone(), moment, policy)
                .map_err(SettleError::from)?;
            if !left.can_close(rest) {
                return Err(CloseError::Left(Box::new(left)));
            }
            let mut after = before.clone();
            for rental in &mut after.subscriptions {
                rental.ended = Some((moment.on, EndReason::Cancelled));
            }
            if let Some(order) = after.reloads.auto_reload.as_mut().filter(|_| left.order.is_some())
            {
                order.status = OrderStatus::Off;
            }
            let mut entries = after.changes_since(before).map_err(SettleError::from)?;
            entries.push(ChangeLogEntry::AccountClosed);
            let change = AccountChange::between(before, after, Vec::new());
            Ok((change.closing().with_change_log(entries, moment), left))
        })
        .await
}
