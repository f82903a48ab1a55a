//! Writing a rental: the account's change, the number's renter and the new subscription together.

use chrono::{DateTime, NaiveDate, Utc};

use super::Store;
use super::changes::{AccountChange, next_renewal_of, post, queue_notices, write_accounts};
use super::engine::Transaction;
use super::error::StoreError;
use crate::ids::AccountId;
use crate::money::Money;
use crate::rental::Subscription;

/// A subscription that begins, with the price that its renter was told.
#[derive(Debug, Clone)]
pub struct Rental {
    /// Who rents.
    pub account: AccountId,
    /// The new subscription.
    pub subscription: Subscription,
    /// What the inventory asked for the setup.
    pub setup_price: Money,
    /// The day of rental.
    pub on: NaiveDate,
}

impl Store {
    /// Writes a rental: the account's `change`, the new subscription, and the number's renter.
    ///
    /// # Errors
    /// [`StoreError::NumberTaken`] where the number is no longer to be had at that price,
    /// [`StoreError::Conflict`] where the account changed since it was read.
    pub async fn write_rental(
        &self,
        change: &AccountChange,
        rental: &Rental,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        let changes = std::slice::from_ref(change);
        write_accounts(&mut transaction, changes).await?;
        take_number(&mut transaction, rental).await?;
        insert_subscription(&mut transaction, rental).await?;
        post(&mut transaction, changes).await?;
        queue_notices(&mut transaction, changes, now).await?;
        transaction.commit().await
    }
}

/// Marks the number as rented, if it is still to be had by this account at this price.
async fn take_number(transaction: &mut Transaction, rental: &Rental) -> Result<(), StoreError> {
    let subscription = &rental.subscription;
    let taken = if subscription.is_shared {
        let on_sale: Option<(String,)> = transaction
            .query(
                "SELECT msisdn
                 FROM numbers
                 WHERE msisdn = $1
                    AND is_shared
                    AND status = 'available'
                    AND monthly_price = $2
                    AND setup_price = $3",
            )
            .bind(subscription.msisdn.as_str())
            .bind(subscription.prices.agreed().micros())
            .bind(rental.setup_price.micros())
            .fetch_optional()
            .await?;
        u64::from(on_sale.is_some())
    } else {
        transaction
            .query(
                "UPDATE numbers
                 SET status = 'rented', account_id = $1, held_until = NULL
                 WHERE msisdn = $2
                    AND NOT is_shared
                    AND monthly_price = $3
                    AND setup_price = $4
                    AND (
                        status = 'available'
                        OR (status = 'held' AND (account_id = $1 OR held_until <= $5))
                    )",
            )
            .bind(rental.account.to_i64())
            .bind(subscription.msisdn.as_str())
            .bind(subscription.prices.agreed().micros())
            .bind(rental.setup_price.micros())
            .bind(rental.on)
            .execute()
            .await?
    };
    if taken == 1 { Ok(()) } else { Err(StoreError::NumberTaken) }
}

async fn insert_subscription(
    transaction: &mut Transaction,
    rental: &Rental,
) -> Result<(), StoreError> {
    let subscription = &rental.subscription;
    transaction
        .query(
            "INSERT INTO subscriptions (account_id, ordinal, msisdn, is_shared, started_on,
                monthly_price, periods_charged, next_renewal_on, past_due_since,
                ends_at_period_end, ended_on, end_reason)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, FALSE, NULL, NULL)",
        )
        .bind(rental.account.to_i64())
        .bind(subscription.ordinal)
        .bind(subscription.msisdn.as_str())
        .bind(subscription.is_shared)
        .bind(subscription.started_on)
        .bind(subscription.prices.agreed().micros())
        .bind(i64::from(subscription.periods_charged))
        .bind(next_renewal_of(subscription)?)
        .execute()
        .await?;
    Ok(())
}
