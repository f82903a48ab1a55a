//! The prices of a subscription, as columns of its row.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sqlx::types::Json;

use crate::ids::AccountId;
use crate::money::{Currency, Money};
use crate::rental::{Prices, Subscription};
use crate::store::engine::{Sql, Transaction};
use crate::store::error::StoreError;

/// Prices agreed after the rental, in 10⁻⁶ units, by the first date of the periods that they are for.
pub(in crate::store) type Changes = BTreeMap<NaiveDate, i64>;

pub(in crate::store) fn read_prices(
    agreed: i64,
    changes: Option<Json<Changes>>,
    currency: Currency,
) -> Prices {
    let changes = changes.map(|Json(changes)| changes).unwrap_or_default();
    let changes = changes.into_iter();
    let changes = changes.map(|(from, micros)| (from, Money::from_micros(micros, currency)));
    Prices::new(Money::from_micros(agreed, currency), changes.collect())
}

/// Separate from the other columns, because prices rarely change.
const WRITE_PRICES: Sql = Sql {
    sqlite: "
        UPDATE subscriptions
        SET price_changes = new.price_changes
        FROM (
            SELECT value ->> 0 AS account_id, value ->> 1 AS ordinal, value ->> 2 AS price_changes
            FROM jsonb_each($1)
        ) AS new
        WHERE subscriptions.account_id = new.account_id AND subscriptions.ordinal = new.ordinal",
    postgres: "
        UPDATE subscriptions
        SET price_changes = CAST(new.price_changes AS JSONB)
        FROM UNNEST($1::BIGINT[], $2::BIGINT[], $3::TEXT[])
            AS new (account_id, ordinal, price_changes)
        WHERE subscriptions.account_id = new.account_id AND subscriptions.ordinal = new.ordinal",
};

/// Writes the prices that were agreed later.
pub(in crate::store) async fn write_prices(
    transaction: &mut Transaction,
    repriced: &[(AccountId, &Subscription)],
) -> Result<(), StoreError> {
    if repriced.is_empty() {
        return Ok(());
    }
    let row = |(account, it): &(AccountId, &Subscription)| {
        (account.to_i64(), it.ordinal, stored_changes(&it.prices))
    };
    let rows = repriced.iter().map(row).collect();
    transaction.query(WRITE_PRICES).bind_rows(rows).execute().await?;
    Ok(())
}

/// The stored form: an object of amounts by date, or NULL.
fn stored_changes(prices: &Prices) -> Option<String> {
    let changes: serde_json::Map<_, _> =
        prices.changes().map(|(from, price)| (from.to_string(), price.micros().into())).collect();
    (!changes.is_empty()).then(|| serde_json::Value::from(changes).to_string())
}
