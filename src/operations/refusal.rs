//! A rule said no.

use std::fmt;

use crate::billing::settle::SettleError;
use crate::ledger::PostError;
use crate::money::MoneyError;
use crate::store::StoreError;

/// What a rule says no to. Nothing has changed, and the program exits with 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    message: String,
}

impl Refusal {
    /// A refusal that says why.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }

    /// A refusal that says why and what to do.
    pub fn with_hint(message: impl Into<String>, hint: impl fmt::Display) -> Self {
        Self { message: format!("{}\nhint: {hint}", message.into()) }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}

/// An error that is a refusal by nature, such as a malformed value.
pub fn refused(error: impl std::error::Error) -> anyhow::Error {
    Refusal::new(error.to_string()).into()
}

/// What could not be settled is refused where a rule said no, and failed elsewhere.
pub(crate) fn settle_refusal(error: SettleError) -> anyhow::Error {
    match error {
        SettleError::UnknownAccount(_) | SettleError::Ended => {
            Refusal::new(error.to_string()).into()
        }
        SettleError::Refused(PostError::Overdraft { needed, available }) => Refusal::with_hint(
            format!("the balance does not cover it: {needed} is needed, {available} is available"),
            "top the account up, or raise its balance by an adjustment",
        )
        .into(),
        SettleError::Refused(PostError::Money(MoneyError::Overflow)) => {
            Refusal::new("the balance would be more than an account can hold").into()
        }
        SettleError::Refused(error) => Refusal::new(error.to_string()).into(),
        SettleError::Store(error @ StoreError::NumberTaken) => {
            Refusal::with_hint(error.to_string(), "`linerent number search` finds others").into()
        }
        SettleError::Store(error) => super::busy(error),
        broken @ (SettleError::Broken(_) | SettleError::TooMany) => broken.into(),
    }
}
