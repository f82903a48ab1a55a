//! Standing orders for reloads. [`Store::write`] writes them with the change of their account.

use chrono::{DateTime, NaiveDate, Utc};

use crate::ids::AccountId;
use crate::money::{Currency, Money};
use crate::reload::{AutoReload, OrderStatus, PaymentMethod};
use crate::store::columns::account_of;
use crate::store::engine::{Sql, Transaction, bulk_sql, row_struct};
use crate::store::error::StoreError;
use crate::store::open::Store;

row_struct! {
    /// The columns of a standing order beside its account; all are NULL if the account has never had
    /// one.
    #[derive(Debug)]
    pub(in crate::store) struct OrderRow {
        threshold: Option<i64>,
        reload_amount: Option<i64>,
        payment_method: Option<String>,
        customer: Option<String>,
        order_status: Option<String>,
        declines: Option<i64>,
        declined_at: Option<DateTime<Utc>>,
    }
}

impl OrderRow {
    pub(in crate::store) fn to_auto_reload(
        &self,
        account: AccountId,
        currency: Currency,
    ) -> Result<Option<AutoReload>, StoreError> {
        let Some(threshold) = self.threshold else { return Ok(None) };
        let read = || {
            Some(AutoReload {
                threshold: Money::from_micros(threshold, currency),
                amount: Money::from_micros(self.reload_amount?, currency),
                payment_method: PaymentMethod {
                    id: self.payment_method.clone()?,
                    customer: self.customer.clone(),
                },
                status: OrderStatus::find(self.order_status.as_deref()?)?,
                declines: u32::try_from(self.declines?).ok()?,
                declined_at: self.declined_at,
            })
        };
        let order = read().ok_or_else(|| {
            let what = format!("the auto-reload of account {account}");
            StoreError::unreadable(what, format!("{self:?}"))
        })?;
        Ok(Some(order))
    }
}

const WRITE_ORDERS: Sql = bulk_sql!(
    "INSERT INTO auto_reloads (account_id, threshold, amount, payment_method, customer, status,
        declines, declined_at)
     SELECT new.*
     FROM",
    new (
        account_id BIGINT, threshold BIGINT, amount BIGINT, payment_method TEXT, customer TEXT,
        status TEXT, declines BIGINT, declined_at TIMESTAMPTZ
    ),
    // SQLite reads ON after a table as the ON of a join.
    "WHERE TRUE
     ON CONFLICT (account_id) DO UPDATE
     SET threshold = EXCLUDED.threshold, amount = EXCLUDED.amount,
        payment_method = EXCLUDED.payment_method, customer = EXCLUDED.customer,
        status = EXCLUDED.status, declines = EXCLUDED.declines, declined_at = EXCLUDED.declined_at"
);

/// Writes the new standing orders, after the rows of their accounts.
pub(in crate::store) async fn write_auto_reloads(
    transaction: &mut Transaction,
    orders: &[(AccountId, &AutoReload)],
) -> Result<(), StoreError> {
    if orders.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = orders
        .iter()
        .map(|(account, order)| {
            (
                account.to_i64(),
                order.threshold.micros(),
                order.amount.micros(),
                order.payment_method.id.as_str(),
                order.payment_method.customer.as_deref(),
                order.status.as_str(),
                i64::from(order.declines),
                order.declined_at,
            )
        })
        .collect();
    transaction.query(WRITE_ORDERS).bind_rows(rows).execute().await?;
    Ok(())
}

impl Store {
    /// At most `limit` accounts from `first` on, by id, whose standing order is on and whose balance is
    /// below the threshold, or which have a past-due renewal on `today`.
    pub async fn low_or_past_due_accounts(
        &self,
        first: AccountId,
        today: NaiveDate,
        limit: u32,
    ) -> Result<Vec<AccountId>, StoreError> {
        let rows: Vec<(i64,)> = self
            .database
            .query(
                "SELECT auto_reloads.account_id
                 FROM auto_reloads
                 JOIN accounts ON accounts.account_id = auto_reloads.account_id
                 WHERE auto_reloads.account_id >= $1
                    AND auto_reloads.status = 'on'
                    AND accounts.status = 'open'
                    AND (
                        balance < threshold
                        OR EXISTS (
                            SELECT 1
                            FROM subscriptions
                            WHERE subscriptions.account_id = auto_reloads.account_id
                                AND ended_on IS NULL
                                AND next_renewal_on <= $2
                                AND past_due_since IS NOT NULL
                        )
                    )
                 ORDER BY auto_reloads.account_id
                 LIMIT $3",
            )
            .bind(first.to_i64())
            .bind(today)
            .bind(i64::from(limit))
            .fetch_all()
            .await?;
        rows.into_iter().map(|(id,)| account_of(id)).collect()
    }
}
