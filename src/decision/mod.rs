//! The decision: what happens to one account on one billing date.
//!
//! [`decide`] is pure. The run, the dry run, the forecast and a top-up call the same function and apply
//! different parts of its [`Decision`]. [`AccountSnapshot::pay`] and [`AccountSnapshot::enforce`] apply it in
//! memory, to the snapshot, and return what has to be written. `reload_outcome` applies the outcome of a
//! reload, `repricing` a change of prices, `notices` builds the notices, and `change_log` the entries for
//! changes made by hand.

mod change_log;
mod notices;
mod reload_outcome;
mod repricing;
mod undo;

pub use notices::Facts;
pub use repricing::Agreed;
pub use undo::{ChargedPeriod, RunToUndo, Undone};

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

/// Everything that the decision needs to know about one account, read at one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountSnapshot {
    /// The number of changes to the account so far. A change is written only if this is still the stored version.
    pub version: i64,
    pub book: Book,
    /// All subscriptions that the account ever had.
    pub subscription_count: i64,
    /// At least the live subscriptions with a period due, ordered by `ordinal`.
    pub subscriptions: Vec<Subscription>,
    pub reloads: Reloads,
    pub preferences: NotificationPreferences,
}

/// The outcome of [`decide`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decision {
    /// Periods to charge, in the order in which they are posted.
    pub charges: Vec<Charge>,
    /// Ordinals of the subscriptions that end at their period's end as requested, with that date.
    pub endings: Vec<(i64, NaiveDate)>,
    /// Renewals that the balance does not cover, in the order in which they were tried.
    pub unfunded: Vec<Unfunded>,
    /// The sum of all periods that are due and not charged; `None` if there are none.
    pub unpaid: Option<Money>,
    /// The amount of the reload to request now.
    pub reload: Option<Money>,
}

/// One period to charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    pub paid: Paid,
    /// May be zero.
    pub price: Money,
}

/// One renewal that the balance does not cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfunded {
    pub paid: Paid,
    pub price: Money,
    pub verdict: Verdict,
    /// The first day on which the number can be released.
    pub kept_until: NaiveDate,
}

/// The consequence of an unfunded renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    BecomesPastDue,
    StaysPastDue,
    /// The subscription ends.
    Release,
}

/// A snapshot whose data contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BrokenSnapshot {
    #[error(transparent)]
    Calendar(#[from] BeyondCalendar),
    #[error(transparent)]
    Money(#[from] MoneyError),
    #[error("the ledger refuses a charge: {0}")]
    Posting(#[from] PostError),
    #[error("a renewal to reverse is not the latest of its subscription")]
    Undo,
}

/// Decides on one account's renewals at `now`.
///
/// Every period that starts on or before the billing date and is not yet charged is tried, ordered by
/// its start, then by the subscription's start, then by number. A period is paid whole or not at all. If the
/// remaining balance does not cover it, it and the later periods of its subscription are unfunded, and the next
/// subscription is tried. If auto-reload is on, the missing amount is requested as one reload, and nothing is
/// released while that money may still arrive.
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
        // A free number renews even if the balance is negative.
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

/// The due periods in the order in which they are tried. Subscriptions that end instead are added to
/// `decision.endings`.
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

/// The verdict on an unpaid `period` that has been past due `since`, and the first day on which its number can
/// be released.
fn verdict(
    since: Option<NaiveDate>,
    period: Period,
    today: NaiveDate,
    attempt: Attempt,
    policy: &BillingPolicy,
) -> (Verdict, NaiveDate) {
    let first_tried_on = since.unwrap_or(today);
    // The first attempt was late, so the customer was not warned in time.
    let is_late = first_tried_on > period.start;
    let late_grace_days = if is_late { policy.release.late_grace_days } else { 0 };
    let released_on = days_after(first_tried_on, policy.release.grace_days.max(late_grace_days));
    let verdict = match since {
        _ if today >= released_on && attempt == Attempt::NoneLeft => Verdict::Release,
        None => Verdict::BecomesPastDue,
        Some(_) => Verdict::StaysPastDue,
    };
    // A number that is not released today is released by tomorrow's run at the earliest.
    (verdict, released_on.max(days_after(today, 1)))
}

impl Decision {
    /// The first `max` charges, and nothing else; `None` if there are no more than that. A decision on the account
    /// after these charges has the other charges, in the same order, and everything else.
    pub fn first_charges(&self, max: usize) -> Option<Self> {
        let charges = self.charges.get(..max).filter(|first| first.len() < self.charges.len())?;
        Some(Self { charges: charges.to_vec(), ..Self::default() })
    }

    /// Whether anything is due.
    pub const fn has_due(&self) -> bool {
        !(self.charges.is_empty() && self.endings.is_empty() && self.unfunded.is_empty())
    }

    /// The sum of all due periods, charged and unpaid. `zero` gives the currency.
    pub fn due(&self, zero: Money) -> Result<Money, MoneyError> {
        let unpaid = self.unpaid.unwrap_or(zero);
        self.charges.iter().try_fold(unpaid, |sum, charge| sum.plus(charge.price))
    }

    /// The number of subscriptions to release.
    pub fn releases(&self) -> usize {
        self.unfunded.iter().filter(|unfunded| unfunded.verdict == Verdict::Release).count()
    }
}

/// Whether the release guard lets the run release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Releases {
    Allowed,
    /// Subscriptions that would be released stay past due.
    HeldBack,
}

impl AccountSnapshot {
    /// Applies the charges and endings of `decision`. Returns the transfers to post.
    ///
    /// # Errors
    /// After an error the snapshot is half changed and must be dropped.
    pub fn pay(
        &mut self,
        decision: &Decision,
        moment: Moment,
    ) -> Result<Vec<Transfer>, BrokenSnapshot> {
        let mut transfers = Vec::with_capacity(decision.charges.len());
        for charge in &decision.charges {
            let subscription = self.subscription_mut(charge.paid.subscription);
            let (undone, past_due_since) = (subscription.undone, subscription.past_due_since);
            if !charge.price.is_zero() {
                let entry = Entry::rental(charge.paid, charge.price, undone)?;
                transfers.push(self.book.post(Entry { past_due_since, ..entry }, moment)?);
            }
            let subscription = self.subscription_mut(charge.paid.subscription);
            subscription.periods_charged += 1;
            // The next period has not been tried yet.
            subscription.past_due_since = None;
        }
        for (ordinal, on) in &decision.endings {
            self.subscription_mut(*ordinal).ended = Some((*on, EndReason::Cancelled));
        }
        Ok(transfers)
    }

    /// Applies the verdicts of `decision` on `today`. Only a run does this.
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
                    // An approval may release it at any time.
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

/// The result of [`AccountSnapshot::enforce`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Enforced {
    /// Newly past due.
    pub past_due: Vec<Unfunded>,
    pub released: Vec<Unfunded>,
    /// The number of releases that the guard prevented.
    pub held_back: u64,
}

#[cfg(test)]
mod tests;
