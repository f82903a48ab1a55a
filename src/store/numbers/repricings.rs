//! The `repricings` table: the prices that the operator ordered, and the accounts concerned.

use crate::repricing::{Repricing, Tariff};
use chrono::{DateTime, NaiveDate, Utc};

use crate::ids::AccountId;
use crate::money::{Currency, Money};
use crate::rental::{NewPrice, NumberType};
use crate::store::accounts::due::{DueAccount, read_due};
use crate::store::columns::{account_of, read_currency};
use crate::store::engine::row_struct;
use crate::store::error::StoreError;
use crate::store::open::Store;

row_struct! {
    #[derive(Debug)]
    struct RepricingRow {
        effective_on: NaiveDate,
        monthly_price: i64,
        ordered_on: NaiveDate,
        ordered_at: DateTime<Utc>,
    }
}

impl Store {
    /// The currencies of the numbers of this country and type that are not retired.
    pub async fn currencies_of(
        &self,
        country: &str,
        kind: NumberType,
    ) -> Result<Vec<Currency>, StoreError> {
        let rows: Vec<(String,)> = self
            .database
            .query(
                "SELECT DISTINCT currency
                 FROM numbers
                 WHERE country = $1 AND type = $2 AND status <> 'retired'
                 ORDER BY currency",
            )
            .bind(country)
            .bind(kind.as_str())
            .fetch_all()
            .await?;
        rows.into_iter().map(|(code,)| read_currency(&code, "the currency of a number")).collect()
    }

    /// How many numbers of the tariff have another price than `price`.
    pub async fn count_numbers_to_reprice(
        &self,
        tariff: &Tariff,
        price: Money,
    ) -> Result<u64, StoreError> {
        let (count,): (i64,) = self
            .database
            .query(
                "SELECT COUNT(*)
                 FROM numbers
                 WHERE country = $1
                    AND type = $2
                    AND currency = $3
                    AND status <> 'retired'
                    AND monthly_price <> $4",
            )
            .bind(&tariff.country)
            .bind(tariff.kind.as_str())
            .bind(tariff.currency.code())
            .bind(price.micros())
            .fetch_one()
            .await?;
        Ok(count.unsigned_abs())
    }

    /// Stores the order and sets the price for new rentals. It replaces an order for the same date.
    /// Returns how many numbers got a new price.
    pub async fn order_repricing(
        &self,
        tariff: &Tariff,
        price: NewPrice,
        now: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        let mut transaction = self.database.begin().await?;
        transaction
            .query(
                "INSERT INTO repricings (country, type, currency, effective_on, monthly_price,
                    ordered_on, ordered_at, is_done)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, FALSE)
                 ON CONFLICT (country, type, currency, effective_on) DO UPDATE
                 SET monthly_price = excluded.monthly_price, ordered_on = excluded.ordered_on,
                    ordered_at = excluded.ordered_at, is_done = FALSE",
            )
            .bind(&tariff.country)
            .bind(tariff.kind.as_str())
            .bind(tariff.currency.code())
            .bind(price.from)
            .bind(price.monthly_price.micros())
            .bind(price.agreed_on)
            .bind(now)
            .execute()
            .await?;
        let repriced = transaction
            .query(
                "UPDATE numbers
                 SET monthly_price = $4
                 WHERE country = $1
                    AND type = $2
                    AND currency = $3
                    AND status <> 'retired'
                    AND monthly_price <> $4",
            )
            .bind(&tariff.country)
            .bind(tariff.kind.as_str())
            .bind(tariff.currency.code())
            .bind(price.monthly_price.micros())
            .execute()
            .await?;
        transaction.commit().await?;
        Ok(repriced)
    }

    /// The tariffs with unfinished orders.
    pub async fn tariffs_to_reprice(&self) -> Result<Vec<Tariff>, StoreError> {
        let rows: Vec<(String, String, String)> = self
            .database
            .query(
                "SELECT DISTINCT country, type, currency
                 FROM repricings
                 WHERE NOT is_done
                 ORDER BY country, type, currency",
            )
            .fetch_all()
            .await?;
        let read = |(country, kind, currency): (String, String, String)| {
            let unreadable =
                |error| StoreError::unreadable(format!("a repricing of {country}"), error);
            let kind = kind.parse().map_err(unreadable)?;
            Ok(Tariff {
                kind,
                currency: read_currency(&currency, "the currency of a repricing")?,
                country,
            })
        };
        rows.into_iter().map(read).collect()
    }

    /// The tariff's orders from the first unfinished one on, in the order in which they were given: a
    /// later order overrides an earlier one for the same dates.
    pub async fn repricings_of(&self, tariff: &Tariff) -> Result<Vec<Repricing>, StoreError> {
        let rows: Vec<RepricingRow> = self
            .database
            .query(
                "SELECT effective_on, monthly_price, ordered_on, ordered_at
                 FROM repricings
                 WHERE country = $1
                    AND type = $2
                    AND currency = $3
                    AND ordered_at >= (
                        SELECT MIN(ordered_at)
                        FROM repricings
                        WHERE country = $1 AND type = $2 AND currency = $3 AND NOT is_done
                    )
                 ORDER BY ordered_at, effective_on",
            )
            .bind(&tariff.country)
            .bind(tariff.kind.as_str())
            .bind(tariff.currency.code())
            .fetch_all()
            .await?;
        let read = |row: RepricingRow| Repricing {
            price: NewPrice {
                monthly_price: Money::from_micros(row.monthly_price, tariff.currency),
                from: row.effective_on,
                agreed_on: row.ordered_on,
            },
            ordered_at: row.ordered_at,
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// Marks the order as done, unless another order for its date has replaced it.
    pub async fn finish_repricing(
        &self,
        tariff: &Tariff,
        order: &Repricing,
    ) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        transaction
            .query(
                "UPDATE repricings
                 SET is_done = TRUE
                 WHERE country = $1
                    AND type = $2
                    AND currency = $3
                    AND effective_on = $4
                    AND ordered_at = $5",
            )
            .bind(&tariff.country)
            .bind(tariff.kind.as_str())
            .bind(tariff.currency.code())
            .bind(order.price.from)
            .bind(order.ordered_at)
            .execute()
            .await?;
        transaction.commit().await
    }

    /// At most `limit` accounts from `first` on, by id, that rent numbers of the tariff, and how many.
    pub async fn accounts_with_tariff(
        &self,
        tariff: &Tariff,
        first: AccountId,
        limit: u32,
    ) -> Result<Vec<DueAccount>, StoreError> {
        let query = self
            .database
            .query(
                "SELECT subscriptions.account_id, COUNT(*)
                 FROM subscriptions
                 JOIN numbers ON numbers.msisdn = subscriptions.msisdn
                 WHERE ended_on IS NULL
                    AND subscriptions.account_id >= $1
                    AND country = $2
                    AND type = $3
                    AND currency = $4
                 GROUP BY subscriptions.account_id
                 ORDER BY subscriptions.account_id
                 LIMIT $5",
            )
            .bind(first.to_i64())
            .bind(&tariff.country)
            .bind(tariff.kind.as_str())
            .bind(tariff.currency.code())
            .bind(i64::from(limit));
        read_due(query).await
    }

    /// The live subscriptions to numbers of the tariff of the accounts from `first` to `last`, as
    /// account and ordinal.
    pub async fn subscriptions_with_tariff(
        &self,
        tariff: &Tariff,
        first: AccountId,
        last: AccountId,
    ) -> Result<Vec<(AccountId, i64)>, StoreError> {
        let rows: Vec<(i64, i64)> = self
            .database
            .query(
                "SELECT subscriptions.account_id, ordinal
                 FROM subscriptions
                 JOIN numbers ON numbers.msisdn = subscriptions.msisdn
                 WHERE ended_on IS NULL
                    AND subscriptions.account_id BETWEEN $1 AND $2
                    AND country = $3
                    AND type = $4
                    AND currency = $5",
            )
            .bind(first.to_i64())
            .bind(last.to_i64())
            .bind(&tariff.country)
            .bind(tariff.kind.as_str())
            .bind(tariff.currency.code())
            .fetch_all()
            .await?;
        rows.into_iter().map(|(id, ordinal)| Ok((account_of(id)?, ordinal))).collect()
    }
}
