//! Committing an outcome, with its transfer, with what it pays at once, and with the next reload
//! where that is still not enough.

use tracing::{error, info};

use super::{Processed, ReloadProcessor, ReloadResult};
use crate::billing::batch::{describe, pay};
use crate::billing::reload::SliceBook;
use crate::billing::settle::{ATTEMPTS_MAX, SettleError, snapshot_of};
use crate::decision::{AccountSnapshot, BrokenSnapshot, Facts};
use crate::ids::ReloadId;
use crate::ledger::Transfer;
use crate::payments::Outcome;
use crate::reload::{Reload, ReloadStatus, Settlement};
use crate::run::RunCounts;
use crate::store::{AccountChange, StoreError};

/// What is to be recorded.
pub(super) enum Evidence {
    /// The gateway said so.
    Gateway(Outcome),
    /// The gateway has never heard of it.
    NeverArrived,
    /// We have never sent it.
    NeverSent,
    /// A person found out, and says how.
    Person(Outcome, String),
}

/// What a evidence makes of a snapshot.
struct Applied {
    result: ReloadResult,
    settlement: Settlement,
    credit: Option<Transfer>,
    facts: Facts,
}

impl ReloadProcessor {
    /// Commits what is known now of `reload`; nothing where it is known already.
    pub(super) async fn record(
        &self,
        reload: &Reload,
        evidence: &Evidence,
        book: Option<&SliceBook<'_>>,
    ) -> Result<Processed, SettleError> {
        let (account, moment) = (reload.id.account(), self.writer.moment);
        let mut goes_on = true;
        for _ in 0..ATTEMPTS_MAX {
            let before = snapshot_of(&self.writer, account, moment.on).await?;
            let is_open = before.reloads.open == Some(reload.id);
            if !is_open && !self.overrules(evidence, reload.id).await? {
                return Ok((ReloadResult::Settled, RunCounts::default(), None));
            }
            let mut after = before.clone();
            let applied = self.apply(evidence, reload, &mut after)?;
            let mut facts = applied.facts;
            let mut transfers = Vec::from_iter(applied.credit);
            let (mut counts, mut request) = (count(&applied.result), None);
            // A decline pays nothing, and the next attempt is a later check's.
            if goes_on && !matches!(applied.result, ReloadResult::Declined(_)) {
                match pay(after.clone(), moment, &self.writer.policy) {
                    Ok(mut settled) => {
                        request = settled.request(moment, &*self.writer.rng);
                        after = settled.snapshot;
                        facts.charges = settled.facts.charges;
                        transfers.extend(settled.transfers);
                        counts.add(&settled.counts);
                    }
                    // The money is credited all the same.
                    Err(failure) => {
                        error!(account.key = %account, reason = describe(&failure), "an account cannot be billed, its reload is recorded");
                    }
                }
            }
            let further = request.as_ref().map(|reload| reload.id);
            let (status, reason) = (applied.settlement.status, applied.settlement.reason.clone());
            let policy = &*self.writer.policy;
            let hold = policy.release.hold;
            // The money is credited though nothing can be told of it.
            let notices = after.tell(&facts, moment, policy, hold.days).unwrap_or_else(|failure| {
                error!(account.key = %account, reason = describe(&failure), "an account cannot be told of its reload");
                Vec::new()
            });
            let change = AccountChange::between(&before, after, transfers)
                .settling(applied.settlement)
                .requesting(request)
                .telling(notices);
            let written = match book {
                Some(book) => book.write(&change, &counts).await,
                None => self.writer.write(change).await,
            };
            match written {
                Err(StoreError::Conflict) if matches!(evidence, Evidence::NeverSent) => {
                    // Somebody else may have sent it just now: then it is theirs.
                    if self.find_stale(reload.id).await?.is_none() {
                        return Ok((ReloadResult::Busy, RunCounts::default(), None));
                    }
                }
                Err(StoreError::Conflict) => {}
                // What the money would pay at once is broken. It is credited all the same.
                Err(failure @ StoreError::Refused(_)) if goes_on => {
                    error!(account.key = %account, reason = describe(&failure), "an account cannot be billed, its reload is recorded");
                    goes_on = false;
                }
                Err(failure) => return Err(failure.into()),
                Ok(()) => {
                    info!(reload.id = %reload.id, account.key = %account, reload.amount = %reload.amount, reload.status = %status, reason, "a reload is settled");
                    return Ok((applied.result, counts, further));
                }
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// Whether a evidence counts though the reload was closed before. Money that came is credited,
    /// whoever had said that it would not come.
    async fn overrules(&self, evidence: &Evidence, id: ReloadId) -> Result<bool, StoreError> {
        if !matches!(evidence, Evidence::Gateway(Outcome::Captured { .. })) {
            return Ok(false);
        }
        let Some(stored) = self.writer.store.find_reload(id).await? else { return Ok(false) };
        let was_closed = matches!(stored.status, ReloadStatus::Declined | ReloadStatus::Lapsed);
        if was_closed {
            error!(reload.id = %id, reload.status = %stored.status, "a reload that was closed is captured after all, it is credited");
        }
        Ok(was_closed)
    }

    fn apply(
        &self,
        evidence: &Evidence,
        reload: &Reload,
        after: &mut AccountSnapshot,
    ) -> Result<Applied, BrokenSnapshot> {
        let settlement = |status, reason, reference: &Option<String>| Settlement {
            id: reload.id,
            status,
            reason,
            reference: reference.clone(),
            moment: self.writer.moment,
            only_if_unsent: matches!(evidence, Evidence::NeverSent),
        };
        let lapse = |after: &mut AccountSnapshot, why: &str| {
            after.lapse();
            let settlement = settlement(ReloadStatus::Lapsed, Some(why.to_owned()), &None);
            Applied {
                result: ReloadResult::Lapsed,
                settlement,
                credit: None,
                facts: Facts::default(),
            }
        };
        Ok(match evidence {
            Evidence::Gateway(Outcome::Captured { reference }) => Applied {
                result: ReloadResult::Captured,
                credit: Some(after.capture(reload, self.writer.moment)?),
                settlement: settlement(ReloadStatus::Captured, None, reference),
                facts: Facts { captured: Some(reload.amount), ..Facts::default() },
            },
            Evidence::Gateway(Outcome::Declined(decline)) => {
                let counts =
                    after.decline(reload, self.writer.moment, &self.writer.policy.auto_reload);
                let (reason, reference) = (decline.to_string(), &decline.reference);
                // Of a card that was replaced meanwhile there is nothing to do any more.
                let declined = counts.then(|| (reload.amount, decline.message.clone()));
                let facts = Facts { declined, ..Facts::default() };
                Applied {
                    result: ReloadResult::Declined(reason.clone()),
                    credit: None,
                    settlement: settlement(ReloadStatus::Declined, Some(reason), reference),
                    facts,
                }
            }
            Evidence::NeverArrived => lapse(after, "it never reached the gateway"),
            Evidence::NeverSent => lapse(after, "it was not sent in time"),
            Evidence::Person(outcome, reason) => {
                let said = self.apply(&Evidence::Gateway(outcome.clone()), reload, after)?;
                let reason = Some(format!("resolved by hand: {reason}"));
                let mut facts = said.facts;
                // What the operator noted is not for the account to read.
                let declined = facts.declined.take();
                facts.declined = declined.map(|(amount, _)| (amount, NOT_PAID.to_owned()));
                Applied { settlement: Settlement { reason, ..said.settlement }, facts, ..said }
            }
            Evidence::Gateway(Outcome::InDoubt(_)) => {
                unreachable!("what is in doubt is not recorded")
            }
        })
    }
}

/// Why a card was not charged, where only a person found out.
const NOT_PAID: &str = "The payment was not completed.";

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
