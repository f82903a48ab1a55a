//! Decides on a batch of accounts, and applies the decisions in memory.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::error_chain::describe;
use crate::calendar::days_after;
use crate::clock::Moment;
use crate::decision::{AccountSnapshot, BrokenSnapshot, Decision, Facts, Releases, decide};
use crate::ids::{AccountId, ReloadId};
use crate::ledger::Transfer;
use crate::money::MoneyError;
use crate::notice::Notice;
use crate::policy::BillingPolicy;
use crate::reload::Reload;
use crate::rng::Rng;
use crate::run::{Failure, Run, RunCounts};
use crate::store::AccountChange;
use crate::store::accounts::snapshots::LoadedSnapshot;

/// How much of a decision a pass applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PassScope {
    /// Charges, endings, and the request of a reload.
    Pay(CountedAccounts),
    /// Charges, endings, and the consequences for what stays unfunded.
    PayAndEnforce(Releases),
    /// None of it; only coming renewals are announced.
    AnnounceRenewals,
}

impl PassScope {
    /// Whether an account that fails in this pass is reported, because no later pass bills it.
    pub(super) const fn reports_failures(self) -> bool {
        matches!(self, Self::PayAndEnforce(_))
    }

    /// A snapshot for this pass has the subscriptions that renew on this day or earlier.
    pub(super) fn until(self, today: NaiveDate, policy: &BillingPolicy) -> NaiveDate {
        match self {
            Self::Pay(_) | Self::PayAndEnforce(_) => today,
            Self::AnnounceRenewals => days_after(today, policy.notices.ahead_days),
        }
    }
}

/// Which accounts the run report counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CountedAccounts {
    /// All with something due.
    Due,
    /// All that are charged. If a date is run again, the others have been counted before.
    Charged,
}

impl CountedAccounts {
    /// What is counted for today's `run`, if that exists.
    pub(super) fn of(run: Option<&Run>) -> Self {
        let has_ended = run.is_some_and(|run| run.finished_at.is_some());
        if has_ended { Self::Charged } else { Self::Due }
    }

    /// 1 if an account with this decision counts, else 0.
    pub(super) fn count(self, decision: &Decision) -> u64 {
        u64::from(match self {
            Self::Due => decision.has_due(),
            Self::Charged => !decision.charges.is_empty(),
        })
    }
}

/// The outcome of a batch: what to write, and what to count once that is written.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) changes: Vec<AccountChange>,
    pub(super) counts: RunCounts,
    pub(super) failures: Vec<Failure>,
    /// What is left of the batch for another transaction.
    pub(super) rest: Option<BatchRest>,
}

/// What is left of a batch if it has more periods than one transaction charges.
#[derive(Debug)]
pub(super) struct BatchRest {
    /// The first account that is left.
    pub(super) account: AccountId,
    /// That account once the outcome is written, if a part of its periods is charged.
    pub(super) begun: Option<AccountSnapshot>,
}

/// Decides on `snapshots` and applies the part of the decisions that is in `scope`, up to about `periods_max` periods.
pub(super) fn decide_batch(
    snapshots: Vec<LoadedSnapshot>,
    scope: PassScope,
    moment: Moment,
    policy: &BillingPolicy,
    rng: &dyn Rng,
    periods_max: usize,
) -> Outcome {
    let mut outcome = Outcome::default();
    let mut left = periods_max;
    for LoadedSnapshot { account, snapshot } in snapshots {
        if left == 0 {
            outcome.rest = Some(BatchRest { account, begun: None });
            break;
        }
        let result = snapshot.map_err(|error| describe(&error)).and_then(|before| {
            apply(before, scope, moment, policy, rng, left).map_err(|error| describe(&error))
        });
        match result {
            Ok(Applied { change, counts, is_whole }) => {
                outcome.counts.add(&counts);
                left = left.saturating_sub(change.size());
                if !is_whole {
                    outcome.rest = Some(BatchRest { account, begun: Some(change.written()) });
                }
                if !change.is_empty() {
                    outcome.changes.push(change);
                }
            }
            Err(reason) => outcome.failures.push(Failure { account, reason }),
        }
        if outcome.rest.is_some() {
            break;
        }
    }
    outcome
}

/// What a pass makes of one account.
pub(super) struct Applied {
    pub(super) change: AccountChange,
    pub(super) counts: RunCounts,
    /// Whether nothing is left for another transaction.
    pub(super) is_whole: bool,
}

impl Outcome {
    /// The outcome of a batch in which `account` could not be billed.
    pub(super) fn failed(account: AccountId, reason: String) -> Self {
        Self { failures: vec![Failure { account, reason }], ..Self::default() }
    }
}

/// Decides on one account and applies what is in `scope`, up to `periods_max` periods. Returns what has to be written,
/// and its counts.
pub(super) fn apply(
    before: AccountSnapshot,
    scope: PassScope,
    moment: Moment,
    policy: &BillingPolicy,
    rng: &dyn Rng,
    periods_max: usize,
) -> Result<Applied, BrokenSnapshot> {
    let (change, counts, is_whole) = match scope {
        PassScope::Pay(counted) => {
            let mut settled = pay_part(before.clone(), moment, policy, periods_max)?;
            let is_whole = settled.is_whole;
            // An account counts once, with its last part.
            settled.counts.accounts = if is_whole { counted.count(&settled.decision) } else { 0 };
            let request = settled.request(moment, rng);
            let (change, counts) = settled.conclude(&before, moment, policy)?;
            (change.requesting(request), counts, is_whole)
        }
        PassScope::PayAndEnforce(releases) => {
            let mut settled = pay_part(before.clone(), moment, policy, periods_max)?;
            let is_whole = settled.is_whole;
            settled.enforce(releases, moment);
            let (change, counts) = settled.conclude(&before, moment, policy)?;
            (change, counts, is_whole)
        }
        PassScope::AnnounceRenewals => {
            let (change, counts) = announce_renewals(&before, moment, policy)?;
            (change, counts, true)
        }
    };
    Ok(Applied { change, counts, is_whole })
}

fn announce_renewals(
    before: &AccountSnapshot,
    moment: Moment,
    policy: &BillingPolicy,
) -> Result<(AccountChange, RunCounts), BrokenSnapshot> {
    let mut after = before.clone();
    let until = days_after(moment.on, policy.notices.ahead_days);
    let notices = after.announce_renewals(until, policy.notices.ahead, moment, policy)?;
    let change = AccountChange::between(before, after, Vec::new()).telling(notices);
    Ok((change, RunCounts::default()))
}

/// A snapshot in which everything that the balance covers is paid.
pub(super) struct SettledAccount {
    pub(super) snapshot: AccountSnapshot,
    /// Its charges and endings have been applied.
    pub(super) decision: Decision,
    pub(super) transfers: Vec<Transfer>,
    pub(super) counts: RunCounts,
    /// What its notices are about.
    pub(super) facts: Facts,
    /// Whether everything that the balance covers is paid. If not, the decision has only the charges that are paid,
    /// and the rest is decided once these are written.
    pub(super) is_whole: bool,
}

/// Decides on `snapshot` and pays what the balance covers. The run, a check, a top-up and a captured reload all
/// begin with this.
pub(super) fn pay(
    snapshot: AccountSnapshot,
    moment: Moment,
    policy: &BillingPolicy,
) -> Result<SettledAccount, BrokenSnapshot> {
    pay_part(snapshot, moment, policy, usize::MAX)
}

/// As [`pay`], but at most `periods_max` periods, so that one transaction can charge them.
pub(super) fn pay_part(
    mut snapshot: AccountSnapshot,
    moment: Moment,
    policy: &BillingPolicy,
    periods_max: usize,
) -> Result<SettledAccount, BrokenSnapshot> {
    let decision = decide(&snapshot, moment, policy)?;
    let (decision, is_whole) = match decision.first_charges(periods_max) {
        Some(first) => (first, false),
        None => (decision, true),
    };
    let transfers = snapshot.pay(&decision, moment)?;
    let renewed = decision.charges.len() as u64;
    let counts = RunCounts { renewed, amounts: amounts(&transfers)?, ..RunCounts::default() };
    let charges = decision.charges.clone();
    let facts = Facts { charges, is_partial: !is_whole, ..Facts::default() };
    Ok(SettledAccount { snapshot, decision, transfers, counts, facts, is_whole })
}

impl SettledAccount {
    /// Requests the reload that was decided on, if any.
    pub(super) fn request(&mut self, moment: Moment, rng: &dyn Rng) -> Option<Reload> {
        let amount = self.decision.reload?;
        let id = ReloadId::random(self.snapshot.book.account, rng);
        self.counts.reloads.requested = 1;
        Some(self.snapshot.request_reload(amount, id, moment))
    }

    /// Applies the consequences for what stays unfunded.
    pub(super) fn enforce(&mut self, releases: Releases, moment: Moment) {
        let enforced = self.snapshot.enforce(&self.decision, moment.on, releases);
        self.counts.past_due = enforced.past_due.len() as u64;
        self.counts.released = enforced.released.len() as u64;
        self.counts.held_back = enforced.held_back;
        self.facts.past_due = enforced.past_due;
        self.facts.released = enforced.released;
    }

    /// The change from `before`, with its notices, and its counts.
    pub(super) fn conclude(
        mut self,
        before: &AccountSnapshot,
        moment: Moment,
        policy: &BillingPolicy,
    ) -> Result<(AccountChange, RunCounts), BrokenSnapshot> {
        let notices = self.notices(moment, policy)?;
        let change = AccountChange::between(before, self.snapshot, self.transfers);
        Ok((change.telling(notices), self.counts))
    }

    /// The notices to the account, once everything else is applied.
    fn notices(
        &mut self,
        moment: Moment,
        policy: &BillingPolicy,
    ) -> Result<Vec<Notice>, BrokenSnapshot> {
        self.snapshot.notify(&self.facts, moment, policy)
    }
}

/// The sums of the charges by currency, in 10⁻⁶ units.
fn amounts(transfers: &[Transfer]) -> Result<BTreeMap<String, i64>, MoneyError> {
    let mut amounts = BTreeMap::new();
    for transfer in transfers {
        let charged = transfer.entry.amount.negated()?;
        let sum: &mut i64 = amounts.entry(charged.currency().code().to_owned()).or_default();
        *sum = sum.checked_add(charged.micros()).ok_or(MoneyError::Overflow)?;
    }
    Ok(amounts)
}
