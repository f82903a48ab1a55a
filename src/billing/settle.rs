//! One account, at once: booking an entry and paying what is due; renting numbers.

use chrono::NaiveDate;
use thiserror::Error;

use super::AccountWriter;
use super::batch::pay;
use super::reload_processor::NotFunded;
use crate::calendar::{LAST_DAY, Period};
use crate::clock::Moment;
use crate::decision::{AccountSnapshot, BrokenSnapshot, Facts};
use crate::ids::AccountId;
use crate::ledger::{Entry, Paid, PostError, Transfer};
use crate::money::{Currency, Money, MoneyError};
use crate::reload::AutoReload;
use crate::rental::{Msisdn, Number, Prices, Rental, Subscription};
use crate::store::{AccountChange, StoreError};

/// Why nothing was settled. Nothing has changed then.
#[derive(Debug, Error)]
pub enum SettleError {
    /// There is no such account.
    #[error("there is no account {0}")]
    UnknownAccount(AccountId),
    /// No further subscription can be counted.
    #[error("the account's count of subscriptions is broken")]
    TooMany,
    /// The subscription ended meanwhile.
    #[error("the rental of {0} has ended already")]
    RentalEnded(Msisdn),
    /// The balance does not cover it, or it is of another currency.
    #[error(transparent)]
    Refused(#[from] PostError),
    /// The balance does not cover it, and no money came by card.
    #[error("{short}; {not_funded}")]
    NotFunded {
        /// What is missing.
        short: PostError,
        /// Why the card did not pay.
        not_funded: NotFunded,
    },
    /// The account's own data do not add up.
    #[error(transparent)]
    Broken(#[from] BrokenSnapshot),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How often a change is computed again when another came first.
pub(super) const ATTEMPTS_MAX: u32 = 20;

/// Posts `entry` and then pays what is due and affordable, in one transaction. Returns the
/// balance afterwards.
///
/// # Errors
/// [`SettleError`].
pub async fn book(
    writer: &AccountWriter,
    account: AccountId,
    entry: &Entry,
) -> Result<Money, SettleError> {
    let (moment, policy) = (writer.moment, &writer.policy);
    change(writer, account, moment.on, |before| {
        let mut after = before.clone();
        let booked = after.book.post(entry.clone(), moment)?;
        let mut settled = pay(after, moment, policy)?;
        settled.transfers.insert(0, booked);
        let balance = settled.snapshot.book.balance;
        let (change, _) = settled.conclude(before, moment, policy)?;
        Ok((change, balance))
    })
    .await
}

/// Rents `numbers`, all of them or none: charges the setup prices and the first periods, from today
/// on.
///
/// # Errors
/// [`SettleError`]; [`StoreError::NumberTaken`] where another rented one of them first.
pub async fn rent(
    writer: &AccountWriter,
    account: AccountId,
    numbers: &[&Number],
) -> Result<Vec<Subscription>, SettleError> {
    let (moment, policy) = (writer.moment, &writer.policy);
    change(writer, account, moment.on, |before| {
        let mut after = before.clone();
        refuse_unless_covered(&after, numbers)?;
        let mut transfers = Vec::with_capacity(2 * numbers.len());
        let mut rentals = Vec::with_capacity(numbers.len());
        for number in numbers {
            let subscription = begin(&mut after, number, moment, &mut transfers)?;
            let (setup_price, on) = (number.setup_price, moment.on);
            rentals.push(Rental { account, subscription, setup_price, on });
        }
        let begun = rentals.iter().map(|rental| rental.subscription.clone()).collect();
        // Who rents sees what it costs; the balance may be low by it.
        let notices = after.tell(&Facts::default(), moment, policy, policy.release.hold.days)?;
        let change = AccountChange::between(before, after, transfers);
        Ok((change.renting(rentals).telling(notices), begun))
    })
    .await
}

/// What renting `numbers` costs at once: their setup prices and first periods.
///
/// # Errors
/// [`MoneyError`] where they are sold in several currencies, or the sum is beyond all money.
pub fn cost_of(numbers: &[&Number], currency: Currency) -> Result<Money, MoneyError> {
    numbers.iter().try_fold(Money::zero(currency), |sum, number| {
        sum.plus(number.setup_price)?.plus(number.monthly_price)
    })
}

/// All prices together are paid or none.
fn refuse_unless_covered(snapshot: &AccountSnapshot, numbers: &[&Number]) -> Result<(), PostError> {
    let available = snapshot.book.available()?;
    let needed = cost_of(numbers, available.currency())?;
    if !needed.is_zero() && available.minus(needed)?.is_negative() {
        return Err(PostError::Overdraft { needed, available });
    }
    Ok(())
}

/// Begins a subscription: posts the number's prices, where it has any, to `transfers`.
fn begin(
    snapshot: &mut AccountSnapshot,
    number: &Number,
    moment: Moment,
    transfers: &mut Vec<Transfer>,
) -> Result<Subscription, SettleError> {
    let ordinal = snapshot.subscription_count.checked_add(1).ok_or(SettleError::TooMany)?;
    snapshot.subscription_count = ordinal;
    let period = Period::of(moment.on, 0).map_err(BrokenSnapshot::from)?;
    let paid = Paid { subscription: ordinal, period };
    if !number.setup_price.is_zero() {
        let entry = Entry::setup(paid, number.setup_price).map_err(PostError::from)?;
        transfers.push(snapshot.book.post(entry, moment)?);
    }
    if !number.monthly_price.is_zero() {
        let entry = Entry::rental(paid, number.monthly_price).map_err(PostError::from)?;
        transfers.push(snapshot.book.post(entry, moment)?);
    }
    Ok(Subscription {
        ordinal,
        msisdn: number.msisdn.clone(),
        is_shared: number.is_shared,
        started_on: moment.on,
        prices: Prices::fixed(number.monthly_price),
        periods_charged: 1,
        past_due_since: None,
        ends_at_period_end: false,
        announced_for: None,
        ended: None,
    })
}

/// Sets the account's standing order; an order that was set anew begins without declines.
///
/// # Errors
/// [`SettleError`].
pub async fn set_auto_reload(
    writer: &AccountWriter,
    account: AccountId,
    order: impl Fn(Option<&AutoReload>) -> Option<AutoReload>,
) -> Result<(), SettleError> {
    let moment = writer.moment;
    change(writer, account, moment.on, |before| {
        let mut after = before.clone();
        after.reloads.auto_reload = order(before.reloads.auto_reload.as_ref());
        Ok((by_hand(before, after, moment)?, ()))
    })
    .await
}

/// Writes what `wish` makes of the account's `subscription`, which must be live.
///
/// # Errors
/// [`SettleError`].
pub async fn change_subscription(
    writer: &AccountWriter,
    account: AccountId,
    subscription: &Subscription,
    wish: impl Fn(&mut Subscription),
) -> Result<(), SettleError> {
    // Up to the last day: every live subscription, also those with nothing due.
    change(writer, account, LAST_DAY, |before| {
        let mut after = before.clone();
        let live = after.subscriptions.iter_mut().find(|it| it.ordinal == subscription.ordinal);
        wish(live.ok_or_else(|| SettleError::RentalEnded(subscription.msisdn.clone()))?);
        Ok((by_hand(before, after, writer.moment)?, ()))
    })
    .await
}

/// A change that moves no money, with what the change log records of it.
fn by_hand(
    before: &AccountSnapshot,
    after: AccountSnapshot,
    moment: Moment,
) -> Result<AccountChange, BrokenSnapshot> {
    let entries = after.changes_since(before)?;
    Ok(AccountChange::between(before, after, Vec::new()).with_change_log(entries, moment))
}

/// Reads the account's snapshot, with the subscriptions that renew on `renewing_by` or before, and
/// writes what `compute` makes of it, with whatever else that found; again where another change came
/// first.
///
/// # Errors
/// Those of `compute`; [`StoreError::Conflict`] where others keep coming first.
pub(super) async fn change<T, E: From<SettleError>>(
    writer: &AccountWriter,
    account: AccountId,
    renewing_by: NaiveDate,
    compute: impl Fn(&AccountSnapshot) -> Result<(AccountChange, T), E>,
) -> Result<T, E> {
    for _ in 0..ATTEMPTS_MAX {
        let before = snapshot_of(writer, account, renewing_by).await?;
        let (change, found) = compute(&before)?;
        match writer.write(change).await {
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(SettleError::from(error).into()),
            Ok(()) => return Ok(found),
        }
    }
    Err(SettleError::from(StoreError::Conflict).into())
}

/// The account's snapshot, with the subscriptions that renew on `renewing_by` or before.
pub(super) async fn snapshot_of(
    writer: &AccountWriter,
    account: AccountId,
    renewing_by: NaiveDate,
) -> Result<AccountSnapshot, SettleError> {
    writer
        .store
        .find_snapshot(account, renewing_by, writer.moment.on)
        .await?
        .ok_or(SettleError::UnknownAccount(account))
}
