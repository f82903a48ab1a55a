//! Changes one account at once: books an entry and pays what is due, rents numbers, changes orders and subscriptions.

pub use super::settle_error::SettleError;

use super::account_writer::AccountWriter;
use super::batch::{SettledAccount, pay_part};
use crate::calendar::{LAST_DAY, Period};
use crate::clock::Moment;
use crate::decision::{AccountSnapshot, BrokenSnapshot, Facts};
use crate::ids::AccountId;
use crate::ledger::{Entry, Paid, PostError, Transfer};
use crate::money::{Currency, Money, MoneyError};
use crate::policy::BillingPolicy;
use crate::reload::AutoReload;
use crate::rental::{Number, Prices, Rental, Subscription};
use crate::store::AccountChange;

/// Posts `entry` and then pays what is due and covered, in one transaction, or in several if that is more than one
/// transaction charges. Returns the balance afterwards.
///
/// # Errors
/// [`SettleError`]. The entry may have been posted if it is an error of the database.
pub async fn book(
    writer: &AccountWriter,
    account: AccountId,
    entry: &Entry,
) -> Result<Money, SettleError> {
    let (moment, policy) = (writer.moment, &writer.policy);
    let (mut balance, mut is_whole) = writer
        .change(account, moment.on, |before| {
            let mut after = before.clone();
            let booked = after.book.post(entry.clone(), moment)?;
            let mut settled = pay_part(after, moment, policy, policy.run.batch_periods())?;
            settled.transfers.insert(0, booked);
            written_part(settled, before, moment, policy)
        })
        .await?;
    while !is_whole {
        (balance, is_whole) = writer
            .change(account, moment.on, |before| {
                let max = policy.run.batch_periods();
                let settled = pay_part(before.clone(), moment, policy, max)?;
                written_part(settled, before, moment, policy)
            })
            .await?;
    }
    Ok(balance)
}

/// The change of a part that is paid, the balance after it, and whether it is the last part.
fn written_part(
    settled: SettledAccount,
    before: &AccountSnapshot,
    moment: Moment,
    policy: &BillingPolicy,
) -> Result<(AccountChange, (Money, bool)), SettleError> {
    let (balance, is_whole) = (settled.snapshot.book.balance, settled.is_whole);
    let (change, _) = settled.conclude(before, moment, policy)?;
    Ok((change, (balance, is_whole)))
}

/// Rents `numbers`, all or none: charges the setup prices and the first periods, which start today.
///
/// # Errors
/// [`SettleError`]; [`StoreError::NumberTaken`](crate::store::StoreError::NumberTaken) if another account rented one of
/// them first.
pub async fn rent(
    writer: &AccountWriter,
    account: AccountId,
    numbers: &[&Number],
) -> Result<Vec<Subscription>, SettleError> {
    let (moment, policy) = (writer.moment, &writer.policy);
    writer
        .change(account, moment.on, |before| {
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
            // A rental has no receipt, but it may bring the balance below the account's threshold.
            let notices = after.notify(&Facts::default(), moment, policy)?;
            let change = AccountChange::between(before, after, transfers);
            Ok((change.renting(rentals).telling(notices), begun))
        })
        .await
}

/// What renting `numbers` costs at once: their setup prices and first periods.
///
/// # Errors
/// [`MoneyError`] if they are sold in several currencies, or the sum overflows.
pub fn cost_of(numbers: &[&Number], currency: Currency) -> Result<Money, MoneyError> {
    numbers.iter().try_fold(Money::zero(currency), |sum, number| {
        sum.plus(number.setup_price)?.plus(number.monthly_price)
    })
}

/// Checks the sum of all prices, so that either all are paid or none.
fn refuse_unless_covered(snapshot: &AccountSnapshot, numbers: &[&Number]) -> Result<(), PostError> {
    let available = snapshot.book.available()?;
    let needed = cost_of(numbers, available.currency())?;
    if !needed.is_zero() && available.minus(needed)?.is_negative() {
        return Err(PostError::Overdraft { needed, available });
    }
    Ok(())
}

/// Starts a subscription, and adds the transfers of the number's prices that are not zero to `transfers`.
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
        let entry = Entry::rental(paid, number.monthly_price, 0).map_err(PostError::from)?;
        transfers.push(snapshot.book.post(entry, moment)?);
    }
    Ok(Subscription {
        ordinal,
        msisdn: number.msisdn.clone(),
        is_shared: number.is_shared,
        started_on: moment.on,
        prices: Prices::fixed(number.monthly_price),
        periods_charged: 1,
        undone: 0,
        past_due_since: None,
        ends_at_period_end: false,
        announced_for: None,
        ended: None,
    })
}

/// Sets the account's standing order to what `order` makes of the present one.
///
/// # Errors
/// [`SettleError`].
pub async fn set_auto_reload(
    writer: &AccountWriter,
    account: AccountId,
    order: impl Fn(Option<&AutoReload>) -> Option<AutoReload>,
) -> Result<(), SettleError> {
    let moment = writer.moment;
    writer
        .change(account, moment.on, |before| {
            let mut after = before.clone();
            after.reloads.auto_reload = order(before.reloads.auto_reload.as_ref());
            Ok((manual_change(before, after, moment)?, ()))
        })
        .await
}

/// Changes the account's `subscription`, which must be live, by `change`.
///
/// # Errors
/// [`SettleError`].
pub async fn change_subscription(
    writer: &AccountWriter,
    account: AccountId,
    subscription: &Subscription,
    change: impl Fn(&mut Subscription),
) -> Result<(), SettleError> {
    // Up to the last day, to read every live subscription, also those with nothing due.
    writer
        .change(account, LAST_DAY, |before| {
            let mut after = before.clone();
            let ordinal = subscription.ordinal;
            let live = after.subscriptions.iter_mut().find(|it| it.ordinal == ordinal);
            change(live.ok_or_else(|| SettleError::RentalEnded(subscription.msisdn.clone()))?);
            Ok((manual_change(before, after, writer.moment)?, ()))
        })
        .await
}

/// A manual change without transfers, with its entries in the change log.
fn manual_change(
    before: &AccountSnapshot,
    after: AccountSnapshot,
    moment: Moment,
) -> Result<AccountChange, BrokenSnapshot> {
    let entries = after.changes_since(before)?;
    Ok(AccountChange::between(before, after, Vec::new()).with_change_log(entries, moment))
}
