//! New rentals: the numbers become rented, and the subscriptions are inserted.

use crate::rental::Rental;

use crate::store::changes::AccountChange;
use crate::store::engine::{Sql, Transaction, bulk_sql};
use crate::store::error::StoreError;
use crate::store::subscriptions::rows::next_renewal_of;

/// Only numbers that this account can still rent at this price.
const TAKE_NUMBERS: Sql = bulk_sql!(
    "UPDATE numbers
     SET status = 'rented', account_id = new.account_id, held_until = NULL
     FROM",
    new (
        account_id BIGINT, msisdn TEXT, monthly_price BIGINT, setup_price BIGINT, rented_on DATE
    ),
    "WHERE numbers.msisdn = new.msisdn
        AND NOT is_shared
        AND numbers.monthly_price = new.monthly_price
        AND numbers.setup_price = new.setup_price
        AND (
            status = 'available'
            OR (
                status = 'held'
                AND (numbers.account_id = new.account_id OR held_until <= rented_on)
            )
        )"
);

/// Shared numbers stay on sale. This changes nothing, but as a write it waits for a repricing or retirement that is
/// under way, and these wait for it: so a repricing finds the subscription, and a retired number is not rented.
const CONFIRM_SHARED: Sql = bulk_sql!(
    "UPDATE numbers
     SET is_shared = TRUE
     FROM",
    new (msisdn TEXT, monthly_price BIGINT, setup_price BIGINT),
    "WHERE numbers.msisdn = new.msisdn
        AND is_shared
        AND status = 'available'
        AND numbers.monthly_price = new.monthly_price
        AND numbers.setup_price = new.setup_price"
);

const INSERT_SUBSCRIPTIONS: Sql = bulk_sql!(
    "INSERT INTO subscriptions (account_id, ordinal, msisdn, is_shared, started_on, monthly_price,
        periods_charged, next_renewal_on, past_due_since, ends_at_period_end, ended_on, end_reason)
     SELECT new.*, NULL, FALSE, NULL, NULL
     FROM",
    new (
        account_id BIGINT, ordinal BIGINT, msisdn TEXT, is_shared BOOLEAN, started_on DATE,
        monthly_price BIGINT, periods_charged BIGINT, next_renewal_on DATE
    ),
    ""
);

const REOPEN_SUBSCRIPTIONS: Sql = bulk_sql!(
    "UPDATE subscriptions
     SET ended_on = NULL, end_reason = NULL
     FROM",
    new (account_id BIGINT, ordinal BIGINT),
    "WHERE subscriptions.account_id = new.account_id AND subscriptions.ordinal = new.ordinal"
);

/// Only numbers that no other account has rented since.
const TAKE_NUMBERS_BACK: Sql = bulk_sql!(
    "UPDATE numbers
     SET status = 'rented', account_id = new.account_id, held_until = NULL
     FROM",
    new (account_id BIGINT, msisdn TEXT),
    "WHERE numbers.msisdn = new.msisdn
        AND NOT is_shared
        AND (status = 'available' OR (status = 'held' AND numbers.account_id = new.account_id))"
);

/// Lets the reopened subscriptions of `changes` go on, with their numbers.
///
/// # Errors
/// [`StoreError::NumberTaken`] if a number is no longer free for its account.
pub(in crate::store) async fn reopen_subscriptions(
    transaction: &mut Transaction,
    changes: &[AccountChange],
) -> Result<(), StoreError> {
    let (mut rows, mut numbers) = (Vec::new(), Vec::new());
    for change in changes {
        let account = change.account().to_i64();
        for subscription in change.reopened() {
            rows.push((account, subscription.ordinal));
            if !subscription.is_shared {
                numbers.push((account, subscription.msisdn.as_str()));
            }
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    let wanted = numbers.len();
    if wanted > 0 {
        let taken = transaction.query(TAKE_NUMBERS_BACK).bind_rows(numbers).execute().await?;
        if !usize::try_from(taken).is_ok_and(|taken| taken == wanted) {
            return Err(StoreError::NumberTaken);
        }
    }
    transaction.query(REOPEN_SUBSCRIPTIONS).bind_rows(rows).execute().await?;
    Ok(())
}

/// Rents all numbers of `rentals` and inserts the subscriptions.
///
/// # Errors
/// [`StoreError::NumberTaken`] if a number is no longer available at that price.
pub(in crate::store) async fn begin_rentals(
    transaction: &mut Transaction,
    rentals: &[&Rental],
) -> Result<(), StoreError> {
    if rentals.is_empty() {
        return Ok(());
    }
    take_numbers(transaction, rentals).await?;
    insert_subscriptions(transaction, rentals).await
}

/// Marks the numbers as rented if all are available.
async fn take_numbers(
    transaction: &mut Transaction,
    rentals: &[&Rental],
) -> Result<(), StoreError> {
    let (shared, own): (Vec<_>, Vec<_>) =
        rentals.iter().partition(|rental| rental.subscription.is_shared);
    let mut taken = 0;
    if !own.is_empty() {
        let row = |rental: &&Rental| {
            (
                rental.account.to_i64(),
                rental.subscription.msisdn.as_str().to_owned(),
                rental.subscription.prices.agreed().micros(),
                rental.setup_price.micros(),
                rental.on,
            )
        };
        let rows = own.iter().map(row).collect();
        taken += transaction.query(TAKE_NUMBERS).bind_rows(rows).execute().await?;
    }
    if !shared.is_empty() {
        let row = |rental: &&Rental| {
            let subscription = &rental.subscription;
            let price = subscription.prices.agreed();
            let msisdn = subscription.msisdn.as_str().to_owned();
            (msisdn, price.micros(), rental.setup_price.micros())
        };
        let rows = shared.iter().map(row).collect();
        taken += transaction.query(CONFIRM_SHARED).bind_rows(rows).execute().await?;
    }
    let all_taken = usize::try_from(taken).is_ok_and(|taken| taken == rentals.len());
    if all_taken { Ok(()) } else { Err(StoreError::NumberTaken) }
}

async fn insert_subscriptions(
    transaction: &mut Transaction,
    rentals: &[&Rental],
) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(rentals.len());
    for Rental { account, subscription, .. } in rentals {
        rows.push((
            account.to_i64(),
            subscription.ordinal,
            subscription.msisdn.as_str(),
            subscription.is_shared,
            subscription.started_on,
            subscription.prices.agreed().micros(),
            i64::from(subscription.periods_charged),
            next_renewal_of(subscription)?,
        ));
    }
    transaction.query(INSERT_SUBSCRIPTIONS).bind_rows(rows).execute().await?;
    Ok(())
}
