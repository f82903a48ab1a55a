//! What the sandbox gateway remembers, which is no part of billing: it stands for a company far
//! away, and so it is written in transactions of its own.

use crate::ids::{AccountId, ReloadId};
use crate::money::Money;
use crate::store::columns::read_currency;
use crate::store::engine::row_struct;
use crate::store::error::StoreError;
use crate::store::open::Store;
use crate::store::reloads::rows::reload_of;

/// A charge as the sandbox gateway knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxCharge {
    /// Under which key it came.
    pub id: ReloadId,
    /// How much.
    pub amount: Money,
    /// By which payment method.
    pub payment_method: String,
    /// Where it stands.
    pub status: SandboxChargeStatus,
    /// How often the gateway was asked to charge it.
    pub asked: u32,
}

/// Where a charge stands at the sandbox gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SandboxChargeStatus {
    /// Nothing is charged yet.
    Pending,
    /// Charged.
    Captured,
    /// Refused.
    Declined,
}

impl SandboxChargeStatus {
    const ALL: [Self; 3] = [Self::Pending, Self::Captured, Self::Declined];

    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Captured => "captured",
            Self::Declined => "declined",
        }
    }
}

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
    fn read(self) -> Result<SandboxCharge, StoreError> {
        let what = format!("charge {} of the sandbox gateway", self.reload_id);
        let currency = read_currency(&self.currency, &what)?;
        let status =
            SandboxChargeStatus::ALL.into_iter().find(|status| status.as_str() == self.status);
        Ok(SandboxCharge {
            id: reload_of(&self.reload_id)?,
            amount: Money::from_micros(self.amount, currency),
            payment_method: self.payment_method,
            status: status.ok_or_else(|| StoreError::unreadable(&what, self.status))?,
            asked: u32::try_from(self.asked).unwrap_or(u32::MAX),
        })
    }
}

impl Store {
    /// What the sandbox gateway knows of a charge, if it has heard of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find_sandbox_charge(
        &self,
        id: ReloadId,
    ) -> Result<Option<SandboxCharge>, StoreError> {
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
        row.map(ChargeRow::read).transpose()
    }

    /// How many charges of the account's by `payment_method` the sandbox gateway has declined.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_sandbox_declines(
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

    /// Every charge that the sandbox gateway has captured.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sandbox_captures(&self) -> Result<Vec<SandboxCharge>, StoreError> {
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
        rows.into_iter().map(ChargeRow::read).collect()
    }

    /// Remembers `charge`, which was asked for `charge.asked` times now.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where it was asked for meanwhile.
    pub async fn remember_sandbox_charge(&self, charge: &SandboxCharge) -> Result<(), StoreError> {
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
            .bind(charge.status.as_str())
            .bind(i64::from(charge.asked))
            .execute()
            .await?;
        if written == 0 {
            return Err(StoreError::Conflict);
        }
        transaction.commit().await
    }
}
