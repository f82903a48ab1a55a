//! Where the passes of a run put their outcomes: the database, or for a dry run counters in memory.

use std::sync::Arc;

use chrono::NaiveDate;

use super::batch::{Outcome, PassScope};
use super::context::{Context, RunError};
use super::dry_run::DryRun;
use super::slice_leases::SliceLeases;
use super::snapshots::load;
use crate::ids::AccountId;
use crate::run::{Failure, RunCounts};
use crate::store::StoreError;
use crate::store::accounts::snapshots::LoadedSnapshot;
use crate::store::runs::slices::Slice;

/// Where a pass puts its outcomes, and where it finds those of earlier passes.
#[derive(Clone)]
pub(super) enum OutcomeSink {
    /// Outcomes are written, each with the progress of its slice.
    Database,
    /// Outcomes are counted. Nothing is written, and no lease is taken.
    Counters(Arc<DryRun>),
}

impl OutcomeSink {
    /// The sink of the passes after the one with `scope`.
    pub(super) fn after(self, scope: PassScope) -> Self {
        match self {
            Self::Database => Self::Database,
            Self::Counters(dry_run) => Self::Counters(Arc::new(dry_run.after(scope))),
        }
    }

    /// The snapshots of `accounts`, with the subscriptions that renew on `until` or earlier, as the earlier passes
    /// left them.
    pub(super) async fn load(
        &self,
        context: &Context,
        accounts: &[AccountId],
        until: NaiveDate,
    ) -> Result<Vec<LoadedSnapshot>, StoreError> {
        match self {
            Self::Database => {
                load(&context.writer.store, accounts, until, context.writer.moment.on).await
            }
            Self::Counters(dry_run) => dry_run.load(context, accounts, until).await,
        }
    }

    /// The next slice to do; `None` once all are taken or done.
    pub(super) async fn next_slice(&self, leases: &SliceLeases) -> Result<Option<Slice>, RunError> {
        match self {
            Self::Database => leases.next().await,
            Self::Counters(dry_run) => Ok(dry_run.next_slice(leases)),
        }
    }

    /// Leaves the rest of `slice` to others.
    pub(super) async fn give_back(&self, context: &Context, slice: &Slice) -> Result<(), RunError> {
        match self {
            Self::Database => Ok(context.writer.store.give_back(slice).await?),
            Self::Counters(_) => Ok(()),
        }
    }

    /// Puts `outcome` and the `failures` that are reported; `slice` then continues at `next`. Returns the slice as it
    /// is then, and the counts with the notices.
    pub(super) async fn put(
        &self,
        leases: &SliceLeases,
        slice: &Slice,
        next: Option<AccountId>,
        outcome: Outcome,
        failures: &[Failure],
    ) -> Result<(Slice, RunCounts), StoreError> {
        match self {
            Self::Database => {
                let Outcome { changes, counts, .. } = outcome;
                leases.writer.write(slice, next, &changes, counts, failures).await
            }
            Self::Counters(dry_run) => {
                let counts = dry_run.count(outcome, failures);
                Ok((Slice { next, ..slice.clone() }, counts))
            }
        }
    }
}
