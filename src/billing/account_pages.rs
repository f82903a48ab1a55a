//! Accounts page by page, ordered by id.

use tokio_util::sync::CancellationToken;

use super::context::RunError;
use super::observer::Observer;
use crate::account::Account;
use crate::ids::{AccountId, ReloadId};
use crate::store::StoreError;
use crate::store::accounts::due::DueAccount;

/// The ranges into which accounts are divided for workers that share the work.
pub(super) const SLICES: u32 = 16;

/// Reads accounts, or what belongs to them, page by page.
pub struct AccountPages<'a> {
    /// The ids that have not been read; `None` after the last page.
    left: Option<(AccountId, AccountId)>,
    limit: u32,
    stop: &'a CancellationToken,
    observer: Option<&'a dyn Observer>,
    /// The length of the page that the caller is working on.
    current: u64,
}

impl<'a> AccountPages<'a> {
    /// All accounts, at most `limit` on a page. No further page is read once `stop` is cancelled.
    pub const fn new(limit: u32, stop: &'a CancellationToken) -> Self {
        let left = Some((AccountId::MIN, AccountId::MAX));
        Self { left, limit, stop, observer: None, current: 0 }
    }

    /// Only the accounts from `first` to `last`.
    pub fn between(self, first: AccountId, last: AccountId) -> Self {
        Self { left: Some((first, last)), ..self }
    }

    /// Reports each page as looked at when the next one is asked for.
    pub fn reporting_to(self, observer: &'a dyn Observer) -> Self {
        Self { observer: Some(observer), ..self }
    }

    /// The next page, read by `read(first, last, limit)`; `None` if there are no more accounts.
    ///
    /// # Errors
    /// [`RunError::Interrupted`] if `stop` is cancelled and accounts are left; otherwise the errors of `read`.
    pub async fn next<T: OfAccount, F>(
        &mut self,
        read: impl FnOnce(AccountId, AccountId, u32) -> F,
    ) -> Result<Option<Vec<T>>, RunError>
    where
        F: Future<Output = Result<Vec<T>, StoreError>>,
    {
        if let Some(observer) = self.observer.filter(|_| self.current > 0) {
            observer.looked_at(self.current);
        }
        self.current = 0;
        let Some((first, last)) = self.left else { return Ok(None) };
        if self.stop.is_cancelled() {
            return Err(RunError::Interrupted);
        }
        let page = read(first, last, self.limit).await?;
        self.left = next_after(&page, self.limit, last).map(|next| (next, last));
        self.current = page.len() as u64;
        Ok(Some(page).filter(|page| !page.is_empty()))
    }
}

/// An account, or something of which an account has at most one. Pages are ordered by the account.
pub trait OfAccount {
    fn account_id(&self) -> AccountId;
}

impl OfAccount for AccountId {
    fn account_id(&self) -> AccountId {
        *self
    }
}

impl OfAccount for DueAccount {
    fn account_id(&self) -> AccountId {
        self.account
    }
}

impl OfAccount for Account {
    fn account_id(&self) -> AccountId {
        self.id
    }
}

/// An account has at most one open reload.
impl OfAccount for ReloadId {
    fn account_id(&self) -> AccountId {
        self.account()
    }
}

/// The accounts on a page.
pub(super) fn accounts_of(page: &[DueAccount]) -> Vec<AccountId> {
    page.iter().map(|due| due.account).collect()
}

/// The account to continue with after `page`, which was read with `limit`; `None` if it was the last page up to
/// `last`.
pub(super) fn next_after<T: OfAccount>(
    page: &[T],
    limit: u32,
    last: AccountId,
) -> Option<AccountId> {
    let is_full = u32::try_from(page.len()).is_ok_and(|count| count >= limit);
    let read = page.last().filter(|_| is_full)?.account_id();
    AccountId::from_i64(read.to_i64() + 1).ok().filter(|next| *next <= last)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[derive(Default)]
    struct Counter(AtomicU64);

    impl Observer for Counter {
        fn looked_at(&self, accounts: u64) {
            self.0.fetch_add(accounts, Ordering::Relaxed);
        }
    }

    /// The accounts with these ids that a page of `limit` from `first` to `last` has.
    async fn page(
        ids: &[u32],
        first: AccountId,
        last: AccountId,
        limit: u32,
    ) -> Result<Vec<AccountId>, StoreError> {
        let all = ids.iter().map(|id| AccountId::new(*id));
        Ok(all.filter(|id| (first..=last).contains(id)).take(limit as usize).collect())
    }

    #[tokio::test]
    async fn every_account_of_the_range_is_read_once_and_reported() {
        let (stop, counter) = (CancellationToken::new(), Counter::default());
        for limit in 1..=5 {
            let (first, last) = (AccountId::new(2), AccountId::new(8));
            let pages = AccountPages::new(limit, &stop).between(first, last);
            let mut pages = pages.reporting_to(&counter);
            let mut read = Vec::new();
            let ids = [1, 2, 3, 5, 8, 9];
            while let Some(page) = pages.next(|f, l, n| page(&ids, f, l, n)).await.expect("a page")
            {
                assert!(page.len() <= limit as usize);
                read.extend(page);
            }
            assert_eq!(read, [2, 3, 5, 8].map(AccountId::new));
            assert_eq!(counter.0.swap(0, Ordering::Relaxed), 4);
        }
    }

    #[tokio::test]
    async fn no_page_is_read_after_the_stop() {
        let stop = CancellationToken::new();
        let mut pages = AccountPages::new(1, &stop);
        let first = pages.next(|f, l, n| page(&[1, 2], f, l, n)).await.expect("a page");
        assert_eq!(first, Some(vec![AccountId::new(1)]));
        stop.cancel();
        let next = pages.next(|f, l, n| page(&[1, 2], f, l, n)).await;
        assert!(matches!(next, Err(RunError::Interrupted)), "{next:?}");
    }
}
