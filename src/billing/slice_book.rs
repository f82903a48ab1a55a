//! The counts of a slice of the reload pass, in which several reloads are settled at once.

use std::sync::Mutex;

use super::slice_writer::SliceWriter;
use crate::ids::AccountId;
use crate::run::RunCounts;
use crate::store::runs::slices::Slice;
use crate::store::{AccountChange, StoreError};

/// A slice that the outcomes of several reloads are counted in, one after the other.
pub(super) struct SliceBook<'a> {
    slices: &'a SliceWriter,
    slice: tokio::sync::Mutex<Slice>,
    done: Mutex<RunCounts>,
}

impl<'a> SliceBook<'a> {
    pub(super) fn new(slices: &'a SliceWriter, slice: Slice) -> Self {
        Self { slices, slice: tokio::sync::Mutex::new(slice), done: Mutex::default() }
    }

    /// What has been written so far.
    pub(super) fn done(&self) -> RunCounts {
        self.done.lock().expect("the lock is not poisoned").clone()
    }

    /// The slice as it is now.
    pub(super) async fn slice(&self) -> Slice {
        self.slice.lock().await.clone()
    }

    /// Writes the change of one account, and adds `counts` to the slice.
    pub(super) async fn write(
        &self,
        change: &AccountChange,
        counts: RunCounts,
    ) -> Result<(), StoreError> {
        let mut slice = self.slice.lock().await;
        let next = slice.next;
        self.advance(&mut slice, next, std::slice::from_ref(change), counts).await
    }

    /// Ends the slice, and adds `counts` to it.
    pub(super) async fn finish(&self, counts: RunCounts) -> Result<(), StoreError> {
        let mut slice = self.slice.lock().await;
        self.advance(&mut slice, None, &[], counts).await
    }

    /// Waits for a write that is under way.
    pub(super) async fn extend_lease(&self) -> Result<(), StoreError> {
        let slice = self.slice.lock().await;
        self.slices.extend_lease(&slice).await
    }

    async fn advance(
        &self,
        slice: &mut Slice,
        next: Option<AccountId>,
        changes: &[AccountChange],
        counts: RunCounts,
    ) -> Result<(), StoreError> {
        let (advanced, counts) = self.slices.write(slice, next, changes, counts, &[]).await?;
        *slice = advanced;
        self.done.lock().expect("the lock is not poisoned").add(&counts);
        Ok(())
    }
}
