//! The `accounts` table.

use crate::account::{Account, NewAccount};
use chrono::{DateTime, Utc};

use crate::ids::AccountId;
use crate::money::Money;
use crate::notice::Kind;
use crate::store::accounts::auto_reloads::OrderRow;
use crate::store::accounts::change_log;
use crate::store::accounts::change_log::ChangeLogEntries;
use crate::store::columns::kinds_of;
use crate::store::columns::{account_of, read_currency};
use crate::store::engine::{Transaction, row_struct};
use crate::store::error::StoreError;
use crate::store::open::Store;

row_struct! {
    #[derive(Debug)]
    struct AccountRow {
        account_id: i64,
        name: String,
        email: String,
        currency: String,
        balance: i64,
        credit_limit: i64,
        low_balance: Option<i64>,
        notices_off: String,
        status: String,
        version: i64,
        ..order: OrderRow,
    }
}

impl AccountRow {
    fn into_account(self) -> Result<Account, StoreError> {
        let id = account_of(self.account_id)?;
        let currency = read_currency(&self.currency, format!("account {id}"))?;
        Ok(Account {
            id,
            name: self.name,
            email: self.email,
            balance: Money::from_micros(self.balance, currency),
            credit_limit: Money::from_micros(self.credit_limit, currency),
            low_balance: self.low_balance.map(|micros| Money::from_micros(micros, currency)),
            notices_off: kinds_of(&self.notices_off),
            auto_reload: self.order.to_auto_reload(id, currency)?,
            is_open: self.status == "open",
            version: self.version,
        })
    }
}

impl Store {
    /// Creates `account` with a zero balance. Returns false if the id is already used.
    pub async fn create_account(
        &self,
        account: &NewAccount,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.database.begin().await?;
        let created = transaction
            .query(
                "INSERT INTO accounts (account_id, name, email, currency, balance, credit_limit,
                    low_balance, low_balance_armed, status, version, transfer_count,
                    subscription_count, created_at)
                 VALUES ($1, $2, $3, $4, 0, $5, $6, $7, 'open', 1, 0, 0, $8)
                 ON CONFLICT (account_id) DO NOTHING",
            )
            .bind(account.id.to_i64())
            .bind(&account.name)
            .bind(&account.email)
            .bind(account.credit_limit.currency().code())
            .bind(account.credit_limit.micros())
            .bind(account.low_balance.map(Money::micros))
            // Armed if the balance of zero is not below the threshold.
            .bind(account.low_balance.is_some_and(Money::is_zero))
            .bind(now)
            .execute()
            .await?;
        transaction.commit().await?;
        Ok(created == 1)
    }

    pub async fn find_account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        let row: Option<AccountRow> = self
            .database
            .query(
                "SELECT accounts.account_id, name, email, currency, balance, credit_limit,
                    low_balance, notices_off, accounts.status, version, threshold,
                    auto_reloads.amount AS reload_amount, payment_method, customer,
                    auto_reloads.status AS order_status, declines, declined_at
                 FROM accounts
                 LEFT JOIN auto_reloads ON auto_reloads.account_id = accounts.account_id
                 WHERE accounts.account_id = $1",
            )
            .bind(id.to_i64())
            .fetch_optional()
            .await?;
        row.map(AccountRow::into_account).transpose()
    }

    /// At most `limit` accounts from `first` on, by id.
    pub async fn accounts(&self, first: AccountId, limit: u32) -> Result<Vec<Account>, StoreError> {
        let rows: Vec<AccountRow> = self
            .database
            .query(
                "SELECT accounts.account_id, name, email, currency, balance, credit_limit,
                    low_balance, notices_off, accounts.status, version, threshold,
                    auto_reloads.amount AS reload_amount, payment_method, customer,
                    auto_reloads.status AS order_status, declines, declined_at
                 FROM accounts
                 LEFT JOIN auto_reloads ON auto_reloads.account_id = accounts.account_id
                 WHERE accounts.account_id >= $1
                 ORDER BY accounts.account_id
                 LIMIT $2",
            )
            .bind(first.to_i64())
            .bind(i64::from(limit))
            .fetch_all()
            .await?;
        rows.into_iter().map(AccountRow::into_account).collect()
    }

    /// Replaces the list of notice kinds that are switched off, and writes the change to the change log.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the account has changed since `version` was read.
    pub async fn set_notices_off(
        &self,
        change: &ChangeLogEntries,
        off: &[Kind],
        version: i64,
    ) -> Result<(), StoreError> {
        let list: String = off.iter().map(|kind| format!("{kind},")).collect();
        let list = if list.is_empty() { list } else { format!(",{list}") };
        let mut transaction = self.database.begin().await?;
        let written = transaction
            .query(
                "UPDATE accounts
                 SET notices_off = $3, version = version + 1
                 WHERE account_id = $1 AND version = $2",
            )
            .bind(change.account.to_i64())
            .bind(version)
            .bind(list)
            .execute()
            .await?;
        if written == 0 {
            return Err(StoreError::Conflict);
        }
        change_log::write(&mut transaction, &[change]).await?;
        transaction.commit().await
    }

    /// Writes the name, the address and the low-balance threshold, and the change to the change log. A new
    /// threshold is armed if the balance is not below it now.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the account has changed since it was read.
    pub async fn update_account(
        &self,
        account: &Account,
        change: &ChangeLogEntries,
    ) -> Result<(), StoreError> {
        let low_balance = account.low_balance.map(Money::micros);
        let mut transaction = self.database.begin().await?;
        let written = transaction
            .query(
                "UPDATE accounts
                 SET name = $3, email = $4, low_balance = $5,
                    low_balance_armed = CASE
                        WHEN low_balance = $5 THEN low_balance_armed
                        ELSE COALESCE(balance >= $5, FALSE)
                    END,
                    version = version + 1
                 WHERE account_id = $1 AND version = $2",
            )
            .bind(account.id.to_i64())
            .bind(account.version)
            .bind(&account.name)
            .bind(&account.email)
            .bind(low_balance)
            .execute()
            .await?;
        if written == 0 {
            return Err(StoreError::Conflict);
        }
        change_log::write(&mut transaction, &[change]).await?;
        transaction.commit().await
    }
}

/// Increments the version of an open account, before other rows of the account change.
///
/// # Errors
/// [`StoreError::Conflict`] if the account is closed or `version` is not current.
pub(in crate::store) async fn increment_version(
    transaction: &mut Transaction,
    account: AccountId,
    version: i64,
) -> Result<(), StoreError> {
    let claimed = transaction
        .query(
            "UPDATE accounts
             SET version = version + 1
             WHERE account_id = $1 AND version = $2 AND status = 'open'",
        )
        .bind(account.to_i64())
        .bind(version)
        .execute()
        .await?;
    if claimed == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}

/// Closes an account, after its row was written.
pub(in crate::store) async fn close_account(
    transaction: &mut Transaction,
    account: AccountId,
) -> Result<(), StoreError> {
    // The caller has checked this; re-check here, because closing by mistake loses a customer.
    let closed = transaction
        .query(
            "UPDATE accounts
             SET status = 'closed'
             WHERE account_id = $1
                AND status = 'open'
                AND balance = 0
                AND NOT EXISTS (
                    SELECT 1
                    FROM subscriptions
                    WHERE subscriptions.account_id = $1 AND ended_on IS NULL
                )
                AND NOT EXISTS (
                    SELECT 1
                    FROM reloads
                    WHERE reloads.account_id = $1 AND settled_on IS NULL
                )",
        )
        .bind(account.to_i64())
        .execute()
        .await?;
    if closed == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}
