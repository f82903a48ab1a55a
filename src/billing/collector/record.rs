//! Committing an outcome, with its transfer, with what it pays at once, and with the next reload
//! where that is still not enough.

use tracing::{error, info};

use super::{Collector, Fate, Followed};
use crate::billing::Terms;
use crate::billing::batch::{describe, pay};
use crate::billing::reload::SliceBook;
use crate::billing::settle::{ATTEMPTS_MAX, SettleError, standing_of};
use crate::clock::system_now;
use crate::decision::{BrokenStanding, Facts, Standing};
use crate::ids::ReloadId;
use crate::ledger::Transfer;
use crate::payments::Outcome;
use crate::reload::{Reload, ReloadStatus, Settlement};
use crate::store::{AccountChange, StoreError, Tally};

/// What is to be recorded.
pub(super) enum Word {
    /// The gateway said so.
    Gateway(Outcome),
    /// The gateway has never heard of it.
    NeverArrived,
    /// We have never sent it.
    NeverSent,
    /// A person found out, and says how.
    Person(Outcome, String),
}

/// What a word makes of a standing.
struct Applied {
    fate: Fate,
    settlement: Settlement,
    credit: Option<Transfer>,
    facts: Facts,
}

impl Collector {
    /// Commits what is known now of `reload`; nothing where it is known already.
    pub(super) async fn record(
        &self,
        reload: &Reload,
        word: &Word,
        book: Option<&SliceBook<'_>>,
    ) -> Result<Followed, SettleError> {
        let (account, moment) = (reload.id.account(), self.moment);
        let mut goes_on = true;
        for _ in 0..ATTEMPTS_MAX {
            let before = standing_of(&self.store, account, moment.on, moment.on).await?;
            let is_open = before.reloads.open == Some(reload.id);
            if !is_open && !self.overrules(word, reload.id).await? {
                return Ok((Fate::Settled, Tally::default(), None));
            }
            let mut after = before.clone();
            let applied = self.apply(word, reload, &mut after)?;
            let mut facts = applied.facts;
            let mut transfers = Vec::from_iter(applied.credit);
            let (mut tally, mut request) = (count(&applied.fate), None);
            // A decline pays nothing, and the next attempt is a later check's.
            if goes_on && !matches!(applied.fate, Fate::Declined(_)) {
                match pay(after.clone(), moment, &self.terms) {
                    Ok(mut paid_up) => {
                        request = paid_up.request(moment);
                        after = paid_up.standing;
                        facts.charges = paid_up.facts.charges;
                        transfers.extend(paid_up.transfers);
                        tally.add(&paid_up.tally);
                    }
                    // The money is credited all the same.
                    Err(failure) => {
                        error!(account.key = %account, reason = describe(&failure), "an account cannot be billed, its reload is recorded");
                    }
                }
            }
            let further = request.as_ref().map(|reload| reload.id);
            let (status, reason) = (applied.settlement.status, applied.settlement.reason.clone());
            let Terms { policy, hold, .. } = &*self.terms;
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
                Some(book) => book.write(&change, &tally).await,
                None => {
                    let written =
                        self.store.write(&[change], *hold, moment.on, system_now(), None).await;
                    written.map(|_| ())
                }
            };
            match written {
                Err(StoreError::Conflict) if matches!(word, Word::NeverSent) => {
                    // Somebody else may have sent it just now: then it is theirs.
                    if self.find_stale(reload.id).await?.is_none() {
                        return Ok((Fate::Busy, Tally::default(), None));
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
                    return Ok((applied.fate, tally, further));
                }
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// Whether a word counts though the reload was closed before. Money that came is credited,
    /// whoever had said that it would not come.
    async fn overrules(&self, word: &Word, id: ReloadId) -> Result<bool, StoreError> {
        if !matches!(word, Word::Gateway(Outcome::Captured { .. })) {
            return Ok(false);
        }
        let Some(stored) = self.store.find_reload(id).await? else { return Ok(false) };
        let was_closed = matches!(stored.status, ReloadStatus::Declined | ReloadStatus::Lapsed);
        if was_closed {
            error!(reload.id = %id, reload.status = %stored.status, "a reload that was closed is captured after all, it is credited");
        }
        Ok(was_closed)
    }

    fn apply(
        &self,
        word: &Word,
        reload: &Reload,
        after: &mut Standing,
    ) -> Result<Applied, BrokenStanding> {
        let settlement = |status, reason, reference: &Option<String>| Settlement {
            id: reload.id,
            status,
            reason,
            reference: reference.clone(),
            moment: self.moment,
            only_if_unsent: matches!(word, Word::NeverSent),
        };
        let lapse = |after: &mut Standing, why: &str| {
            after.lapse();
            let settlement = settlement(ReloadStatus::Lapsed, Some(why.to_owned()), &None);
            Applied { fate: Fate::Lapsed, settlement, credit: None, facts: Facts::default() }
        };
        Ok(match word {
            Word::Gateway(Outcome::Captured { reference }) => Applied {
                fate: Fate::Captured,
                credit: Some(after.capture(reload, self.moment)?),
                settlement: settlement(ReloadStatus::Captured, None, reference),
                facts: Facts { captured: Some(reload.amount), ..Facts::default() },
            },
            Word::Gateway(Outcome::Declined(decline)) => {
                let counts = after.decline(reload, self.moment, &self.terms.policy.reloads);
                let (reason, reference) = (decline.to_string(), &decline.reference);
                // Of a card that was replaced meanwhile there is nothing to do any more.
                let declined = counts.then(|| (reload.amount, decline.message.clone()));
                let facts = Facts { declined, ..Facts::default() };
                Applied {
                    fate: Fate::Declined(reason.clone()),
                    credit: None,
                    settlement: settlement(ReloadStatus::Declined, Some(reason), reference),
                    facts,
                }
            }
            Word::NeverArrived => lapse(after, "it never reached the gateway"),
            Word::NeverSent => lapse(after, "it was not sent in time"),
            Word::Person(outcome, reason) => {
                let said = self.apply(&Word::Gateway(outcome.clone()), reload, after)?;
                let reason = Some(format!("resolved by hand: {reason}"));
                let mut facts = said.facts;
                // What the operator noted is not for the account to read.
                let declined = facts.declined.take();
                facts.declined = declined.map(|(amount, _)| (amount, NOT_PAID.to_owned()));
                Applied { settlement: Settlement { reason, ..said.settlement }, facts, ..said }
            }
            Word::Gateway(Outcome::InDoubt(_)) => unreachable!("what is in doubt is not recorded"),
        })
    }
}

/// Why a card was not charged, where only a person found out.
const NOT_PAID: &str = "The payment was not completed.";

/// What a fate adds to the counts of a run.
fn count(fate: &Fate) -> Tally {
    let mut tally = Tally::default();
    match fate {
        Fate::Captured => tally.reloads.captured = 1,
        Fate::Declined(_) => tally.reloads.declined = 1,
        Fate::Lapsed | Fate::Open(_) | Fate::Busy | Fate::Settled => {}
    }
    tally
}
