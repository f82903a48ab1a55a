//! Undoes a run that should not have been: reverses its charges, and restores periods, past-due marks and released
//! numbers, account by account.
//!
//! The progress is written with each batch, so that an interrupted undo continues where it stopped and no account is
//! processed twice.

use std::collections::BTreeMap;

use tracing::info;

use super::account_pages::AccountPages;
use super::account_writer::AccountWriter;
use super::context::{Context, RunError};
use super::error_chain::describe;
use super::retry::{BatchParts, until_written};
use super::snapshots::load;
use crate::calendar::LAST_DAY;
use crate::decision::{RunToUndo, Undone};
use crate::ids::AccountId;
use crate::reload::Reload;
use crate::rental::Msisdn;
use crate::run::Failure;
use crate::store::runs::undo::{LoadedUndo, UndoProgress};
use crate::store::{AccountChange, Progress, StoreError};

/// What undoing a run did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UndoReport {
    /// Accounts that changed.
    pub accounts: u64,
    /// Renewals reversed.
    pub reversed: u64,
    /// The sum of them by currency, in 10⁻⁶ units.
    pub amounts: BTreeMap<String, i64>,
    /// Released numbers that are rented again.
    pub restored: Vec<(AccountId, Msisdn)>,
    /// Numbers that stay lost, because they are no longer free for their last renter.
    pub lost: Vec<(AccountId, Msisdn)>,
    /// The reloads since the run: those captured are to be refunded at the gateway.
    pub reloads: Vec<Reload>,
    /// Notices queued.
    pub notices: u64,
    /// The accounts that stay as the run left them.
    pub failures: Vec<Failure>,
}

/// Whether to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndoMode {
    Preview,
    Write,
}

/// Undoes `run`, which must be the latest. Returns what this call did.
///
/// # Errors
/// [`RunError`]; what was committed stays valid, and another call continues.
pub async fn undo(
    context: &Context,
    run: RunToUndo<'_>,
    mode: UndoMode,
) -> Result<UndoReport, RunError> {
    let AccountWriter { store, policy, .. } = &context.writer;
    if mode == UndoMode::Write {
        store.begin_undo(run.date).await?;
    }
    let position = store.find_undo_position(run.date).await?;
    let mut undo = Undo { context, run, mode, position: position.unwrap_or(0) };
    let mut report = UndoReport::default();
    if position.is_some() || mode == UndoMode::Preview {
        let Ok(first) = u32::try_from(undo.position) else { return undo.finish(report).await };
        let pages = AccountPages::new(policy.run.batch_accounts, &context.stop);
        let pages = pages.between(AccountId::new(first), AccountId::MAX);
        let mut pages = pages.reporting_to(&*context.observer);
        while let Some(accounts) =
            pages.next(|first, _, limit| store.account_ids(first, limit)).await?
        {
            undo.do_batch(&accounts, &mut report).await?;
        }
    }
    undo.finish(report).await
}

struct Undo<'a> {
    context: &'a Context,
    run: RunToUndo<'a>,
    mode: UndoMode,
    /// The accounts before this one are done.
    position: i64,
}

impl Undo<'_> {
    async fn do_batch(
        &mut self,
        accounts: &[AccountId],
        report: &mut UndoReport,
    ) -> Result<(), RunError> {
        let mut parts = BatchParts::of(accounts);
        while let Some(part) = parts.next() {
            let to = part.last().map_or(self.position, |last| last.to_i64() + 1);
            match self.attempt(part, to).await {
                Ok(done) => report.add(done),
                Err(error) => {
                    let Some((account, error)) = parts.isolate(part, error)? else { continue };
                    self.put(&[], to).await?;
                    report.failures.push(Failure { account, reason: describe(&error) });
                }
            }
            self.position = to;
        }
        Ok(())
    }

    async fn attempt(&self, accounts: &[AccountId], to: i64) -> Result<UndoReport, StoreError> {
        until_written(|| async {
            let (changes, report) = self.compute(accounts).await?;
            Ok::<_, StoreError>(match self.put(&changes, to).await {
                // Another account has rented a number since it was read.
                Err(StoreError::NumberTaken) => Err(StoreError::Conflict),
                Ok(notices) => Ok(UndoReport { notices, ..report }),
                Err(error) => Err(error),
            })
        })
        .await
    }

    /// Writes `changes` and the progress. Returns how many notices were queued.
    async fn put(&self, changes: &[AccountChange], to: i64) -> Result<u64, StoreError> {
        if self.mode == UndoMode::Preview {
            return Ok(changes.iter().map(AccountChange::notice_count).sum());
        }
        let progress = UndoProgress { date: self.run.date, from: self.position, to };
        self.context.writer.write(changes, Some(Progress::Undo(progress))).await
    }

    async fn compute(
        &self,
        accounts: &[AccountId],
    ) -> Result<(Vec<AccountChange>, UndoReport), StoreError> {
        let AccountWriter { store, moment, .. } = &self.context.writer;
        let snapshots = load(store, accounts, LAST_DAY, moment.on).await?;
        let snapshots = snapshots.into_iter().map(|it| (it.account, it.snapshot)).collect();
        let (mut changes, mut report) = (Vec::new(), UndoReport::default());
        for loaded in store.load_undo(snapshots, self.run.date, self.run.previous).await? {
            let account = loaded.account;
            match self.compute_one(loaded, &mut report) {
                Ok(change) => changes.extend(Some(change).filter(|change| !change.is_empty())),
                Err(reason) => report.failures.push(Failure { account, reason }),
            }
        }
        report.accounts = changes.len() as u64;
        Ok((changes, report))
    }

    /// The change of one account, which is counted in `report`; an error in words if the account cannot be read or its
    /// data contradict each other.
    fn compute_one(
        &self,
        loaded: LoadedUndo,
        report: &mut UndoReport,
    ) -> Result<AccountChange, String> {
        let AccountWriter { moment, policy, .. } = &self.context.writer;
        let LoadedUndo { account, snapshot, charged, free } = loaded;
        let before = snapshot.map_err(|error| describe(&error))?;
        let mut after = before.clone();
        let outcome = after.undo(self.run, &charged, &free, *moment);
        let (undone, transfers) = outcome.map_err(|error| describe(&error))?;
        let notices = after.notify_of_undo(&undone, self.run.date, *moment, policy);
        let notices = notices.map_err(|error| describe(&error))?;
        let entries = after.changes_since(&before).map_err(|error| describe(&error))?;
        report.count(account, &undone);
        Ok(AccountChange::between(&before, after, transfers)
            .telling(notices)
            .with_change_log(entries, *moment))
    }

    async fn finish(&self, mut report: UndoReport) -> Result<UndoReport, RunError> {
        let AccountWriter { store, clock, .. } = &self.context.writer;
        report.reloads = store.reloads_since(self.run.date).await?;
        if self.mode == UndoMode::Write {
            store.finish_undo(self.run.date, clock.now()).await?;
            info!(
                run.date = %self.run.date,
                undo.accounts = report.accounts,
                undo.reversed = report.reversed,
                undo.restored = report.restored.len(),
                "the run was undone"
            );
        }
        Ok(report)
    }
}

impl UndoReport {
    fn count(&mut self, account: AccountId, undone: &Undone) {
        self.reversed += undone.reversed.len() as u64;
        for charge in &undone.reversed {
            let code = charge.price.currency().code().to_owned();
            let sum = self.amounts.entry(code).or_default();
            // This is for display only, so an overflow must not stop the undo.
            *sum = sum.saturating_add(charge.price.micros());
        }
        let of_account = |msisdn: &Msisdn| (account, msisdn.clone());
        self.restored.extend(undone.restored.iter().map(of_account));
        self.lost.extend(undone.lost.iter().map(of_account));
    }

    fn add(&mut self, other: Self) {
        self.accounts += other.accounts;
        self.reversed += other.reversed;
        for (code, micros) in other.amounts {
            let sum = self.amounts.entry(code).or_default();
            *sum = sum.saturating_add(micros);
        }
        self.restored.extend(other.restored);
        self.lost.extend(other.lost);
        self.notices += other.notices;
        self.failures.extend(other.failures);
    }
}
