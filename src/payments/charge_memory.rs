//! The storage of the sandbox gateway. The database implements [`ChargeMemory`].

use std::fmt;

use thiserror::Error;

use super::Answer;
use crate::ids::{AccountId, ReloadId};
use crate::money::Money;

/// A charge as the sandbox gateway knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxCharge {
    /// The idempotency key.
    pub id: ReloadId,
    pub amount: Money,
    pub payment_method: String,
    pub status: SandboxChargeStatus,
    /// How often the gateway was asked to charge it.
    pub asked: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum SandboxChargeStatus {
    /// Nothing is charged yet.
    Pending,
    Captured,
    Declined,
}

/// Stores the charges of the sandbox gateway, in transactions of its own: the gateway stands for another
/// company, and a crash of the program must not undo what it charged.
pub trait ChargeMemory: fmt::Debug + Send + Sync {
    fn find_charge(&self, id: ReloadId) -> Answer<'_, Result<Option<SandboxCharge>, MemoryError>>;

    /// How many charges of the account with this payment method were declined.
    fn count_declined<'a>(
        &'a self,
        account: AccountId,
        payment_method: &'a str,
    ) -> Answer<'a, Result<u64, MemoryError>>;

    fn captured_charges(&self) -> Answer<'_, Result<Vec<SandboxCharge>, MemoryError>>;

    /// Stores a charge. Its count `asked` must be one above the stored one.
    ///
    /// # Errors
    /// [`MemoryError::Conflict`] if another request has stored this count.
    fn remember_charge<'a>(
        &'a self,
        charge: &'a SandboxCharge,
    ) -> Answer<'a, Result<(), MemoryError>>;
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MemoryError {
    #[error("another request changed the charge")]
    Conflict,
    #[error("{0}")]
    Failed(String),
}
