//! The ledger as rows.

use chrono::NaiveDate;
use sqlx::FromRow;

use super::Store;
use super::error::StoreError;
use crate::calendar::Period;
use crate::ids::AccountId;
use crate::ledger::{BALANCE, Code, find_reference};
use crate::money::{Money, currency_of};

/// One line of an account's statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementLine {
    /// The account's how-many-eth transfer.
    pub sequence: i64,
    /// The billing date it counts for.
    pub on: NaiveDate,
    /// Why money moved.
    pub code: Code,
    /// The number that was paid for.
    pub msisdn: Option<String>,
    /// The days that were paid for.
    pub period: Option<Period>,
    /// As the account sees it: negative where the balance went down.
    pub amount: Money,
    /// The balance afterwards.
    pub balance_after: Money,
    /// The operator's reference.
    pub reference: Option<String>,
    /// The operator's words.
    pub reason: Option<String>,
}

#[derive(Debug, FromRow)]
struct StatementRow {
    sequence: i64,
    posted_on: NaiveDate,
    code: String,
    debit: String,
    amount: i64,
    currency: String,
    balance_after: i64,
    idempotency_key: String,
    msisdn: Option<String>,
    period_start: Option<NaiveDate>,
    period_end: Option<NaiveDate>,
    reason: Option<String>,
}

impl StatementRow {
    fn read(self, account: AccountId) -> Result<StatementLine, StoreError> {
        let what = format!("transfer {} of account {account}", self.sequence);
        let code = Code::find(&self.code)
            .ok_or_else(|| StoreError::unreadable(&what, format!("its code is `{}`", self.code)))?;
        let currency =
            currency_of(&self.currency).map_err(|error| StoreError::unreadable(&what, error))?;
        let signed = if self.debit == BALANCE { -self.amount } else { self.amount };
        Ok(StatementLine {
            sequence: self.sequence,
            on: self.posted_on,
            code,
            msisdn: self.msisdn,
            period: self
                .period_start
                .zip(self.period_end)
                .map(|(start, end)| Period { start, end }),
            amount: Money::from_micros(signed, currency),
            balance_after: Money::from_micros(self.balance_after, currency),
            reference: find_reference(code, &self.idempotency_key).map(str::to_owned),
            reason: self.reason,
        })
    }
}

impl Store {
    /// The account's transfers from one date to another, both included, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn statement(
        &self,
        account: AccountId,
        from: Option<NaiveDate>,
        to: Option<NaiveDate>,
    ) -> Result<Vec<StatementLine>, StoreError> {
        let rows: Vec<StatementRow> = self
            .database
            .query(
                "SELECT sequence, posted_on, code, debit, amount, currency, balance_after,
                    idempotency_key, subscriptions.msisdn, period_start, period_end, reason
                 FROM transfers
                 LEFT JOIN subscriptions
                    ON subscriptions.account_id = transfers.account_id
                    AND subscriptions.ordinal = transfers.subscription
                 WHERE transfers.account_id = $1
                    AND ($2 IS NULL OR posted_on >= $2)
                    AND ($3 IS NULL OR posted_on <= $3)
                 ORDER BY sequence",
            )
            .bind(account.to_i64())
            .bind(from)
            .bind(to)
            .fetch_all()
            .await?;
        rows.into_iter().map(|row| row.read(account)).collect()
    }

    /// The amount, as the account sees it, that was booked under `idempotency_key`, if it was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find_booked(
        &self,
        account: AccountId,
        idempotency_key: &str,
    ) -> Result<Option<Money>, StoreError> {
        let row: Option<(String, i64, String)> = self
            .database
            .query(
                "SELECT debit, amount, currency
                 FROM transfers
                 WHERE account_id = $1 AND idempotency_key = $2",
            )
            .bind(account.to_i64())
            .bind(idempotency_key)
            .fetch_optional()
            .await?;
        row.map(|(debit, amount, currency)| {
            let currency = currency_of(&currency)
                .map_err(|error| StoreError::unreadable(idempotency_key, error))?;
            Ok(Money::from_micros(if debit == BALANCE { -amount } else { amount }, currency))
        })
        .transpose()
    }
}
