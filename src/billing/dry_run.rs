//! The dry run: the passes of a run, with counters in place of the database.
//!
//! Nothing is written, so a pass does not find in the database what the passes before it did. That is applied in
//! memory to each snapshot that is loaded, which is why memory does not grow with the accounts. The gateway is not
//! asked: after the reload pass, an account with an open reload is left out, since it may be paid or not.

use std::sync::{Arc, Mutex};

use chrono::NaiveDate;

use super::account_pages::{AccountPages, SLICES, accounts_of};
use super::account_writer::AccountWriter;
use super::batch::{Applied, Outcome, PassScope, apply};
use super::context::{Context, RunError};
use super::report::RunReport;
use super::slice_leases::SliceLeases;
use super::snapshots::load;
use crate::decision::AccountSnapshot;
use crate::ids::AccountId;
use crate::run::{Failure, HeldBy, Run, RunCounts, RunStatus};
use crate::store::accounts::snapshots::LoadedSnapshot;
use crate::store::runs::slices::{Slice, divide_accounts};
use crate::store::{AccountChange, StoreError};

/// The dry run, at one of its passes.
pub(super) struct DryRun {
    /// The ranges of accounts that no worker of the pass has taken.
    ranges: Mutex<Vec<(AccountId, AccountId)>>,
    /// The passes before this one.
    earlier: Vec<PassScope>,
    /// The accounts that cannot be billed, of all passes.
    failures: Arc<Mutex<Vec<Failure>>>,
}

impl DryRun {
    /// At the first pass.
    pub(super) fn new() -> Self {
        Self::at(Vec::new(), Arc::default())
    }

    fn at(earlier: Vec<PassScope>, failures: Arc<Mutex<Vec<Failure>>>) -> Self {
        Self { ranges: Mutex::new(divide_accounts(SLICES)), earlier, failures }
    }

    /// At the pass after the one with `scope`.
    pub(super) fn after(&self, scope: PassScope) -> Self {
        let earlier = self.earlier.iter().copied().chain([scope]).collect();
        Self::at(earlier, Arc::clone(&self.failures))
    }

    pub(super) fn next_slice(&self, leases: &SliceLeases) -> Option<Slice> {
        let (first, last) = self.ranges.lock().expect("the lock is not poisoned").pop()?;
        Some(leases.unleased(first, last))
    }

    /// Counts `outcome`, and keeps those of its `failures` that are reported.
    pub(super) fn count(&self, outcome: Outcome, failures: &[Failure]) -> RunCounts {
        let notices = outcome.changes.iter().map(AccountChange::notice_count).sum();
        self.failures.lock().expect("the lock is not poisoned").extend_from_slice(failures);
        RunCounts { notices, ..outcome.counts }
    }

    pub(super) async fn load(
        &self,
        context: &Context,
        accounts: &[AccountId],
        until: NaiveDate,
    ) -> Result<Vec<LoadedSnapshot>, StoreError> {
        let mut loaded = self.load_all(context, accounts, until).await?;
        if !self.earlier.is_empty() {
            let is_open = |snapshot: &AccountSnapshot| snapshot.reloads.open.is_some();
            loaded.retain(|it| !it.snapshot.as_ref().is_ok_and(is_open));
        }
        Ok(loaded)
    }

    /// All `accounts` after the earlier passes, also those with an open reload.
    async fn load_all(
        &self,
        context: &Context,
        accounts: &[AccountId],
        until: NaiveDate,
    ) -> Result<Vec<LoadedSnapshot>, StoreError> {
        let AccountWriter { store, moment, .. } = &context.writer;
        let mut loaded = load(store, accounts, until, moment.on).await?;
        for snapshot in loaded.iter_mut().filter_map(|it| it.snapshot.as_mut().ok()) {
            for scope in &self.earlier {
                apply_pass(context, snapshot, *scope);
            }
        }
        Ok(loaded)
    }

    /// The report of a run that did `done` in all its passes.
    pub(super) async fn finish(
        &self,
        context: &Context,
        mut done: RunCounts,
    ) -> Result<RunReport, RunError> {
        let AccountWriter { store, moment, policy, .. } = &context.writer;
        let oldest_unbilled = self.oldest_unbilled(context).await?;
        let run = store.find_run(moment.on).await?;
        let is_reported = policy.notices.has_operator && is_news(&done, run.as_ref());
        done.notices += u64::from(is_reported);
        let status = (RunStatus::of_ended(&done), HeldBy::of_ended(&done));
        let mut failures =
            std::mem::take(&mut *self.failures.lock().expect("the lock is not poisoned"));
        failures.sort_by_key(|failure| failure.account);
        Ok(RunReport::new(moment.on, status, &done, &failures, oldest_unbilled))
    }

    /// The oldest due date that the passes leave uncharged.
    async fn oldest_unbilled(&self, context: &Context) -> Result<Option<NaiveDate>, RunError> {
        let AccountWriter { store, moment, policy, .. } = &context.writer;
        let today = moment.on;
        let mut oldest = None;
        let mut pages = AccountPages::new(policy.run.batch_accounts, &context.stop);
        while let Some(due) =
            pages.next(|first, last, limit| store.due_accounts(first, last, today, limit)).await?
        {
            for LoadedSnapshot { account, snapshot } in
                self.load_all(context, &accounts_of(&due), today).await?
            {
                let left = match snapshot {
                    Ok(snapshot) => oldest_left(&snapshot, today),
                    Err(_) => store.oldest_due(account, account, today).await?,
                };
                oldest = [oldest, left].into_iter().flatten().min();
            }
        }
        Ok(oldest)
    }
}

/// Applies a pass to `snapshot`. An account that cannot be billed stays as it is, as in the run.
fn apply_pass(context: &Context, snapshot: &mut AccountSnapshot, scope: PassScope) {
    let AccountWriter { moment, policy, rng, .. } = &context.writer;
    let is_before_reloads = matches!(scope, PassScope::Pay(_));
    if !is_before_reloads && snapshot.reloads.open.is_some() {
        return;
    }
    let applied = apply(snapshot.clone(), scope, *moment, policy, &**rng, usize::MAX);
    if let Ok(Applied { change, .. }) = applied {
        *snapshot = change.into_snapshot();
    }
}

/// Whether a run that does this has anything to report that the `run` of the date has not reported before.
fn is_news(done: &RunCounts, run: Option<&Run>) -> bool {
    let Some(run) = run.filter(|run| run.finished_at.is_some()) else { return true };
    // The guard judges anew each time; the same result is not news.
    let others = RunCounts { held_back: 0, ..done.clone() };
    others != RunCounts::default() || done.held_back != run.counts.held_back
}

/// The oldest due date that `snapshot` leaves uncharged.
fn oldest_left(snapshot: &AccountSnapshot, today: NaiveDate) -> Option<NaiveDate> {
    let live = snapshot.subscriptions.iter().filter(|it| it.ended.is_none());
    live.filter_map(|it| it.next_renewal_on().ok()).filter(|due| *due <= today).min()
}
