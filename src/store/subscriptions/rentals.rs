//! Rentals that begin: the numbers' renter and the new subscriptions together.

use crate::rental::Rental;

use crate::store::engine::{Sql, Transaction};
use crate::store::error::StoreError;
use crate::store::subscriptions::rows::next_renewal_of;

/// Only what is still to be had by this account at this price.
const TAKE_NUMBERS: Sql = Sql {
    sqlite: "
        UPDATE numbers
        SET status = 'rented', account_id = new.account_id, held_until = NULL
        FROM (
            SELECT value ->> 0 AS account_id, value ->> 1 AS msisdn, value ->> 2 AS monthly_price,
                value ->> 3 AS setup_price, value ->> 4 AS rented_on
            FROM jsonb_each($1)
        ) AS new
        WHERE numbers.msisdn = new.msisdn
            AND NOT is_shared
            AND numbers.monthly_price = new.monthly_price
            AND numbers.setup_price = new.setup_price
            AND (
                status = 'available'
                OR (
                    status = 'held'
                    AND (numbers.account_id = new.account_id OR held_until <= rented_on)
                )
            )",
    postgres: "
        UPDATE numbers
        SET status = 'rented', account_id = new.account_id, held_until = NULL
        FROM UNNEST($1::BIGINT[], $2::TEXT[], $3::BIGINT[], $4::BIGINT[], $5::DATE[])
            AS new (account_id, msisdn, monthly_price, setup_price, rented_on)
        WHERE numbers.msisdn = new.msisdn
            AND NOT is_shared
            AND numbers.monthly_price = new.monthly_price
            AND numbers.setup_price = new.setup_price
            AND (
                status = 'available'
                OR (
                    status = 'held'
                    AND (numbers.account_id = new.account_id OR held_until <= rented_on)
                )
            )",
};

/// A shared number stays on sale.
const SHARED_ON_SALE: Sql = Sql {
    sqlite: "
        SELECT COUNT(*)
        FROM (
            SELECT value ->> 0 AS msisdn, value ->> 1 AS monthly_price, value ->> 2 AS setup_price
            FROM jsonb_each($1)
        ) AS wanted
        JOIN numbers ON numbers.msisdn = wanted.msisdn
        WHERE is_shared
            AND status = 'available'
            AND numbers.monthly_price = wanted.monthly_price
            AND numbers.setup_price = wanted.setup_price",
    postgres: "
        SELECT COUNT(*)
        FROM UNNEST($1::TEXT[], $2::BIGINT[], $3::BIGINT[])
            AS wanted (msisdn, monthly_price, setup_price)
        JOIN numbers ON numbers.msisdn = wanted.msisdn
        WHERE is_shared
            AND status = 'available'
            AND numbers.monthly_price = wanted.monthly_price
            AND numbers.setup_price = wanted.setup_price",
};

const INSERT_SUBSCRIPTIONS: Sql = Sql {
    sqlite: "
        INSERT INTO subscriptions (account_id, ordinal, msisdn, is_shared, started_on,
            monthly_price, periods_charged, next_renewal_on, past_due_since, ends_at_period_end,
            ended_on, end_reason)
        SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
            value ->> 6, value ->> 7, NULL, FALSE, NULL, NULL
        FROM jsonb_each($1)",
    postgres: "
        INSERT INTO subscriptions (account_id, ordinal, msisdn, is_shared, started_on,
            monthly_price, periods_charged, next_renewal_on, past_due_since, ends_at_period_end,
            ended_on, end_reason)
        SELECT new.*, NULL, FALSE, NULL, NULL
        FROM UNNEST($1::BIGINT[], $2::BIGINT[], $3::TEXT[], $4::BOOLEAN[], $5::DATE[], $6::BIGINT[],
            $7::BIGINT[], $8::DATE[]) AS new",
};

/// Begins `rentals`, all of them or none: marks the numbers as rented and inserts the subscriptions.
///
/// # Errors
/// [`StoreError::NumberTaken`] where a number is no longer to be had at that price.
pub(in crate::store) async fn begin(
    transaction: &mut Transaction,
    rentals: &[&Rental],
) -> Result<(), StoreError> {
    if rentals.is_empty() {
        return Ok(());
    }
    take_numbers(transaction, rentals).await?;
    insert_subscriptions(transaction, rentals).await
}

/// Marks the numbers as rented, if all of them are still to be had.
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
        let (on_sale,): (i64,) =
            transaction.query(SHARED_ON_SALE).bind_rows(rows).fetch_one().await?;
        taken += on_sale.unsigned_abs();
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
