//! The reload pass: takes open reloads to the gateway, and charges what the money covers.
//!
//! It is divided into slices like the other passes, but its work is read from the reloads themselves: those of the
//! slice's accounts that are open. So it keeps no position; only its counts are written, with each outcome.

use std::sync::Mutex;
use std::time::Duration;

use futures_util::{TryStreamExt as _, stream};
use tracing::warn;

use super::account_pages::AccountPages;
use super::account_writer::AccountWriter;
use super::context::{Context, RunError};
use super::outcome_sink::OutcomeSink;
use super::reload_processor::{IfClaimed, ReloadResult};
use super::slice_book::SliceBook;
use super::slice_leases::SliceLeases;
use crate::ids::ReloadId;
use crate::reload::OpenReloads;
use crate::run::{Pass, RunCounts};
use crate::store::StoreError;

/// Does the pass with all workers. Returns what they did together. A dry run does nothing in this pass.
pub(super) async fn process_reloads(
    context: &Context,
    sink: &OutcomeSink,
) -> Result<RunCounts, RunError> {
    match sink {
        OutcomeSink::Database => context.spawn_workers(work).await,
        OutcomeSink::Counters(_) => Ok(RunCounts::default()),
    }
}

async fn work(context: Context) -> Result<RunCounts, RunError> {
    let leases = SliceLeases::new(context.clone(), Pass::Reload);
    let mut done = RunCounts::default();
    while let Some(slice) = leases.next().await? {
        let (busy, book) = (Mutex::default(), SliceBook::new(&leases.writer, slice));
        let outcome = ReloadSlice { context: &context, book: &book, busy }.process().await;
        done.add(&book.done());
        match outcome {
            // The lease ran out, and the worker that took the slice over continues with it.
            Err(RunError::Store(StoreError::LeaseLost)) => warn!("a slice was taken over"),
            outcome => outcome?,
        }
    }
    Ok(done)
}

/// A slice of the pass, in which several reloads are processed at once.
struct ReloadSlice<'a> {
    context: &'a Context,
    book: &'a SliceBook<'a>,
    /// Reloads that another process has claimed.
    busy: Mutex<Vec<ReloadId>>,
}

impl ReloadSlice<'_> {
    /// Processes every open reload of the slice, and extends the lease meanwhile.
    async fn process(&self) -> Result<(), RunError> {
        tokio::select! {
            // In this order, so that a run is the same each time with the same clock and randomness.
            biased;
            outcome = self.process_all() => match outcome {
                Err(RunError::Interrupted) => {}
                outcome => outcome?,
            },
            error = self.keep_lease() => return Err(error.into()),
        }
        let slice = self.book.slice().await;
        let store = &self.context.writer.store;
        if self.context.stop.is_cancelled() {
            store.give_back(&slice).await?;
            return Err(RunError::Interrupted);
        }
        let mut left = RunCounts::default();
        left.reloads.in_doubt = store.count_open_reloads(slice.first, slice.last).await?;
        Ok(self.book.finish(left).await?)
    }

    async fn process_all(&self) -> Result<(), RunError> {
        let AccountWriter { store, policy, .. } = &self.context.writer;
        let slice = self.book.slice().await;
        let pages = AccountPages::new(policy.run.batch_accounts, &self.context.stop);
        let mut pages = pages.between(slice.first, slice.last);
        while let Some(open) = pages
            .next(|first, last, limit| store.open_reloads(first, last, OpenReloads::All, limit))
            .await?
        {
            self.process_each(open, IfClaimed::Skip).await?;
        }
        // Reloads that others had claimed, perhaps before they died, come last.
        let busy = std::mem::take(&mut *self.busy.lock().expect("the lock is not poisoned"));
        self.process_each(busy, IfClaimed::Wait).await
    }

    async fn process_each(
        &self,
        reloads: Vec<ReloadId>,
        if_claimed: IfClaimed,
    ) -> Result<(), RunError> {
        let charges = self.context.reload_processor.charges();
        stream::iter(reloads.into_iter().map(Ok))
            .try_for_each_concurrent(charges, |reload| self.process_one(reload, if_claimed))
            .await
    }

    async fn process_one(&self, reload: ReloadId, if_claimed: IfClaimed) -> Result<(), RunError> {
        // Reloads under way are finished; no other one is started.
        if self.context.stop.is_cancelled() {
            return Ok(());
        }
        let processor = &self.context.reload_processor;
        let (result, _) = processor.process(reload, Some(self.book), if_claimed).await?;
        if result == ReloadResult::Busy {
            self.busy.lock().expect("the lock is not poisoned").push(reload);
        }
        self.context.observer.looked_at(1);
        Ok(())
    }

    /// Extends the lease again and again. Returns only if that fails.
    async fn keep_lease(&self) -> StoreError {
        let AccountWriter { clock, policy, .. } = &self.context.writer;
        loop {
            clock.timer((policy.run.lease / 3).max(Duration::from_millis(10))).await;
            match self.book.extend_lease().await {
                Ok(()) | Err(StoreError::Conflict) => {}
                Err(error) => return error,
            }
        }
    }
}
