//! What is tried again: a change after a conflict with another change, and the accounts of a batch that failed.

use tracing::debug;

use crate::ids::AccountId;
use crate::store::StoreError;

/// How often a change is computed again if another change of the same accounts is written first.
const ATTEMPTS_MAX: u32 = 20;

/// Reads, computes and writes by `attempt`, until the write does not conflict with another change.
///
/// The inner result of `attempt` is that of the write. Its outer error is returned at once.
///
/// # Errors
/// [`StoreError::Conflict`] if every attempt conflicts.
pub(crate) async fn until_written<T, E, F>(attempt: impl Fn() -> F) -> Result<T, E>
where
    E: From<StoreError>,
    F: Future<Output = Result<Result<T, StoreError>, E>>,
{
    for _ in 0..ATTEMPTS_MAX {
        match attempt().await? {
            Err(StoreError::Conflict) => debug!("another change came first; computing again"),
            written => return Ok(written?),
        }
    }
    Err(StoreError::Conflict.into())
}

/// The parts of a batch that are written in one transaction each: at first all accounts together, and if that
/// fails because of one of them, each account alone. So a broken account does not stop the others, and it is known
/// which one it is.
pub(super) struct BatchParts<'a> {
    whole: Option<&'a [AccountId]>,
    singles: std::slice::Chunks<'a, AccountId>,
    accounts: &'a [AccountId],
}

impl<'a> BatchParts<'a> {
    pub(super) fn of(accounts: &'a [AccountId]) -> Self {
        Self { whole: Some(accounts), singles: [].chunks(1), accounts }
    }

    /// The next part to write. A batch without accounts has one part, which is empty.
    pub(super) fn next(&mut self) -> Option<&'a [AccountId]> {
        self.whole.take().or_else(|| self.singles.next())
    }

    /// Handles the failure of `part`. Returns its account if that is the one that cannot be written, and `None` if the
    /// accounts of the part are tried next, one by one.
    ///
    /// # Errors
    /// The `error`, if it does not concern a single account.
    pub(super) fn isolate(
        &mut self,
        part: &[AccountId],
        error: StoreError,
    ) -> Result<Option<(AccountId, StoreError)>, StoreError> {
        match part {
            [account] if is_of_an_account(&error) => Ok(Some((*account, error))),
            [_, ..] if is_of_an_account(&error) => {
                debug!(%error, "a batch cannot be written; trying its accounts one by one");
                self.singles = self.accounts.chunks(1);
                Ok(None)
            }
            _ => Err(error),
        }
    }
}

/// Whether one account of a batch may be the cause, so that the others can be written without it.
const fn is_of_an_account(error: &StoreError) -> bool {
    matches!(error, StoreError::Refused(_) | StoreError::Conflict | StoreError::Unreadable { .. })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    const ACCOUNTS: [AccountId; 3] = [AccountId::new(1), AccountId::new(2), AccountId::new(3)];

    /// The parts that are tried if those with account 2 fail by `error`, and the accounts that are isolated.
    fn try_all(error: fn() -> StoreError) -> Result<(Vec<usize>, Vec<AccountId>), StoreError> {
        let (mut sizes, mut isolated) = (Vec::new(), Vec::new());
        let mut parts = BatchParts::of(&ACCOUNTS);
        while let Some(part) = parts.next() {
            sizes.push(part.len());
            if part.contains(&ACCOUNTS[1]) {
                isolated.extend(parts.isolate(part, error())?.map(|(account, _)| account));
            }
        }
        Ok((sizes, isolated))
    }

    #[test]
    fn a_batch_that_fails_is_tried_account_by_account() {
        let (sizes, isolated) = try_all(|| StoreError::Conflict).expect("no other failure");
        assert_eq!((sizes, isolated), (vec![3, 1, 1, 1], vec![ACCOUNTS[1]]));
    }

    #[test]
    fn a_failure_of_the_whole_database_is_returned_at_once() {
        assert!(matches!(try_all(|| StoreError::LeaseLost), Err(StoreError::LeaseLost)));
    }

    #[test]
    fn a_batch_of_no_accounts_is_written_once() {
        let mut parts = BatchParts::of(&[]);
        assert_eq!(parts.next(), Some(&[][..]));
        assert_eq!(parts.next(), None);
        assert!(parts.isolate(&[], StoreError::Conflict).is_err());
    }

    #[tokio::test]
    async fn a_change_that_conflicts_is_computed_again() {
        let attempts = Cell::new(0);
        let written: Result<u32, StoreError> = until_written(|| async {
            attempts.set(attempts.get() + 1);
            Ok(if attempts.get() < 3 { Err(StoreError::Conflict) } else { Ok(7) })
        })
        .await;
        assert_eq!((written.expect("written"), attempts.get()), (7, 3));
    }

    #[tokio::test]
    async fn a_change_that_always_conflicts_ends() {
        let attempts = Cell::new(0);
        let written: Result<(), StoreError> = until_written(|| async {
            attempts.set(attempts.get() + 1);
            Ok(Err(StoreError::Conflict))
        })
        .await;
        assert!(matches!(written, Err(StoreError::Conflict)));
        assert_eq!(attempts.get(), ATTEMPTS_MAX);
    }
}
