//! A worker: takes slices of a pass and does their batches until none is left.

use std::sync::Mutex;

use tracing::{error, warn};

use super::account_pages::{accounts_of, next_after};
use super::account_writer::AccountWriter;
use super::batch::{BatchRest, Outcome, PassScope, decide_batch};
use super::context::{Context, RunError};
use super::error_chain::describe;
use super::outcome_sink::OutcomeSink;
use super::retry::{BatchParts, until_written};
use super::slice_leases::SliceLeases;
use crate::decision::AccountSnapshot;
use crate::ids::AccountId;
use crate::policy::AheadWhen;
use crate::run::{Failure, Pass, RunCounts};
use crate::store::StoreError;
use crate::store::accounts::due::DueAccount;
use crate::store::accounts::snapshots::LoadedSnapshot;
use crate::store::runs::slices::Slice;

/// Does slices of `pass` until the pass is complete (by any worker). Returns what this worker did.
pub(super) async fn work(
    context: Context,
    sink: OutcomeSink,
    pass: Pass,
    scope: PassScope,
) -> Result<RunCounts, RunError> {
    let leases = SliceLeases::new(context.clone(), pass);
    let worker = Worker { context, sink, scope, leases };
    let mut done = RunCounts::default();
    while let Some(slice) = worker.sink.next_slice(&worker.leases).await? {
        match worker.do_slice(slice, &mut done).await {
            // The lease ran out, and the worker that took the slice over continues with it.
            Err(RunError::Store(StoreError::LeaseLost)) => warn!("a slice was taken over"),
            outcome => outcome?,
        }
    }
    Ok(done)
}

struct Worker {
    context: Context,
    sink: OutcomeSink,
    scope: PassScope,
    leases: SliceLeases,
}

/// A part of a batch that was written.
struct Written {
    /// The slice as it is now.
    slice: Slice,
    counts: RunCounts,
    /// What is left of the part for another transaction.
    rest: Option<BatchRest>,
}

impl Worker {
    async fn do_slice(&self, mut slice: Slice, done: &mut RunCounts) -> Result<(), RunError> {
        while let Some(first) = slice.next {
            if self.context.stop.is_cancelled() {
                self.sink.give_back(&self.context, &slice).await?;
                return Err(RunError::Interrupted);
            }
            let limit = self.context.writer.policy.run.batch_accounts;
            let due = self.accounts(first, slice.last, limit).await?;
            let next = next_after(&due, limit, slice.last);
            self.do_batch(&due, next, &mut slice, done).await?;
            self.context.observer.looked_at(due.len() as u64);
        }
        Ok(())
    }

    /// The accounts that this pass concerns.
    async fn accounts(
        &self,
        first: AccountId,
        last: AccountId,
        limit: u32,
    ) -> Result<Vec<DueAccount>, StoreError> {
        let AccountWriter { store, moment, policy, .. } = &self.context.writer;
        match self.scope {
            // Also accounts with nothing due whose balance is low, because a reload is requested for them.
            PassScope::Pay(_) => store.due_or_low_accounts(first, last, moment.on, limit).await,
            PassScope::PayAndEnforce(_) => store.due_accounts(first, last, moment.on, limit).await,
            PassScope::AnnounceRenewals if policy.notices.ahead == AheadWhen::Never => {
                Ok(Vec::new())
            }
            PassScope::AnnounceRenewals => {
                let until = self.scope.until(moment.on, policy);
                store.accounts_to_tell_ahead(first, last, moment.on, until, limit).await
            }
        }
    }

    /// Does one batch, after which the slice continues at `next`, or a part of it if the run has to stop. Adds each
    /// part to `done` as soon as it is written, because a later part may fail.
    async fn do_batch(
        &self,
        due: &[DueAccount],
        next: Option<AccountId>,
        slice: &mut Slice,
        done: &mut RunCounts,
    ) -> Result<(), RunError> {
        let accounts = accounts_of(due);
        let mut parts = BatchParts::divided(&accounts, due, self.periods_max());
        let mut begun = None;
        while let Some(part) = parts.next() {
            if self.context.stop.is_cancelled() {
                break;
            }
            let is_last = part.last() == accounts.last();
            let next = if is_last { next } else { next_after(part, 1, slice.last) };
            match self.attempt(part, begun.take(), next, slice).await {
                Ok(written) => {
                    *slice = written.slice;
                    done.add(&written.counts);
                    begun = parts.resume(part, written.rest);
                }
                Err(error) => {
                    if let Some((account, error)) = parts.isolate(part, error)? {
                        let outcome = Outcome::failed(account, describe(&error));
                        (*slice, _) = self.put(outcome, next, slice).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The most periods in one transaction. A dry run has no transactions.
    fn periods_max(&self) -> usize {
        match self.sink {
            OutcomeSink::Database => self.context.writer.policy.run.batch_periods(),
            OutcomeSink::Counters(_) => usize::MAX,
        }
    }

    /// Computes and writes. `begun` is the only one of `accounts`, if a part of it was done just before.
    async fn attempt(
        &self,
        accounts: &[AccountId],
        begun: Option<AccountSnapshot>,
        next: Option<AccountId>,
        slice: &Slice,
    ) -> Result<Written, StoreError> {
        let AccountWriter { moment, policy, rng, .. } = &self.context.writer;
        let until = self.scope.until(moment.on, policy);
        let begun = Mutex::new(begun);
        until_written(|| async {
            // Only the first time: after a conflict it is not current any more.
            let begun = begun.lock().expect("the lock is not poisoned").take();
            let snapshots = match begun {
                Some(begun) => vec![LoadedSnapshot::of(begun)],
                None => self.sink.load(&self.context, accounts, until).await?,
            };
            let mut outcome =
                decide_batch(snapshots, self.scope, *moment, policy, &**rng, self.periods_max());
            let rest = outcome.rest.take();
            let next = rest.as_ref().map_or(next, |rest| Some(rest.account));
            let written = self.put(outcome, next, slice).await;
            if matches!(written, Err(StoreError::Conflict)) {
                // The write may have waited for a lock for nearly as long as the lease.
                self.leases.writer.extend_lease(slice).await?;
            }
            Ok(written.map(|(slice, counts)| Written { slice, counts, rest }))
        })
        .await
    }

    /// Puts the outcome of a batch, and logs the accounts that could not be billed.
    async fn put(
        &self,
        mut outcome: Outcome,
        next: Option<AccountId>,
        slice: &Slice,
    ) -> Result<(Slice, RunCounts), StoreError> {
        let failures = std::mem::take(&mut outcome.failures);
        // A failure in the first pass is not final: a later pass tries the account again and reports it.
        let failures = if self.scope.reports_failures() { failures } else { Vec::new() };
        let written = self.sink.put(&self.leases, slice, next, outcome, &failures).await?;
        if matches!(self.sink, OutcomeSink::Database) {
            for Failure { account, reason } in &failures {
                error!(account.key = %account, reason, "an account cannot be billed, the others are");
            }
        }
        Ok(written)
    }
}
