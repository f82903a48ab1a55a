//! Writes changes of accounts together with the progress of their slice of a run.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::account_writer::AccountWriter;
use super::observer::Observer;
use crate::ids::AccountId;
use crate::run::{Failure, RunCounts};
use crate::store::runs::slices::{Slice, SliceProgress};
use crate::store::{AccountChange, Progress, StoreError};

/// Writes changes of accounts together with the progress of their slice, and reports what was committed.
pub(super) struct SliceWriter {
    writer: AccountWriter,
    observer: Arc<dyn Observer>,
}

impl SliceWriter {
    pub(super) const fn new(writer: AccountWriter, observer: Arc<dyn Observer>) -> Self {
        Self { writer, observer }
    }

    /// Writes `changes` and `failures` in one transaction with the progress of `slice`, which then continues at `next`
    /// and has `counts` in addition. Returns the slice as it is then, and the counts with the notices that were queued.
    pub(super) async fn write(
        &self,
        slice: &Slice,
        next: Option<AccountId>,
        changes: &[AccountChange],
        counts: RunCounts,
        failures: &[Failure],
    ) -> Result<(Slice, RunCounts), StoreError> {
        let mut advanced = slice.clone();
        advanced.next = next;
        advanced.counts.add(&counts);
        let leased_until = self.leased_until();
        let progress = SliceProgress { slice: &advanced, leased_until, failures };
        let queued = self.writer.write(changes, Some(Progress::Slice(&progress))).await?;
        advanced.counts.notices += queued;
        let counts = RunCounts { notices: counts.notices + queued, ..counts };
        self.observer.committed(&counts);
        Ok((advanced, counts))
    }

    pub(super) async fn extend_lease(&self, slice: &Slice) -> Result<(), StoreError> {
        self.writer.store.extend_lease(slice, self.leased_until()).await
    }

    pub(super) fn leased_until(&self) -> DateTime<Utc> {
        let lease = TimeDelta::from_std(self.writer.policy.run.lease).unwrap_or(TimeDelta::MAX);
        self.writer.clock.now().checked_add_signed(lease).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}
