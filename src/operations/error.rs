//! Why an operation was not carried out.

use thiserror::Error;

use super::Refusal;
use crate::billing::run::RunError;
use crate::store::StoreError;

#[derive(Debug, Error)]
pub enum Error {
    /// A rule said no, and nothing has changed.
    #[error("refused: {}", .0.code())]
    Refused(Refusal),
    /// It could not be carried out. What was committed before stays right.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => Self::Refused(Refusal::ChangedConcurrently),
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
            other => Self::Failed(other.into()),
        }
    }
}
