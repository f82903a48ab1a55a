//! Commits an outcome with its transfer, with what it pays at once, and with the next reload if that is not enough.

use tracing::{error, info};

use super::evidence::Evidence;
use super::processor::{Processed, ReloadProcessor, ReloadResult};
use crate::billing::batch::pay_part;
use crate::billing::error_chain::describe;
use crate::billing::retry::until_written;
use crate::billing::settle_error::SettleError;
use crate::billing::slice_book::SliceBook;
use crate::decision::{AccountSnapshot, Facts};
use crate::ids::ReloadId;
use crate::ledger::Transfer;
use crate::payments::Outcome;
use crate::reload::{Reload, ReloadStatus};
use crate::run::RunCounts;
use crate::store::{AccountChange, StoreError};

/// Whether the account's due renewals are paid in the same transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PayDue {
    Yes,
    No,
}

/// The account after the outcome, and after what is paid at once.
struct After {
    snapshot: AccountSnapshot,
    transfers: Vec<Transfer>,
    facts: Facts,
    counts: RunCounts,
    /// The reload to process next.
    request: Option<Reload>,
    /// Whether everything that the balance covers is paid.
    is_whole: bool,
}

/// What was written, and whether everything that the balance covers is paid.
type Recorded = (Processed, bool);

impl ReloadProcessor {
    /// Commits what is known of `reload`. Does nothing if it is settled already.
    pub(super) async fn record(
        &self,
        reload: &Reload,
        evidence: &Evidence,
        book: Option<&SliceBook<'_>>,
    ) -> Result<Processed, SettleError> {
        let recorded: Result<Recorded, SettleError> = until_written(|| async {
            match self.try_to_record(reload, evidence, book, PayDue::Yes).await? {
                // A renewal that the database refuses must not prevent the credit.
                Err(failure @ StoreError::Refused(_)) => {
                    log_unbilled(reload, &failure);
                    self.try_to_record(reload, evidence, book, PayDue::No).await
                }
                written => Ok(written),
            }
        })
        .await;
        let ((result, mut counts, further), is_whole) = recorded?;
        if is_whole {
            return Ok((result, counts, further));
        }
        if self.stop.is_cancelled() {
            return Ok((result, counts, None));
        }
        let further = match self.pay_rest(reload, book, &mut counts).await {
            Ok(further) => further,
            Err(SettleError::Store(failure)) if failure.is_unavailable() => {
                return Err(failure.into());
            }
            // The money is credited. The run pays the rest, or reports why it cannot.
            Err(failure) => {
                log_unbilled(reload, &failure);
                None
            }
        };
        Ok((result, counts, further))
    }

    /// Pays what is still due, in as many transactions as it takes, and requests the next reload if one is needed. If
    /// it has to stop in between, the next run or check does the rest.
    async fn pay_rest(
        &self,
        reload: &Reload,
        book: Option<&SliceBook<'_>>,
        done: &mut RunCounts,
    ) -> Result<Option<ReloadId>, SettleError> {
        let (moment, policy) = (self.writer.moment, &*self.writer.policy);
        loop {
            let (counts, further, is_whole) = until_written(|| async {
                let before = self.writer.snapshot_of(reload.id.account(), moment.on).await?;
                let max = policy.run.batch_periods();
                let mut settled = pay_part(before.clone(), moment, policy, max)?;
                let is_whole = settled.is_whole;
                let request = settled.request(moment, &*self.writer.rng);
                let further = request.as_ref().map(|reload| reload.id);
                let (change, counts) = settled.conclude(&before, moment, policy)?;
                let written = self.put(&change.requesting(request), &counts, book).await;
                Ok::<_, SettleError>(written.map(|()| (counts, further, is_whole)))
            })
            .await?;
            done.add(&counts);
            if is_whole || self.stop.is_cancelled() {
                return Ok(further);
            }
        }
    }

    /// Writes a change, with its counts if there is a `book`.
    async fn put(
        &self,
        change: &AccountChange,
        counts: &RunCounts,
        book: Option<&SliceBook<'_>>,
    ) -> Result<(), StoreError> {
        match book {
            Some(book) => book.write(change, counts.clone()).await,
            None => self.writer.write(std::slice::from_ref(change), None).await.map(|_| ()),
        }
    }

    async fn try_to_record(
        &self,
        reload: &Reload,
        evidence: &Evidence,
        book: Option<&SliceBook<'_>>,
        pay_due: PayDue,
    ) -> Result<Result<Recorded, StoreError>, SettleError> {
        let (account, moment, policy) =
            (reload.id.account(), self.writer.moment, &*self.writer.policy);
        let before = self.writer.snapshot_of(account, moment.on).await?;
        let is_open = before.reloads.open == Some(reload.id);
        if !is_open && !self.overrules(evidence, reload.id).await? {
            return Ok(Ok(((ReloadResult::Settled, RunCounts::default(), None), true)));
        }
        let mut snapshot = before.clone();
        let applied = evidence.apply(reload, &mut snapshot, moment, policy)?;
        let mut after = After {
            snapshot,
            transfers: Vec::from_iter(applied.credit),
            facts: applied.facts,
            counts: count(&applied.result),
            request: None,
            is_whole: true,
        };
        // A decline brings no money, and the next attempt is made by a later check.
        if pay_due == PayDue::Yes && !matches!(applied.result, ReloadResult::Declined(_)) {
            self.pay_due(reload, &mut after);
        }
        // A notice that cannot be built must not prevent the credit.
        let notices = after.snapshot.notify(&after.facts, moment, policy);
        let notices = notices.unwrap_or_else(|failure| {
            let reason = describe(&failure);
            error!(account.key = %account, reason, "an account cannot be notified of its reload");
            Vec::new()
        });
        let further = after.request.as_ref().map(|reload| reload.id);
        let (status, reason) = (applied.settlement.status, applied.settlement.reason.clone());
        let change = AccountChange::between(&before, after.snapshot, after.transfers)
            .settling(applied.settlement)
            .requesting(after.request)
            .telling(notices);
        match self.put(&change, &after.counts, book).await {
            Err(StoreError::Conflict) if matches!(evidence, Evidence::NeverSent) => {
                // Another process may have sent it since. Then it is left to that process.
                Ok(match self.find_stale(reload.id).await? {
                    Some(_) => Err(StoreError::Conflict),
                    None => Ok(((ReloadResult::Busy, RunCounts::default(), None), true)),
                })
            }
            Err(failure) => Ok(Err(failure)),
            Ok(()) => {
                info!(reload.id = %reload.id, account.key = %account, reload.amount = %reload.amount, reload.status = %status, reason, "a reload is settled");
                Ok(Ok(((applied.result, after.counts, further), after.is_whole)))
            }
        }
    }

    /// Pays what is due, and requests the next reload if one is needed.
    fn pay_due(&self, reload: &Reload, after: &mut After) {
        let (moment, policy) = (self.writer.moment, &*self.writer.policy);
        match pay_part(after.snapshot.clone(), moment, policy, policy.run.batch_periods()) {
            Ok(mut settled) => {
                after.is_whole = settled.is_whole;
                after.facts.is_partial = !settled.is_whole;
                after.request = settled.request(moment, &*self.writer.rng);
                after.snapshot = settled.snapshot;
                after.facts.charges = settled.facts.charges;
                after.transfers.extend(settled.transfers);
                after.counts.add(&settled.counts);
            }
            // The money is credited in any case.
            Err(failure) => log_unbilled(reload, &failure),
        }
    }

    /// Whether `evidence` counts although the reload was closed before: money that was captured is credited.
    async fn overrules(&self, evidence: &Evidence, id: ReloadId) -> Result<bool, StoreError> {
        if !matches!(evidence, Evidence::Gateway(Outcome::Captured { .. })) {
            return Ok(false);
        }
        let Some(stored) = self.writer.store.find_reload(id).await? else { return Ok(false) };
        let was_closed = matches!(stored.status, ReloadStatus::Declined | ReloadStatus::Lapsed);
        if was_closed {
            error!(reload.id = %id, reload.status = %stored.status, "a reload that was closed was captured after all, it is credited");
        }
        Ok(was_closed)
    }
}

fn log_unbilled(reload: &Reload, failure: &dyn std::error::Error) {
    let (account, reason) = (reload.id.account(), describe(failure));
    error!(account.key = %account, reason, "an account cannot be billed, its reload is recorded");
}

/// What a result adds to the counts of a run.
fn count(result: &ReloadResult) -> RunCounts {
    let mut counts = RunCounts::default();
    match result {
        ReloadResult::Captured => counts.reloads.captured = 1,
        ReloadResult::Declined(_) => counts.reloads.declined = 1,
        ReloadResult::Lapsed
        | ReloadResult::Open(_)
        | ReloadResult::Busy
        | ReloadResult::Settled => {}
    }
    counts
}
