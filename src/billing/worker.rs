//! A worker: takes slices of a pass and does their batches until none is left.

use tracing::{error, warn};

use super::account_pages::next_after;
use super::account_writer::AccountWriter;
use super::batch::{Outcome, PassScope, decide_batch};
use super::context::{Context, RunError};
use super::error_chain::describe;
use super::outcome_sink::OutcomeSink;
use super::retry::{BatchParts, until_written};
use super::slice_leases::SliceLeases;
use crate::ids::AccountId;
use crate::policy::AheadWhen;
use crate::run::{Failure, Pass, RunCounts};
use crate::store::StoreError;
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

impl Worker {
    async fn do_slice(&self, mut slice: Slice, done: &mut RunCounts) -> Result<(), RunError> {
        while let Some(first) = slice.next {
            if self.context.stop.is_cancelled() {
                self.sink.give_back(&self.context, &slice).await?;
                return Err(RunError::Interrupted);
            }
            let limit = self.context.writer.policy.run.batch_accounts;
            let accounts = self.accounts(first, slice.last, limit).await?;
            let next = next_after(&accounts, limit, slice.last);
            self.do_batch(&accounts, next, &mut slice, done).await?;
            self.context.observer.looked_at(accounts.len() as u64);
        }
        Ok(())
    }

    /// The accounts that this pass concerns.
    async fn accounts(
        &self,
        first: AccountId,
        last: AccountId,
        limit: u32,
    ) -> Result<Vec<AccountId>, StoreError> {
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

    /// Does one batch, after which the slice continues at `next`. Adds each part to `done` as soon as it is written,
    /// because a later part may fail.
    async fn do_batch(
        &self,
        accounts: &[AccountId],
        next: Option<AccountId>,
        slice: &mut Slice,
        done: &mut RunCounts,
    ) -> Result<(), RunError> {
        let mut parts = BatchParts::of(accounts);
        while let Some(part) = parts.next() {
            let is_last = part.last() == accounts.last();
            let next = if is_last { next } else { next_after(part, 1, slice.last) };
            match self.attempt(part, next, slice).await {
                Ok((advanced, counts)) => {
                    *slice = advanced;
                    done.add(&counts);
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

    /// Computes and writes. Returns the slice as it is then, and what was done.
    async fn attempt(
        &self,
        accounts: &[AccountId],
        next: Option<AccountId>,
        slice: &Slice,
    ) -> Result<(Slice, RunCounts), StoreError> {
        let AccountWriter { moment, policy, rng, .. } = &self.context.writer;
        let until = self.scope.until(moment.on, policy);
        until_written(|| async {
            let snapshots = self.sink.load(&self.context, accounts, until).await?;
            let outcome = decide_batch(snapshots, self.scope, *moment, policy, &**rng);
            let written = self.put(outcome, next, slice).await;
            if matches!(written, Err(StoreError::Conflict)) {
                // The write may have waited for a lock for nearly as long as the lease.
                self.leases.writer.extend_lease(slice).await?;
            }
            Ok(written)
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
