//! Leases the slices of a pass, one after the other.

use std::sync::Arc;
use std::time::Duration;

use super::context::{Context, RunError};
use super::slice_writer::SliceWriter;
use crate::ids::AccountId;
use crate::run::{Pass, RunCounts};
use crate::store::StoreError;
use crate::store::runs::slices::{Slice, SliceClaim};

/// The wait before another look for a free slice: twice as long each time, within these bounds.
const WAIT_MIN: Duration = Duration::from_millis(1);
const WAIT_MAX: Duration = Duration::from_millis(50);

/// One worker's leases on the slices of a pass.
pub(super) struct SliceLeases {
    pub(super) writer: SliceWriter,
    context: Context,
    pass: Pass,
    /// The worker's name, which no other worker has.
    name: String,
}

impl SliceLeases {
    pub(super) fn new(context: Context, pass: Pass) -> Self {
        let name = context.writer.rng.unique_name();
        let writer = SliceWriter::new(context.writer.clone(), Arc::clone(&context.observer));
        Self { writer, context, pass, name }
    }

    /// The next slice to do. Waits while other workers hold all that are left; `None` once the pass is complete.
    pub(super) async fn next(&self) -> Result<Option<Slice>, RunError> {
        let mut wait = WAIT_MIN;
        loop {
            self.context.refuse_if_stopped()?;
            match self.claim().await? {
                SliceClaim::Claimed(slice) => return Ok(Some(slice)),
                SliceClaim::AllDone => return Ok(None),
                SliceClaim::Busy => self.context.writer.clock.sleep(wait).await,
            }
            wait = (wait * 2).min(WAIT_MAX);
        }
    }

    /// A slice of this pass that is not in the database, with the accounts from `first` to `last`.
    pub(super) fn unleased(&self, first: AccountId, last: AccountId) -> Slice {
        Slice {
            billing_date: self.context.writer.moment.on,
            pass: self.pass,
            index: 0,
            leased_by: String::new(),
            first,
            last,
            next: Some(first),
            counts: RunCounts::default(),
        }
    }

    async fn claim(&self) -> Result<SliceClaim, StoreError> {
        let writer = &self.context.writer;
        let (date, now, until) = (writer.moment.on, writer.clock.now(), self.writer.leased_until());
        match writer.store.claim_slice(date, self.pass, &self.name, now, until).await {
            Err(StoreError::Conflict) => Ok(SliceClaim::Busy),
            outcome => outcome,
        }
    }
}
