//! Why an operation was not carried out.

use super::Refusal;
use crate::billing::run::RunError;
use crate::store::StoreError;

/// Converts into an [`anyhow::Error`] without a layer of its own, so that the chain of causes begins
/// with the refusal or with the first cause of the failure.
#[derive(Debug)]
pub enum Error {
    /// A rule does not allow the operation. Nothing has changed.
    Refused(Refusal),
    /// The operation failed. What was committed before stays valid.
    Failed(anyhow::Error),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Says of a failure what was tried.
    #[must_use]
    pub fn context(self, tried: impl FnOnce() -> String) -> Self {
        match self {
            Self::Failed(failure) => Self::Failed(failure.context(tried())),
            Self::Refused(refusal) => Self::Refused(refusal),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast() {
            Ok(refusal) => Self::Refused(refusal),
            Err(failure) => Self::Failed(failure),
        }
    }
}

impl From<Error> for anyhow::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => Self::new(refusal),
            Error::Failed(failure) => failure,
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => Self::Refused(Refusal::ChangedConcurrently),
            StoreError::NumberTaken => Self::Refused(Refusal::NumberTaken),
            other => Self::Failed(other.into()),
        }
    }
}

impl From<RunError> for Error {
    fn from(error: RunError) -> Self {
        match error {
            RunError::ClockWentBack { today, latest } => {
                Self::Refused(Refusal::ClockWentBack { today, latest })
            }
            RunError::ClockWrong(fault) => Self::Refused(Refusal::ClockWrong { fault }),
            RunError::BeingUndone(date) => Self::Refused(Refusal::RunBeingUndone { date }),
            other => Self::Failed(other.into()),
        }
    }
}
