//! The reload pass: carries out what is asked of cards, and charges what that covers.
//!
//! It is cut into slices as the others are, but what it has to do is read from the reloads
//! themselves: whatever is open in the slice's accounts. So it needs to know nothing of how far
//! it had come; only its counts are written, with each outcome.

use std::sync::Mutex;
use std::time::Duration;

use futures_util::{TryStreamExt as _, stream};
use tracing::warn;

use super::batch::{Census, Extent};
use super::collector::{Fate, WhenBusy};
use super::run::{Context, RunError, together};
use super::worker::{Worker, after};
use crate::clock::system_now;
use crate::ids::ReloadId;
use crate::store::{AccountChange, OpenReloads, Pass, Progress, Slice, StoreError, Tally};

/// Does the pass with as many workers as the pace allows; returns what they did together.
pub(super) async fn carry_out(context: &Context) -> Result<Tally, RunError> {
    together(context, work).await
}

async fn work(context: Context) -> Result<Tally, RunError> {
    let worker = Worker::new(context, Pass::Reload, Extent::Pay(Census::Charged));
    let mut done = Tally::default();
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
    done: Mutex<Tally>,
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
        tally: &Tally,
    ) -> Result<(), StoreError> {
        self.advance(std::slice::from_ref(change), tally, false).await
    }

    async fn advance(
        &self,
        changes: &[AccountChange],
        tally: &Tally,
        is_last: bool,
    ) -> Result<(), StoreError> {
        let context = &self.worker.context;
        let mut slice = self.slice.lock().await;
        let mut advanced = slice.clone();
        advanced.tally.add(tally);
        if is_last {
            advanced.next = None;
        }
        let progress =
            Progress { slice: &advanced, leased_until: self.worker.leased_until(), failures: &[] };
        let Context { store, terms, moment, .. } = context;
        let queued =
            store.write(changes, terms.hold, moment.on, system_now(), Some(&progress)).await?;
        advanced.tally.notices += queued;
        *slice = advanced;
        let tally = Tally { notices: tally.notices + queued, ..tally.clone() };
        context.observer.did(&tally);
        self.done.lock().expect("nobody panics while counting").add(&tally);
        Ok(())
    }

    /// Follows every open reload of the slice, and keeps the lease meanwhile.
    async fn carry_out(&self) -> Result<(), RunError> {
        tokio::select! {
            outcome = self.follow_all() => outcome?,
            error = self.keep_lease() => return Err(error.into()),
        }
        let slice = self.slice.lock().await.clone();
        let Context { store, stop, .. } = &self.worker.context;
        if stop.is_cancelled() {
            store.give_back(&slice).await?;
            return Err(RunError::Interrupted);
        }
        let mut left = Tally::default();
        left.reloads.in_doubt = store.count_open_reloads(slice.first, slice.last).await?;
        Ok(self.advance(&[], &left, true).await?)
    }

    async fn follow_all(&self) -> Result<(), RunError> {
        let context = &self.worker.context;
        let slice = self.slice.lock().await.clone();
        let limit = context.terms.pace.batch_accounts;
        let mut next = Some(slice.first);
        while let Some(first) = next {
            let open =
                context.store.open_reloads(first, slice.last, OpenReloads::All, limit).await?;
            let accounts: Vec<_> = open.iter().map(|reload| reload.account()).collect();
            next = after(&accounts, limit).filter(|next| *next <= slice.last);
            self.follow_each(open, WhenBusy::Skip).await?;
        }
        // What others were asking about, or had asked about when they died, comes last.
        let busy = std::mem::take(&mut *self.busy.lock().expect("nobody panics while noting"));
        self.follow_each(busy, WhenBusy::Wait).await
    }

    async fn follow_each(
        &self,
        reloads: Vec<ReloadId>,
        when_busy: WhenBusy,
    ) -> Result<(), RunError> {
        let charges = self.worker.context.collector.charges();
        stream::iter(reloads.into_iter().map(Ok))
            .try_for_each_concurrent(charges, |reload| self.follow(reload, when_busy))
            .await
    }

    async fn follow(&self, reload: ReloadId, when_busy: WhenBusy) -> Result<(), RunError> {
        let context = &self.worker.context;
        // Those under way come to their end; no further one is begun.
        if context.stop.is_cancelled() {
            return Ok(());
        }
        let (fate, _) = context.collector.follow(reload, Some(self), when_busy).await?;
        if fate == Fate::Busy {
            self.busy.lock().expect("nobody panics while noting").push(reload);
        }
        context.report_progress(&[reload.account()]);
        Ok(())
    }

    /// Extends the lease again and again; ends only where it is lost.
    async fn keep_lease(&self) -> StoreError {
        let lease = self.worker.context.terms.pace.lease;
        loop {
            tokio::time::sleep((lease / 3).max(Duration::from_millis(10))).await;
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
