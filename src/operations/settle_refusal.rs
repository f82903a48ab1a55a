//! The refusal for a change of one account that was not made.

use super::refusal::InvalidValue;
use super::{App, Error, Refusal};
use crate::billing::reload_processor::NotFunded;
use crate::billing::settle::SettleError;
use crate::ids::AccountId;
use crate::ledger::PostError;
use crate::money::MoneyError;
use crate::store::StoreError;

/// Why a change to `account` was not settled. A change that lost every race is refused because the
/// account is closed, if it was closed in the meantime.
pub(crate) async fn settle_refusal_for(app: &App, account: AccountId, error: SettleError) -> Error {
    if matches!(error, SettleError::Store(StoreError::Conflict))
        && let Err(closed) = app.open_account(account).await
    {
        return closed;
    }
    settle_refusal(error)
}

/// The refusal if a rule did not allow a change, else the failure.
pub(crate) fn settle_refusal(error: SettleError) -> Error {
    let refusal = match error {
        SettleError::UnknownAccount(account) => Refusal::AccountNotFound { account },
        SettleError::RentalEnded(msisdn) => Refusal::RentalEnded { msisdn },
        SettleError::Refused(PostError::Overdraft { needed, available }) => {
            Refusal::InsufficientFunds { needed, available, not_funded: NotFunded::Booking }
        }
        // The card may have been charged, so the operation failed instead of being refused.
        SettleError::NotFunded { not_funded: NotFunded::Open { .. }, .. } => {
            return Error::Failed(error.into());
        }
        SettleError::NotFunded {
            short: PostError::Overdraft { needed, available },
            not_funded,
        } => Refusal::InsufficientFunds { needed, available, not_funded },
        SettleError::NotFunded { short: error, .. } | SettleError::Refused(error) => match error {
            PostError::Money(MoneyError::Overflow) => Refusal::BalanceOverflow,
            PostError::Money(error) => Refusal::AmountRefused { error },
            PostError::Nothing | PostError::Overdraft { .. } => {
                Refusal::InvalidValue { what: "amount", reason: InvalidValue::Zero }
            }
        },
        SettleError::Store(error) => return error.into(),
        error @ (SettleError::Broken(_) | SettleError::TooMany) => {
            return Error::Failed(error.into());
        }
    };
    Error::Refused(refusal)
}
