//! The reload pass: carries out what is asked of cards, and charges what that covers.
//!
//! It is cut into slices as the others are, but what it has to do is read from the reloads
//! themselves: whatever is open in the slice's accounts. So it needs to know nothing of how far
//! it had come; only its counts are written, with each outcome.

use std::sync::Mutex;
use std::time::Duration;

use futures_util::{TryStreamExt as _, stream};
use tracing::warn;

use super::batch::{CountedAccounts, PassScope};
use super::reload_processor::{IfClaimed, ReloadResult};
use super::run::{Context, RunError, together};
use super::worker::{Worker, after};
use crate::ids::ReloadId;
use crate::reload::OpenReloads;
use crate::run::{Pass, RunCounts};
use crate::store::runs::slices::{Slice, SliceProgress};
use crate::store::{AccountChange, StoreError};

/// Does the pass with as many workers as the concurrency allows; returns what they did together.
pub(super) async fn carry_out(context: &Context) -> Result<RunCounts, RunError> {
    together(context, work).await
}

async fn work(context: Context) -> Result<RunCounts, RunError> {
    let worker = Worker::new(context, Pass::Reload, PassScope::Pay(CountedAccounts::Charged));
    let mut done = RunCounts::default();
    while let Some(slice) = worker.next_slice().await? {
        let book = SliceBook::new(&worker, slice);
        let outcome = book.carry_out().await;
        done.add(&book.done.lock().expect("nobody panics while counting"));
        match outcome {
            // Somebody took over because this worker seemed to be gone: that one goes on.
            Err(RunError::Store(StoreError::LeaseLost)) => warn!("a slice was taken over"),
            outcome => outcome?,
        }
    }
    Ok(done)
}

/// A slice that several outcomes are counted in at once, one after the other.
pub(super) struct SliceBook<'a> {
    worker: &'a Worker,
    slice: tokio::sync::Mutex<Slice>,
    done: Mutex<RunCounts>,
    busy: Mutex<Vec<ReloadId>>,
}

impl<'a> SliceBook<'a> {
    fn new(worker: &'a Worker, slice: Slice) -> Self {
        let slice = tokio::sync::Mutex::new(slice);
        Self { worker, slice, done: Mutex::default(), busy: Mutex::default() }
    }

    /// Writes a change of one account, and with it what it adds to the slice's counts.
    pub(super) async fn write(
        &self,
        change: &AccountChange,
        counts: &RunCounts,
    ) -> Result<(), StoreError> {
        self.advance(std::slice::from_ref(change), counts, false).await
    }

    async fn advance(
        &self,
        changes: &[AccountChange],
        counts: &RunCounts,
        is_last: bool,
    ) -> Result<(), StoreError> {
        let context = &self.worker.context;
        let mut slice = self.slice.lock().await;
        let mut advanced = slice.clone();
        advanced.counts.add(counts);
        if is_last {
            advanced.next = None;
        }
        let progress = SliceProgress {
            slice: &advanced,
            leased_until: self.worker.leased_until(),
            failures: &[],
        };
        let queued = context.write(changes, Some(&progress)).await?;
        advanced.counts.notices += queued;
        *slice = advanced;
        let counts = RunCounts { notices: counts.notices + queued, ..counts.clone() };
        context.observer.committed(&counts);
        self.done.lock().expect("nobody panics while counting").add(&counts);
        Ok(())
    }

    /// Follows every open reload of the slice, and keeps the lease meanwhile.
    async fn carry_out(&self) -> Result<(), RunError> {
        tokio::select! {
            // In this order, so that a run is the same each time with the same clock and randomness.
            biased;
            outcome = self.process_all() => outcome?,
            error = self.keep_lease() => return Err(error.into()),
        }
        let slice = self.slice.lock().await.clone();
        let Context { store, stop, .. } = &self.worker.context;
        if stop.is_cancelled() {
            store.give_back(&slice).await?;
            return Err(RunError::Interrupted);
        }
        let mut left = RunCounts::default();
        left.reloads.in_doubt = store.count_open_reloads(slice.first, slice.last).await?;
        Ok(self.advance(&[], &left, true).await?)
    }

    async fn process_all(&self) -> Result<(), RunError> {
        let context = &self.worker.context;
        let slice = self.slice.lock().await.clone();
        let limit = context.policy.run.batch_accounts;
        let mut next = Some(slice.first);
        while let Some(first) = next {
            let open =
                context.store.open_reloads(first, slice.last, OpenReloads::All, limit).await?;
            let accounts: Vec<_> = open.iter().map(|reload| reload.account()).collect();
            next = after(&accounts, limit).filter(|next| *next <= slice.last);
            self.process_each(open, IfClaimed::Skip).await?;
        }
        // What others were asking about, or had asked about when they died, comes last.
        let busy = std::mem::take(&mut *self.busy.lock().expect("nobody panics while noting"));
        self.process_each(busy, IfClaimed::Wait).await
    }

    async fn process_each(
        &self,
        reloads: Vec<ReloadId>,
        if_claimed: IfClaimed,
    ) -> Result<(), RunError> {
        let charges = self.worker.context.reload_processor.charges();
        stream::iter(reloads.into_iter().map(Ok))
            .try_for_each_concurrent(charges, |reload| self.process(reload, if_claimed))
            .await
    }

    async fn process(&self, reload: ReloadId, if_claimed: IfClaimed) -> Result<(), RunError> {
        let context = &self.worker.context;
        // Those under way come to their end; no further one is begun.
        if context.stop.is_cancelled() {
            return Ok(());
        }
        let (result, _) = context.reload_processor.process(reload, Some(self), if_claimed).await?;
        if result == ReloadResult::Busy {
            self.busy.lock().expect("nobody panics while noting").push(reload);
        }
        context.report_progress(&[reload.account()]);
        Ok(())
    }

    /// Extends the lease again and again; ends only where it is lost.
    async fn keep_lease(&self) -> StoreError {
        let Context { clock, policy, .. } = &self.worker.context;
        loop {
            clock.timer((policy.run.lease / 3).max(Duration::from_millis(10))).await;
            let slice = self.slice.lock().await;
            let extended =
                self.worker.context.store.extend_lease(&slice, self.worker.leased_until()).await;
            match extended {
                Ok(()) | Err(StoreError::Conflict) => {}
                Err(error) => return error,
            }
        }
    }
}
