//! The memory of the sandbox gateway, written in transactions of its own: the gateway stands for another
//! company and is not part of billing.

use crate::ids::{AccountId, ReloadId};
use crate::money::Money;
use crate::payments::Answer;
use crate::payments::charge_memory::{ChargeMemory, MemoryError, SandboxCharge};
use crate::store::columns::read_currency;
use crate::store::engine::row_struct;
use crate::store::error::StoreError;
use crate::store::open::Store;
use crate::store::reloads::rows::reload_of;

row_struct! {
    #[derive(Debug)]
    struct ChargeRow {
        reload_id: String,
        amount: i64,
        currency: String,
        payment_method: String,
        status: String,
        asked: i64,
    }
}

impl ChargeRow {
    fn into_charge(self) -> Result<SandboxCharge, StoreError> {
        let what = format!("charge {} of the sandbox gateway", self.reload_id);
        let currency = read_currency(&self.currency, &what)?;
        Ok(SandboxCharge {
            id: reload_of(&self.reload_id)?,
            amount: Money::from_micros(self.amount, currency),
            payment_method: self.payment_method,
            status: self.status.parse().map_err(|_| {
                StoreError::unreadable(&what, format!("its status is `{}`", self.status))
            })?,
            asked: u32::try_from(self.asked).unwrap_or(u32::MAX),
        })
    }
}

impl Store {
    async fn find_sandbox_charge(&self, id: ReloadId) -> Result<Option<SandboxCharge>, StoreError> {
        let row: Option<ChargeRow> = self
            .database
            .query(
                "SELECT reload_id, amount, currency, payment_method, status, asked
                 FROM sandbox_charges
                 WHERE account_id = $1 AND reload_id = $2",
            )
            .bind(id.account().to_i64())
            .bind(id.to_string())
            .fetch_optional()
            .await?;
        row.map(ChargeRow::into_charge).transpose()
    }

    async fn count_declined_sandbox_charges(
        &self,
        account: AccountId,
        payment_method: &str,
    ) -> Result<u64, StoreError> {
        let (count,): (i64,) = self
            .database
            .query(
                "SELECT COUNT(*)
                 FROM sandbox_charges
                 WHERE account_id = $1 AND payment_method = $2 AND status = 'declined'",
            )
            .bind(account.to_i64())
            .bind(payment_method)
            .fetch_one()
            .await?;
        Ok(count.unsigned_abs())
    }

    async fn captured_sandbox_charges(&self) -> Result<Vec<SandboxCharge>, StoreError> {
        let rows: Vec<ChargeRow> = self
            .database
            .query(
                "SELECT reload_id, amount, currency, payment_method, status, asked
                 FROM sandbox_charges
                 WHERE status = 'captured'
                 ORDER BY account_id, reload_id",
            )
            .fetch_all()
            .await?;
        rows.into_iter().map(ChargeRow::into_charge).collect()
    }

    async fn write_sandbox_charge(&self, charge: &SandboxCharge) -> Result<(), StoreError> {
        let status: &'static str = charge.status.into();
        let mut transaction = self.database.begin().await?;
        let written = transaction
            .query(
                "INSERT INTO sandbox_charges (account_id, reload_id, amount, currency,
                    payment_method, status, asked)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)
                 ON CONFLICT (account_id, reload_id) DO UPDATE
                 SET status = EXCLUDED.status, asked = EXCLUDED.asked
                 WHERE sandbox_charges.asked = EXCLUDED.asked - 1",
            )
            .bind(charge.id.account().to_i64())
            .bind(charge.id.to_string())
            .bind(charge.amount.micros())
            .bind(charge.amount.currency().code())
            .bind(&charge.payment_method)
            .bind(status)
            .bind(i64::from(charge.asked))
            .execute()
            .await?;
        if written == 0 {
            return Err(StoreError::Conflict);
        }
        transaction.commit().await
    }
}

impl From<StoreError> for MemoryError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => Self::Conflict,
            other => Self::Failed(other.to_string()),
        }
    }
}

impl ChargeMemory for Store {
    fn find_charge(&self, id: ReloadId) -> Answer<'_, Result<Option<SandboxCharge>, MemoryError>> {
        Box::pin(async move { Ok(self.find_sandbox_charge(id).await?) })
    }

    fn count_declined<'a>(
        &'a self,
        account: AccountId,
        payment_method: &'a str,
    ) -> Answer<'a, Result<u64, MemoryError>> {
        Box::pin(
            async move { Ok(self.count_declined_sandbox_charges(account, payment_method).await?) },
        )
    }

    fn captured_charges(&self) -> Answer<'_, Result<Vec<SandboxCharge>, MemoryError>> {
        Box::pin(async move { Ok(self.captured_sandbox_charges().await?) })
    }

    fn remember_charge<'a>(
        &'a self,
        charge: &'a SandboxCharge,
    ) -> Answer<'a, Result<(), MemoryError>> {
        Box::pin(async move { Ok(self.write_sandbox_charge(charge).await?) })
    }
}
