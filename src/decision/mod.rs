//! The decision: what shall happen to one account on one billing date.
//!
//! [`decide`] is pure. The run, the dry run and a top-up call the same function; what differs is
//! how much of its [`Decision`] they carry out. [`AccountSnapshot::pay`] and its siblings carry it out
//! in memory, on the snapshot itself, and hand back what has to be written; what becomes of a
//! reload is carried out likewise, in `reload_outcome`. What is changed by hand is compared in `change_log`.

mod change_log;
mod notices;
mod reload_outcome;
mod repricing;

pub use notices::Facts;
pub use repricing::Agreed;

use std::collections::HashSet;

use chrono::NaiveDate;
use thiserror::Error;

use crate::calendar::{BeyondCalendar, Period, days_after};
use crate::clock::Moment;
use crate::ledger::{Book, Entry, Paid, PostError, Transfer};
use crate::money::{Money, MoneyError};
use crate::notice::NotificationPreferences;
use crate::policy::BillingPolicy;
use crate::reload::{Attempt, Reloads};
use crate::rental::{EndReason, Subscription};

/// Everything that the decision needs to know about one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountSnapshot {
    /// Counts the changes to the account: a change is written only if nobody else's came first.
    pub version: i64,
    /// Its side of the ledger.
    pub book: Book,
    /// Subscriptions that it ever had.
    pub subscription_count: i64,
    /// Its live subscriptions that have something due, by ordinal; others may be among them.
    pub subscriptions: Vec<Subscription>,
    /// Its standing order for reloads, and how they stand.
    pub reloads: Reloads,
    /// What its owner wants to be told.
    pub preferences: NotificationPreferences,
}

/// What shall happen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decision {
    /// Periods to charge, in the order in which they are posted.
    pub charges: Vec<Charge>,
    /// Subscriptions that end by their renter's wish, with the date.
    pub endings: Vec<(i64, NaiveDate)>,
    /// Renewals that cannot be paid, in the order in which they were tried.
    pub unfunded: Vec<Unfunded>,
    /// What all that is due and not charged comes to; none where nothing is.
    pub unpaid: Option<Money>,
    /// What to charge the card now, if anything.
    pub reload: Option<Money>,
}

/// One period to charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    /// Which subscription and period.
    pub paid: Paid,
    /// Its price, which may be nothing.
    pub price: Money,
}

/// One renewal that the balance does not cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfunded {
    /// Which subscription and period.
    pub paid: Paid,
    /// Its price.
    pub price: Money,
    /// What follows.
    pub verdict: Verdict,
    /// The first day on which its number can be lost.
    pub kept_until: NaiveDate,
}

/// What follows from an unfunded renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is past due from this billing date on.
    BecomesPastDue,
    /// It was past due and stays so.
    StaysPastDue,
    /// Its subscription ends.
    Release,
}

/// A snapshot that cannot be decided on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BrokenSnapshot {
    /// A date beyond the calendar.
    #[error(transparent)]
    Calendar(#[from] BeyondCalendar),
    /// Amounts that do not add up.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// A charge that the book refuses.
    #[error("the ledger refuses a charge: {0}")]
    Posting(#[from] PostError),
}

/// What one account's renewals come to at `now` (DESIGN 2.3, 2.4, 2.5, 2.8).
///
/// Every period that starts on or before the billing date and is not charged yet is tried, oldest
/// first, then by the subscription's start, then by number. Each is paid whole or not at all; one
/// that the rest of the balance does not cover is left unfunded, with its subscription's later
/// ones, and the next is tried. What is missing then is asked of the card, where there is an
/// order; nothing is released while money may still come from there.
///
/// # Errors
/// [`BrokenSnapshot`] where the account's own data do not add up.
pub fn decide(
    snapshot: &AccountSnapshot,
    now: Moment,
    policy: &BillingPolicy,
) -> Result<Decision, BrokenSnapshot> {
    let mut decision = Decision::default();
    let attempt = snapshot.reloads.attempt(now.at, &policy.auto_reload);
    let mut available = snapshot.book.available()?;
    let mut unpaid = Money::zero(available.currency());
    let mut stuck = HashSet::new();
    for due in due_periods(snapshot, now.on, &mut decision)? {
        let price = due.subscription.prices.on(due.paid.period.start);
        // A subscription never skips a period.
        if stuck.contains(&due.paid.subscription) {
            unpaid = unpaid.plus(price)?;
            continue;
        }
        let rest = available.minus(price)?;
        // A number that costs nothing renews however little there is.
        if rest.is_negative() && !price.is_zero() {
            let is_first_unpaid = due.index == due.subscription.periods_charged;
            let since = due.subscription.past_due_since.filter(|_| is_first_unpaid);
            let (verdict, kept_until) = verdict(since, due.paid.period, now.on, attempt, policy);
            decision.unfunded.push(Unfunded { paid: due.paid, price, verdict, kept_until });
            stuck.insert(due.paid.subscription);
            unpaid = unpaid.plus(price)?;
        } else {
            available = rest;
            decision.charges.push(Charge { paid: due.paid, price });
        }
    }
    decision.unpaid = (!decision.unfunded.is_empty()).then_some(unpaid);
    if let (Attempt::Now, Some(order)) = (attempt, &snapshot.reloads.auto_reload) {
        let balance = available.minus(snapshot.book.credit_limit)?;
        decision.reload = order.charge_for(balance, unpaid, policy.auto_reload.multiples_max)?;
    }
    Ok(decision)
}

/// One period that is due.
struct Due<'a> {
    subscription: &'a Subscription,
    paid: Paid,
    index: u32,
}

/// What is due, in the order in which it is tried; what ends instead goes into `decision`.
fn due_periods<'a>(
    snapshot: &'a AccountSnapshot,
    today: NaiveDate,
    decision: &mut Decision,
) -> Result<Vec<Due<'a>>, BrokenSnapshot> {
    let mut dues = Vec::new();
    for subscription in snapshot.subscriptions.iter().filter(|s| s.ended.is_none()) {
        let mut index = subscription.periods_charged;
        let mut period = Period::of(subscription.started_on, index)?;
        if subscription.ends_at_period_end {
            if period.start <= today {
                decision.endings.push((subscription.ordinal, period.start));
            }
            continue;
        }
        while period.start <= today {
            let paid = Paid { subscription: subscription.ordinal, period };
            dues.push(Due { subscription, paid, index });
            index += 1;
            period = Period::of(subscription.started_on, index)?;
        }
    }
    dues.sort_by(|a, b| {
        let order = |due: &Due<'a>| (due.paid.period.start, due.subscription.started_on);
        order(a).cmp(&order(b)).then_with(|| a.subscription.msisdn.cmp(&b.subscription.msisdn))
    });
    Ok(dues)
}

/// What follows from an unpaid `period` that has been past due `since`, and the first day on which its
/// number can be lost (DESIGN 2.5).
fn verdict(
    since: Option<NaiveDate>,
    period: Period,
    today: NaiveDate,
    attempt: Attempt,
    policy: &BillingPolicy,
) -> (Verdict, NaiveDate) {
    let first_tried_on = since.unwrap_or(today);
    // Tried late: its renter had no fair warning.
    let is_late = first_tried_on > period.start;
    let late_grace_days = if is_late { policy.release.late_grace_days } else { 0 };
    let released_on = days_after(first_tried_on, policy.release.grace_days.max(late_grace_days));
    let verdict = match since {
        _ if today >= released_on && attempt == Attempt::NoneLeft => Verdict::Release,
        None => Verdict::BecomesPastDue,
        Some(_) => Verdict::StaysPastDue,
    };
    // What is not released today has another run before it.
    (verdict, released_on.max(days_after(today, 1)))
}

impl Decision {
    /// Whether anything is due.
    pub const fn has_due(&self) -> bool {
        !(self.charges.is_empty() && self.endings.is_empty() && self.unfunded.is_empty())
    }

    /// What all that is due comes to, whether the balance covers it or not; `zero` is of its currency.
    ///
    /// # Errors
    /// [`MoneyError`].
    pub fn due(&self, zero: Money) -> Result<Money, MoneyError> {
        let unpaid = self.unpaid.unwrap_or(zero);
        self.charges.iter().try_fold(unpaid, |sum, charge| sum.plus(charge.price))
    }

    /// How many subscriptions it releases.
    pub fn releases(&self) -> usize {
        self.unfunded.iter().filter(|unfunded| unfunded.verdict == Verdict::Release).count()
    }
}

/// Whether a run may release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Releases {
    /// It may.
    Allowed,
    /// The guard holds them back: what would be released is past due instead.
    HeldBack,
}

impl AccountSnapshot {
    /// Carries out the charges and endings of `decision`: the first half of a decision, which a
    /// run's first pass and a top-up share. Returns what was posted.
    ///
    /// # Errors
    /// [`BrokenSnapshot`] where the ledger refuses; the snapshot is to be dropped then.
    pub fn pay(
        &mut self,
        decision: &Decision,
        moment: Moment,
    ) -> Result<Vec<Transfer>, BrokenSnapshot> {
        let mut transfers = Vec::with_capacity(decision.charges.len());
        for charge in &decision.charges {
            if !charge.price.is_zero() {
                let entry = Entry::rental(charge.paid, charge.price)?;
                transfers.push(self.book.post(entry, moment)?);
            }
            let subscription = self.subscription_mut(charge.paid.subscription);
            subscription.periods_charged += 1;
            // Whatever comes next has not been tried yet.
            subscription.past_due_since = None;
        }
        for (ordinal, on) in &decision.endings {
            self.subscription_mut(*ordinal).ended = Some((*on, EndReason::Cancelled));
        }
        Ok(transfers)
    }

    /// Carries out the verdicts of `decision` on `today`: the second half, which belongs to the
    /// run alone. Returns which became past due and were released, and how many were held back.
    pub fn enforce(
        &mut self,
        decision: &Decision,
        today: NaiveDate,
        releases: Releases,
    ) -> Enforced {
        let mut enforced = Enforced::default();
        for unfunded in &decision.unfunded {
            let subscription = self.subscription_mut(unfunded.paid.subscription);
            let was_past_due = subscription.past_due_since.is_some();
            subscription.past_due_since.get_or_insert(today);
            let mut unfunded = *unfunded;
            match (unfunded.verdict, releases) {
                (Verdict::Release, Releases::Allowed) => {
                    subscription.ended = Some((today, EndReason::Unfunded));
                    enforced.released.push(unfunded);
                    continue;
                }
                (Verdict::Release, Releases::HeldBack) => {
                    enforced.held_back += 1;
                    // An approval releases it at any moment.
                    unfunded.kept_until = today;
                }
                (Verdict::BecomesPastDue | Verdict::StaysPastDue, _) => {}
            }
            if !was_past_due {
                enforced.past_due.push(unfunded);
            }
        }
        enforced
    }

    fn subscription_mut(&mut self, ordinal: i64) -> &mut Subscription {
        let index = self.subscriptions.binary_search_by_key(&ordinal, |it| it.ordinal);
        &mut self.subscriptions[index.expect("a decision names only subscriptions of its snapshot")]
    }
}

/// What became of unfunded subscriptions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Enforced {
    /// Past due from now on.
    pub past_due: Vec<Unfunded>,
    /// Ended.
    pub released: Vec<Unfunded>,
    /// Would have ended, had the guard not held it back.
    pub held_back: u64,
}

#[cfg(test)]
mod tests;
