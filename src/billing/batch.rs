//! A batch of accounts: decide, write, and find the culprit where it fails.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use tracing::debug;

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
use crate::store::accounts::snapshots::LoadedSnapshot;
use crate::store::{AccountChange, Store, StoreError};

/// How much of a decision a pass carries out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PassScope {
    /// Charges and endings, and what is asked of the card.
    Pay(CountedAccounts),
    /// Charges and endings, and what follows for what stays unfunded.
    PayAndEnforce(Releases),
    /// Nothing: those are told whose renewals are to come.
    TellAhead,
}

impl PassScope {
    /// The last day whose renewals a snapshot has to have.
    pub(super) fn until(self, today: NaiveDate, policy: &BillingPolicy) -> NaiveDate {
        match self {
            Self::Pay(_) | Self::PayAndEnforce(_) => today,
            Self::TellAhead => days_after(today, policy.notices.ahead_days),
        }
    }
}

/// Whom a run counts among its accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CountedAccounts {
    /// Everyone who has something due.
    Everyone,
    /// Whoever is charged: when a date is run again, the others were counted the first time.
    Charged,
}

impl CountedAccounts {
    /// The counted of today's run, which may have ended before.
    pub(super) fn of(run: Option<&Run>) -> Self {
        let has_ended = run.is_some_and(|run| run.finished_at.is_some());
        if has_ended { Self::Charged } else { Self::Everyone }
    }

    /// 1 if an account with this decision counts.
    pub(super) fn count(self, decision: &Decision) -> u64 {
        u64::from(match self {
            Self::Everyone => decision.has_due(),
            Self::Charged => !decision.charges.is_empty(),
        })
    }
}

/// What a batch comes to: to be written, and to be counted once it is.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) changes: Vec<AccountChange>,
    pub(super) counts: RunCounts,
    pub(super) failures: Vec<Failure>,
}

/// Reads the snapshots of `accounts` on `today`, with what renews on `until` or before. Where one row
/// spoils the statement for all, each account is read alone; an account that cannot be read stands
/// there with the reason.
pub(super) async fn load(
    store: &Store,
    accounts: &[AccountId],
    until: NaiveDate,
    today: NaiveDate,
) -> Result<Vec<LoadedSnapshot>, StoreError> {
    match store.snapshots(accounts, until, today).await {
        Ok(snapshots) if snapshots.len() == accounts.len() => return Ok(snapshots),
        Ok(_) => debug!("a batch has subscriptions without an account"),
        Err(error) if error.is_unavailable() => return Err(error),
        Err(error) => debug!(%error, "a batch cannot be read as a whole"),
    }
    let mut snapshots = Vec::with_capacity(accounts.len());
    for account in accounts {
        let snapshot = match store.find_snapshot(*account, until, today).await {
            Err(error) if error.is_unavailable() => return Err(error),
            Err(error) => Err(error),
            Ok(snapshot) => snapshot.ok_or_else(|| {
                StoreError::unreadable(format!("account {account}"), "it does not exist")
            }),
        };
        snapshots.push(LoadedSnapshot { account: *account, snapshot });
    }
    Ok(snapshots)
}

/// Decides on `snapshots` and carries it out in memory.
pub(super) fn carry_out(
    snapshots: Vec<LoadedSnapshot>,
    scope: PassScope,
    moment: Moment,
    policy: &BillingPolicy,
    rng: &dyn Rng,
) -> Outcome {
    let mut outcome = Outcome::default();
    for LoadedSnapshot { account, snapshot } in snapshots {
        let result = snapshot.map_err(|error| describe(&error)).and_then(|before| {
            settle(before, scope, moment, policy, rng).map_err(|error| describe(&error))
        });
        match result {
            Ok((change, counts)) => {
                outcome.counts.add(&counts);
                if !change.is_empty() {
                    outcome.changes.push(change);
                }
            }
            Err(reason) => outcome.fail(account, reason),
        }
    }
    outcome
}

impl Outcome {
    /// Notes that `account` could not be billed.
    pub(super) fn fail(&mut self, account: AccountId, reason: String) {
        self.failures.push(Failure { account, reason });
    }
}

/// Decides on one account and carries it out in memory: what has to be written, and its counts.
fn settle(
    before: AccountSnapshot,
    scope: PassScope,
    moment: Moment,
    policy: &BillingPolicy,
    rng: &dyn Rng,
) -> Result<(AccountChange, RunCounts), BrokenSnapshot> {
    match scope {
        PassScope::Pay(counted) => {
            let mut settled = pay(before.clone(), moment, policy)?;
            settled.counts.accounts = counted.count(&settled.decision);
            let request = settled.request(moment, rng);
            let (change, counts) = settled.conclude(&before, moment, policy)?;
            Ok((change.requesting(request), counts))
        }
        PassScope::PayAndEnforce(releases) => {
            let mut settled = pay(before.clone(), moment, policy)?;
            settled.enforce(releases, moment);
            settled.conclude(&before, moment, policy)
        }
        PassScope::TellAhead => tell_ahead(&before, moment, policy),
    }
}

/// Tells one account of what renews in the next days, where it is to be told.
fn tell_ahead(
    before: &AccountSnapshot,
    moment: Moment,
    policy: &BillingPolicy,
) -> Result<(AccountChange, RunCounts), BrokenSnapshot> {
    let mut after = before.clone();
    let until = days_after(moment.on, policy.notices.ahead_days);
    let notices = after.tell_ahead(until, policy.notices.ahead, moment, policy)?;
    let change = AccountChange::between(before, after, Vec::new()).telling(notices);
    Ok((change, RunCounts::default()))
}

/// A snapshot on which all is paid that the balance covers.
pub(super) struct SettledAccount {
    pub(super) snapshot: AccountSnapshot,
    /// What was decided, of which the charges and endings are carried out.
    pub(super) decision: Decision,
    pub(super) transfers: Vec<Transfer>,
    pub(super) counts: RunCounts,
    /// What its owner is told of it.
    pub(super) facts: Facts,
}

/// Decides on `snapshot` and pays what the balance covers: the run, a check, a top-up and money that
/// came by card all begin so.
pub(super) fn pay(
    mut snapshot: AccountSnapshot,
    moment: Moment,
    policy: &BillingPolicy,
) -> Result<SettledAccount, BrokenSnapshot> {
    let decision = decide(&snapshot, moment, policy)?;
    let transfers = snapshot.pay(&decision, moment)?;
    let renewed = decision.charges.len() as u64;
    let counts = RunCounts { renewed, amounts: amounts(&transfers)?, ..RunCounts::default() };
    let facts = Facts { charges: decision.charges.clone(), ..Facts::default() };
    Ok(SettledAccount { snapshot, decision, transfers, counts, facts })
}

impl SettledAccount {
    /// Asks the card for what is still missing, if it was decided so.
    pub(super) fn request(&mut self, moment: Moment, rng: &dyn Rng) -> Option<Reload> {
        let amount = self.decision.reload?;
        let id = ReloadId::random(self.snapshot.book.account, rng);
        self.counts.reloads.requested = 1;
        Some(self.snapshot.request_reload(amount, id, moment))
    }

    /// Carries out what follows for what stays unfunded.
    pub(super) fn enforce(&mut self, releases: Releases, moment: Moment) {
        let enforced = self.snapshot.enforce(&self.decision, moment.on, releases);
        self.counts.past_due = enforced.past_due.len() as u64;
        self.counts.released = enforced.released.len() as u64;
        self.counts.held_back = enforced.held_back;
        self.facts.past_due = enforced.past_due;
        self.facts.released = enforced.released;
    }

    /// What has to be written to get here from `before`, and its counts; the account is told of it.
    pub(super) fn conclude(
        mut self,
        before: &AccountSnapshot,
        moment: Moment,
        policy: &BillingPolicy,
    ) -> Result<(AccountChange, RunCounts), BrokenSnapshot> {
        let notices = self.tell(moment, policy)?;
        let change = AccountChange::between(before, self.snapshot, self.transfers);
        Ok((change.telling(notices), self.counts))
    }

    /// What the account is told, once all else is carried out.
    pub(super) fn tell(
        &mut self,
        moment: Moment,
        policy: &BillingPolicy,
    ) -> Result<Vec<Notice>, BrokenSnapshot> {
        self.snapshot.tell(&self.facts, moment, policy, policy.release.hold.days)
    }
}

/// What was charged, by currency, in 10⁻⁶ units.
fn amounts(transfers: &[Transfer]) -> Result<BTreeMap<String, i64>, MoneyError> {
    let mut amounts = BTreeMap::new();
    for transfer in transfers {
        let charged = transfer.entry.amount.negated()?;
        let sum: &mut i64 = amounts.entry(charged.currency().code().to_owned()).or_default();
        *sum = sum.checked_add(charged.micros()).ok_or(MoneyError::Overflow)?;
    }
    Ok(amounts)
}

/// An error with its sources, in one line.
pub(super) fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text.replace('\n', "; ")
}
