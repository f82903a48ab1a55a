//! A worker: leases slices of a pass and does their batches until none is left.

use crate::policy::AheadWhen;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tracing::{debug, error, warn};

use super::batch::{self, CountedAccounts, Outcome, PassScope};
use super::run::{Context, RunError};

use crate::ids::AccountId;
use crate::run::{Failure, Pass, RunCounts};
use crate::store::StoreError;
use crate::store::runs::slices::{Slice, SliceClaim, SliceProgress};

/// How long to wait before asking again for a slice that others hold: twice as long each time,
/// within these bounds.
const WAIT_MIN: Duration = Duration::from_millis(1);
const WAIT_MAX: Duration = Duration::from_millis(50);
/// How often a batch is computed when others' changes come first, before its accounts are taken
/// one by one; and how often an account alone.
const BATCH_ATTEMPTS_MAX: u32 = 3;
const ACCOUNT_ATTEMPTS_MAX: u32 = 10;

/// Does slices of `pass` until the pass is done, by whomever; returns what this worker did.
pub(super) async fn work(
    context: Context,
    pass: Pass,
    scope: PassScope,
) -> Result<RunCounts, RunError> {
    let worker = Worker::new(context, pass, scope);
    let mut done = RunCounts::default();
    while let Some(slice) = worker.next_slice().await? {
        match worker.do_slice(slice, &mut done).await {
            // Somebody took over because this worker seemed to be gone: that one goes on.
            Err(RunError::Store(StoreError::LeaseLost)) => warn!("a slice was taken over"),
            outcome => outcome?,
        }
    }
    Ok(done)
}

/// Puts on sale again what is no longer held.
pub(super) async fn return_numbers(context: Context) -> Result<RunCounts, RunError> {
    let scope = PassScope::Pay(CountedAccounts::Charged);
    let worker = Worker::new(context, Pass::Return, scope);
    while let Some(slice) = worker.next_slice().await? {
        match worker.context.store.return_held_numbers(slice, worker.context.clock.now()).await {
            // Where somebody else was faster, there is nothing left or another slice to claim.
            Err(StoreError::Conflict | StoreError::LeaseLost) => {}
            outcome => {
                let done = RunCounts { returned: outcome?, ..RunCounts::default() };
                worker.context.observer.committed(&done);
                return Ok(done);
            }
        }
    }
    Ok(RunCounts::default())
}

pub(super) struct Worker {
    pub(super) context: Context,
    pass: Pass,
    scope: PassScope,
    name: String,
}

impl Worker {
    /// A worker with a name of its own.
    pub(super) fn new(context: Context, pass: Pass, scope: PassScope) -> Self {
        let name = context.rng.unique_name();
        Self { context, pass, scope, name }
    }

    /// The next slice to do, waiting for those that others hold; none once the pass is done.
    pub(super) async fn next_slice(&self) -> Result<Option<Slice>, RunError> {
        let mut wait = WAIT_MIN;
        loop {
            self.context.refuse_if_stopped()?;
            match self.claim().await? {
                SliceClaim::Claimed(slice) => return Ok(Some(slice)),
                SliceClaim::AllDone => return Ok(None),
                SliceClaim::Busy => self.context.clock.sleep(wait).await,
            }
            wait = (wait * 2).min(WAIT_MAX);
        }
    }

    async fn claim(&self) -> Result<SliceClaim, StoreError> {
        let (date, now) = (self.context.moment.on, self.context.clock.now());
        match self
            .context
            .store
            .claim_slice(date, self.pass, &self.name, now, self.leased_until())
            .await
        {
            Err(StoreError::Conflict) => Ok(SliceClaim::Busy),
            outcome => outcome,
        }
    }

    pub(super) fn leased_until(&self) -> DateTime<Utc> {
        let lease = TimeDelta::from_std(self.context.policy.run.lease).unwrap_or(TimeDelta::MAX);
        self.context.clock.now().checked_add_signed(lease).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    async fn do_slice(&self, mut slice: Slice, done: &mut RunCounts) -> Result<(), RunError> {
        while let Some(first) = slice.next {
            if self.context.stop.is_cancelled() {
                self.context.store.give_back(&slice).await?;
                return Err(RunError::Interrupted);
            }
            let limit = self.context.policy.run.batch_accounts;
            let accounts = self.accounts(first, slice.last, limit).await?;
            slice.next = after(&accounts, limit).filter(|next| *next <= slice.last);
            self.do_batch(&accounts, &mut slice, done).await?;
            self.context.report_progress(&accounts);
        }
        Ok(())
    }

    /// Whom this pass has to do with: those with something due; in the first one, those too whose
    /// order says that the balance is low.
    async fn accounts(
        &self,
        first: AccountId,
        last: AccountId,
        limit: u32,
    ) -> Result<Vec<AccountId>, StoreError> {
        let Context { store, moment, policy, .. } = &self.context;
        match self.scope {
            PassScope::Pay(_) => store.due_or_low_accounts(first, last, moment.on, limit).await,
            PassScope::PayAndEnforce(_) => store.due_accounts(first, last, moment.on, limit).await,
            PassScope::TellAhead if policy.notices.ahead == AheadWhen::Never => Ok(Vec::new()),
            PassScope::TellAhead => {
                let until = self.scope.until(moment.on, policy);
                store.accounts_to_tell_ahead(first, last, moment.on, until, limit).await
            }
        }
    }

    /// Does one batch and writes it with the slice's progress; adds what was done to `done`.
    async fn do_batch(
        &self,
        accounts: &[AccountId],
        slice: &mut Slice,
        done: &mut RunCounts,
    ) -> Result<(), RunError> {
        match self.attempt(accounts, slice).await {
            Ok(counts) => done.add(&counts),
            Err(error) if is_of_an_account(&error) && !accounts.is_empty() => {
                debug!(%error, "a batch cannot be written, trying its accounts one by one");
                self.do_singly(accounts, slice, done).await?;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Each account in a transaction of its own: what one of them breaks does not hold up the
    /// others, and it is known which.
    async fn do_singly(
        &self,
        accounts: &[AccountId],
        slice: &mut Slice,
        done: &mut RunCounts,
    ) -> Result<(), RunError> {
        let next = slice.next;
        for (index, account) in accounts.iter().enumerate() {
            // The slice is done only with its last account.
            slice.next = accounts.get(index + 1).copied().or(next);
            match self.attempt(&[*account], slice).await {
                // At once: what comes later may fail, and this is committed.
                Ok(counts) => done.add(&counts),
                Err(error) if is_of_an_account(&error) => {
                    let mut outcome = Outcome::default();
                    outcome.fail(*account, batch::describe(&error));
                    self.write(&mut outcome, slice).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Computes and writes; again where somebody else's change came first.
    async fn attempt(
        &self,
        accounts: &[AccountId],
        slice: &mut Slice,
    ) -> Result<RunCounts, StoreError> {
        let Context { store, moment, policy, rng, .. } = &self.context;
        let is_alone = accounts.len() == 1;
        for _ in 0..if is_alone { ACCOUNT_ATTEMPTS_MAX } else { BATCH_ATTEMPTS_MAX } {
            let until = self.scope.until(moment.on, policy);
            let snapshots = batch::load(store, accounts, until, moment.on).await?;
            let mut outcome = batch::carry_out(snapshots, self.scope, *moment, policy, &**rng);
            match self.write(&mut outcome, slice).await {
                Err(StoreError::Conflict) => {
                    debug!("a batch is computed again");
                    // It may have waited for a lock nearly as long as the lease.
                    store.extend_lease(slice, self.leased_until()).await?;
                }
                result => return result.map(|()| outcome.counts),
            }
        }
        Err(StoreError::Conflict)
    }

    /// Writes what a batch came to, and counts the notices that it queued.
    async fn write(&self, outcome: &mut Outcome, slice: &mut Slice) -> Result<(), StoreError> {
        let mut advanced = slice.clone();
        advanced.counts.add(&outcome.counts);
        let failures = match self.scope {
            // What the first pass cannot bill, a later one tries again, and tells.
            PassScope::Pay(_) | PassScope::TellAhead => &[],
            PassScope::PayAndEnforce(_) => outcome.failures.as_slice(),
        };
        let progress =
            SliceProgress { slice: &advanced, leased_until: self.leased_until(), failures };
        let queued = self.context.write(&outcome.changes, Some(&progress)).await?;
        outcome.counts.notices = queued;
        self.context.observer.committed(&outcome.counts);
        advanced.counts.notices += queued;
        *slice = advanced;
        for Failure { account, reason } in failures {
            error!(account.key = %account, reason, "an account cannot be billed, the others are");
        }
        Ok(())
    }
}

/// Whether one account of the batch may be to blame, and the others can be billed without it.
pub(super) fn is_of_an_account(error: &StoreError) -> bool {
    matches!(error, StoreError::Refused(_) | StoreError::Conflict | StoreError::Unreadable { .. })
}

/// The account to go on with after `accounts`; none where fewer came than were asked for.
pub(super) fn after(accounts: &[AccountId], limit: u32) -> Option<AccountId> {
    let is_full = u32::try_from(accounts.len()).is_ok_and(|count| count >= limit);
    let last = accounts.last().filter(|_| is_full)?;
    AccountId::from_i64(last.to_i64() + 1).ok()
}
