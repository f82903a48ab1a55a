//! Unchecked rows for the audit, which verifies what other readers assume.

use chrono::NaiveDate;
use sqlx::types::Json;

use crate::ids::AccountId;
use crate::store::columns::account_of;
use crate::store::engine::row_struct;
use crate::store::error::StoreError;
use crate::store::open::Store;
use crate::store::subscriptions::prices::Changes;

/// Accounts and all their rows; each list is ordered by account.
#[derive(Debug, Default)]
pub struct AuditPage {
    pub accounts: Vec<AuditedAccount>,
    /// Ordered by ordinal within the account.
    pub subscriptions: Vec<AuditedSubscription>,
    /// Ordered by sequence within the account.
    pub transfers: Vec<AuditedTransfer>,
    /// Ordered by id within the account.
    pub reloads: Vec<AuditedReload>,
}

row_struct! {
    /// A row of `accounts`.
    #[derive(Debug)]
    #[expect(missing_docs, reason = "the columns are explained in the migration")]
    pub struct AuditedAccount {
        pub account_id: i64,
        pub currency: String,
        pub balance: i64,
        pub credit_limit: i64,
        pub status: String,
        pub transfer_count: i64,
        pub subscription_count: i64,
    }
}

row_struct! {
    /// A row of `subscriptions`.
    #[derive(Debug)]
    #[expect(missing_docs, reason = "the columns are explained in the migration")]
    pub struct AuditedSubscription {
        pub account_id: i64,
        pub ordinal: i64,
        pub msisdn: String,
        pub started_on: NaiveDate,
        pub monthly_price: i64,
        pub price_changes: Option<Json<Changes>>,
        pub periods_charged: i64,
        pub undone: i64,
        pub next_renewal_on: NaiveDate,
        pub past_due_since: Option<NaiveDate>,
        pub ended_on: Option<NaiveDate>,
    }
}

impl AuditedSubscription {
    /// The price of a period that begins on `start`, in 10⁻⁶ units.
    pub fn price_on(&self, start: NaiveDate) -> i64 {
        let changes = self.price_changes.as_ref();
        let latest = changes.and_then(|Json(changes)| changes.range(..=start).next_back());
        latest.map_or(self.monthly_price, |(_, price)| *price)
    }
}

row_struct! {
    /// A row of `transfers`.
    #[derive(Debug)]
    #[expect(missing_docs, reason = "the columns are explained in the migration")]
    pub struct AuditedTransfer {
        pub account_id: i64,
        pub sequence: i64,
        pub code: String,
        pub debit: String,
        pub credit: String,
        pub amount: i64,
        pub currency: String,
        pub balance_after: i64,
        pub idempotency_key: String,
        pub subscription: Option<i64>,
        pub period_start: Option<NaiveDate>,
        pub period_end: Option<NaiveDate>,
    }
}

row_struct! {
    /// A row of `reloads`.
    #[derive(Debug)]
    #[expect(missing_docs, reason = "the columns are explained in the migration")]
    pub struct AuditedReload {
        pub account_id: i64,
        pub reload_id: String,
        pub amount: i64,
        pub currency: String,
        pub status: String,
    }
}

impl Store {
    /// At most `limit` account ids from `first` on, in order.
    pub async fn account_ids(
        &self,
        first: AccountId,
        limit: u32,
    ) -> Result<Vec<AccountId>, StoreError> {
        let rows: Vec<(i64,)> = self
            .database
            .query(
                "SELECT account_id
                 FROM accounts
                 WHERE account_id >= $1
                 ORDER BY account_id
                 LIMIT $2",
            )
            .bind(first.to_i64())
            .bind(i64::from(limit))
            .fetch_all()
            .await?;
        rows.into_iter().map(|(id,)| account_of(id)).collect()
    }

    /// The accounts from `first` to `last` and all their rows as of one instant, so that an audit can
    /// run beside a billing run.
    ///
    /// # Errors
    /// [`StoreError`]; one row that the engine cannot return is enough.
    pub async fn audit_page(
        &self,
        first: AccountId,
        last: AccountId,
    ) -> Result<AuditPage, StoreError> {
        let mut snapshot = self.database.snapshot().await?;
        let accounts = snapshot
            .query(
                "SELECT account_id, currency, balance, credit_limit, status, transfer_count,
                    subscription_count
                 FROM accounts
                 WHERE account_id BETWEEN $1 AND $2
                 ORDER BY account_id",
            )
            .bind(first.to_i64())
            .bind(last.to_i64())
            .fetch_all()
            .await?;
        let subscriptions = snapshot
            .query(
                "SELECT account_id, ordinal, msisdn, started_on, monthly_price, price_changes, periods_charged, undone,
                    next_renewal_on, past_due_since, ended_on
                 FROM subscriptions
                 WHERE account_id BETWEEN $1 AND $2
                 ORDER BY account_id, ordinal",
            )
            .bind(first.to_i64())
            .bind(last.to_i64())
            .fetch_all()
            .await?;
        let transfers = snapshot
            .query(
                "SELECT account_id, sequence, code, debit, credit, amount, currency, balance_after,
                    idempotency_key, subscription, period_start, period_end
                 FROM transfers
                 WHERE account_id BETWEEN $1 AND $2
                 ORDER BY account_id, sequence",
            )
            .bind(first.to_i64())
            .bind(last.to_i64())
            .fetch_all()
            .await?;
        let reloads = snapshot
            .query(
                "SELECT account_id, reload_id, amount, currency, status
                 FROM reloads
                 WHERE account_id BETWEEN $1 AND $2
                 ORDER BY account_id, reload_id",
            )
            .bind(first.to_i64())
            .bind(last.to_i64())
            .fetch_all()
            .await?;
        Ok(AuditPage { accounts, subscriptions, transfers, reloads })
    }

    /// Numbers with a status that contradicts their subscriptions, as `(msisdn, contradiction)`.
    pub async fn contradicting_numbers(&self) -> Result<Vec<(String, String)>, StoreError> {
        self.database
            .query(
                "SELECT msisdn, 'is rented, and its renter has no live subscription to it'
                 FROM numbers
                 WHERE status = 'rented'
                    AND NOT EXISTS (
                        SELECT 1
                        FROM subscriptions
                        WHERE subscriptions.msisdn = numbers.msisdn
                            AND subscriptions.account_id = numbers.account_id
                            AND ended_on IS NULL
                    )
                 UNION ALL
                 SELECT numbers.msisdn, 'has a live subscription of an account that does not rent it'
                 FROM subscriptions
                 JOIN numbers ON numbers.msisdn = subscriptions.msisdn
                 WHERE ended_on IS NULL
                    AND NOT numbers.is_shared
                    AND NOT (status = 'rented' AND numbers.account_id = subscriptions.account_id)
                 ORDER BY 1",
            )
            .fetch_all()
            .await
    }

    /// Accounts that do not exist and that subscriptions or transfers refer to.
    pub async fn missing_accounts(&self) -> Result<Vec<AccountId>, StoreError> {
        let rows: Vec<(i64,)> = self
            .database
            .query(
                "SELECT account_id FROM subscriptions
                 UNION
                 SELECT account_id FROM transfers
                 EXCEPT
                 SELECT account_id FROM accounts
                 ORDER BY 1",
            )
            .fetch_all()
            .await?;
        rows.into_iter().map(|(id,)| account_of(id)).collect()
    }

    pub async fn count_numbers(&self) -> Result<u64, StoreError> {
        let (count,): (i64,) =
            self.database.query("SELECT COUNT(*) FROM numbers").fetch_one().await?;
        Ok(count.unsigned_abs())
    }
}
