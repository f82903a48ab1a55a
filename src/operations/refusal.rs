//! A rule said no.

use std::fmt;

use super::App;
use crate::billing::reload_processor::NotFunded;
use crate::billing::settle::SettleError;
use crate::ids::AccountId;
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

/// As [`settle_refusal`], of what was to be done for `account`: where every attempt lost the race, it
/// may be because the account was closed meanwhile.
pub(crate) async fn settle_refusal_for(
    app: &App,
    account: AccountId,
    error: SettleError,
) -> anyhow::Error {
    if matches!(error, SettleError::Store(StoreError::Conflict))
        && let Err(closed) = app.open_account(&account.to_string()).await
    {
        return closed;
    }
    settle_refusal(error)
}

/// What could not be settled is refused where a rule said no, and failed elsewhere.
pub(crate) fn settle_refusal(error: SettleError) -> anyhow::Error {
    match error {
        SettleError::UnknownAccount(_) | SettleError::Ended => {
            Refusal::new(error.to_string()).into()
        }
        SettleError::Refused(short @ PostError::Overdraft { .. })
        | SettleError::NotFunded { short, not_funded: NotFunded::NoOrder } => Refusal::with_hint(
            format!("the balance does not cover it: {short}"),
            "top the account up, or raise its balance by an adjustment",
        )
        .into(),
        // The money may be on its way: that is no rule's no.
        SettleError::NotFunded { short, not_funded: not_funded @ NotFunded::Open { .. } } => {
            let NotFunded::Open { id, .. } = &not_funded else { unreachable!("it is matched above") };
            anyhow::anyhow!(
                "the balance does not cover it: {short}; {not_funded}\nhint: `linerent reload check` asks again, `linerent reload show {id}` tells; rent when it is settled"
            )
        }
        SettleError::NotFunded { short, not_funded } => Refusal::with_hint(
            format!("the balance does not cover it: {short}; {not_funded}"),
            "top the account up, or see `linerent reload list` and set `linerent account auto-reload` anew",
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
