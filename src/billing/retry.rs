//! What is tried again: a change after a conflict with another change, and the accounts of a batch that failed.

use std::collections::VecDeque;

use tracing::debug;

use super::batch::BatchRest;
use crate::decision::AccountSnapshot;
use crate::ids::AccountId;
use crate::store::StoreError;
use crate::store::accounts::due::DueAccount;

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

/// The parts of a batch that are written in one transaction each: as many accounts together as a transaction may
/// have, and if that fails because of one of them, each account alone. So a broken account does not stop the others,
/// and it is known which one it is.
pub(super) struct BatchParts<'a> {
    parts: VecDeque<&'a [AccountId]>,
}

impl<'a> BatchParts<'a> {
    /// All `accounts` together.
    pub(super) fn of(accounts: &'a [AccountId]) -> Self {
        Self { parts: VecDeque::from([accounts]) }
    }

    /// Parts with at most `subscriptions_max` subscriptions that are `due`, or with one account. The parts are of
    /// `accounts`, which are those of `due`.
    pub(super) fn divided(
        accounts: &'a [AccountId],
        due: &[DueAccount],
        subscriptions_max: usize,
    ) -> Self {
        let max = u64::try_from(subscriptions_max).unwrap_or(u64::MAX);
        let (mut parts, mut first, mut sum) = (VecDeque::new(), 0, 0_u64);
        for (index, account) in due.iter().enumerate() {
            sum = sum.saturating_add(account.subscriptions);
            if sum > max && index > first {
                parts.push_back(&accounts[first..index]);
                (first, sum) = (index, account.subscriptions);
            }
        }
        parts.push_back(&accounts[first..]);
        Self { parts }
    }

    /// The next part to write. A batch without accounts has one part, which is empty.
    pub(super) fn next(&mut self) -> Option<&'a [AccountId]> {
        self.parts.pop_front()
    }

    /// Puts the `rest` of a part that was written next in line. Returns its first account, as it is now, if a part of
    /// that account is done: then it is the only account of the next part.
    pub(super) fn resume(
        &mut self,
        part: &'a [AccountId],
        rest: Option<BatchRest>,
    ) -> Option<AccountSnapshot> {
        let BatchRest { account, begun } = rest?;
        let position = part.iter().position(|it| *it == account);
        let rest = &part[position.expect("the rest is of the part")..];
        if begun.is_some() {
            let (only, others) = rest.split_at(1);
            if !others.is_empty() {
                self.parts.push_front(others);
            }
            self.parts.push_front(only);
        } else {
            self.parts.push_front(rest);
        }
        begun
    }

    /// Handles the failure of `part`. Returns its account if that is the one that cannot be written, and `None` if the
    /// accounts of the part are tried next, one by one.
    ///
    /// # Errors
    /// The `error`, if it does not concern a single account.
    pub(super) fn isolate(
        &mut self,
        part: &'a [AccountId],
        error: StoreError,
    ) -> Result<Option<(AccountId, StoreError)>, StoreError> {
        match part {
            [account] if is_of_an_account(&error) => Ok(Some((*account, error))),
            [_, ..] if is_of_an_account(&error) => {
                debug!(%error, "a batch cannot be written; trying its accounts one by one");
                for single in part.chunks(1).rev() {
                    self.parts.push_front(single);
                }
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

    #[test]
    fn a_part_has_no_more_subscriptions_than_a_transaction_may_have() {
        let due = |counts: &[u64]| -> Vec<usize> {
            let ids = ACCOUNTS.iter().zip(counts);
            let due =
                ids.map(|(account, count)| DueAccount { account: *account, subscriptions: *count });
            let due: Vec<_> = due.collect();
            let mut parts = BatchParts::divided(&ACCOUNTS[..due.len()], &due, 10);
            std::iter::from_fn(|| parts.next().map(<[_]>::len)).collect()
        };
        assert_eq!(due(&[]), [0]);
        assert_eq!(due(&[1, 2, 7]), [3]);
        assert_eq!(due(&[1, 2, 8]), [2, 1]);
        assert_eq!(due(&[50, 0, 10]), [1, 2]);
        assert_eq!(due(&[0, 50, 1]), [1, 1, 1]);
    }

    #[test]
    fn the_rest_of_a_part_comes_next() {
        let mut parts = BatchParts::of(&ACCOUNTS);
        let whole = parts.next().expect("a part");
        assert!(
            parts.resume(whole, Some(BatchRest { account: ACCOUNTS[1], begun: None })).is_none()
        );
        assert_eq!(parts.next(), Some(&ACCOUNTS[1..]));
        assert_eq!(parts.next(), None);
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
