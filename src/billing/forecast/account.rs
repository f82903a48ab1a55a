//! The forecast of one account: what the run of each day will do, by the same decision as the run itself, over the
//! balance that the day before leaves. Pure: the days are parameters.
//!
//! Only days on which something can happen are computed: a period falls due, a number may be released, or a card may be
//! charged. The decision gets only the subscriptions that are due.

use std::collections::HashSet;

use chrono::NaiveDate;

use super::day::DayCounts;
use crate::billing::batch::{SettledAccount, pay};
use crate::calendar::{BeyondCalendar, days_after, renewal_on};
use crate::clock::Moment;
use crate::decision::{AccountSnapshot, BrokenSnapshot, Charge, Releases, Verdict, decide};
use crate::money::{Currency, Money, MoneyError};
use crate::policy::BillingPolicy;
use crate::rental::Subscription;
use crate::rng::SeededRng;

/// The forecast of one account.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct AccountForecast {
    pub(super) currency: Currency,
    /// The days on which something happens, with their indexes, in order.
    pub(super) days: Vec<(usize, DayCounts)>,
    /// Numbers that are not paid on at least one of the days.
    pub(super) short_numbers: u64,
    /// Whether a reload is open at the beginning, and so until the end.
    pub(super) is_in_doubt: bool,
}

/// Computes an account over `days`, which follow each other. Its snapshot has the subscriptions that renew on one of
/// them or earlier, and the number of reloads captured on the first.
///
/// Every charge of its card is assumed to succeed. An open reload stays open: its outcome is not guessed, and nothing
/// is released meanwhile, as in the run.
///
/// # Errors
/// [`BrokenSnapshot`] if the account's data contradict each other.
pub(super) fn forecast_account(
    snapshot: AccountSnapshot,
    days: &[Moment],
    policy: &BillingPolicy,
) -> Result<AccountForecast, BrokenSnapshot> {
    let currency = snapshot.book.balance.currency();
    let is_in_doubt = snapshot.reloads.open.is_some();
    let mut day_counts = Vec::new();
    let mut account = Account::begin(snapshot)?;
    let mut next = match days.first() {
        Some(first) => account.first_event(first.on)?,
        None => None,
    };
    while let Some(on) = next {
        // If the time zone skips the date, it is the run of the next date.
        let index = days.partition_point(|day| day.on < on);
        let Some(day) = days.get(index) else { break };
        let before = index.checked_sub(1).map(|index| days[index].on);
        let counts;
        (account, counts, next) = account.run(*day, before, policy)?;
        day_counts.push((index, counts));
    }
    let short_numbers = account.ever_short.len() as u64;
    Ok(AccountForecast { currency, days: day_counts, short_numbers, is_in_doubt })
}

/// An account between two days.
struct Account {
    /// With the subscriptions that have something unpaid.
    snapshot: AccountSnapshot,
    /// The other subscriptions, each with the day on which it renews.
    waiting: Vec<(NaiveDate, Subscription)>,
    /// The sum of what is due and not paid.
    unpaid: Money,
    /// What is left of the money at the beginning. It is spent before the money from cards.
    own: Money,
    /// Subscriptions that were not paid on at least one day.
    ever_short: HashSet<i64>,
}

impl Account {
    fn begin(mut snapshot: AccountSnapshot) -> Result<Self, BrokenSnapshot> {
        let unpaid = Money::zero(snapshot.book.balance.currency());
        let own = snapshot.book.available()?;
        let subscriptions = std::mem::take(&mut snapshot.subscriptions).into_iter();
        let waiting = subscriptions.map(|it| Ok((it.next_renewal_on()?, it)));
        let waiting = waiting.collect::<Result<_, BeyondCalendar>>()?;
        Ok(Self { snapshot, waiting, unpaid, own, ever_short: HashSet::new() })
    }

    /// The first day from `first` on which something can happen.
    fn first_event(&self, first: NaiveDate) -> Result<Option<NaiveDate>, MoneyError> {
        let due = self.waiting.iter().map(|(on, _)| *on).min();
        let first_due = due.map(|due| due.max(first));
        Ok(if self.may_be_charged()? { Some(first) } else { first_due })
    }

    /// All passes of one day's run. `before` is the day before it, if it is not the first. Returns what the run does, and
    /// the next day on which something can happen.
    fn run(
        mut self,
        day: Moment,
        before: Option<NaiveDate>,
        policy: &BillingPolicy,
    ) -> Result<(Self, DayCounts, Option<NaiveDate>), BrokenSnapshot> {
        let mut counts = DayCounts::none(self.unpaid.currency());
        self.take_due(day.on);
        for subscription in self.snapshot.subscriptions.iter().filter(|it| !it.ends_at_period_end) {
            counts.renewals += newly_due(subscription, before, day.on)?;
        }
        if before.is_some() {
            self.snapshot.reloads.captured_today = 0;
        }
        let sums = (&mut counts, &mut self.own);
        let mut settled = pay_and_reload(self.snapshot, day, before, policy, sums)?;

        let unpaid = settled.decision.unpaid.unwrap_or(Money::zero(self.unpaid.currency()));
        // What was unpaid before is either paid late, or unpaid still in addition to what is unpaid since today.
        counts.short = unpaid.plus(counts.paid_late)?.minus(self.unpaid)?;
        counts.amount = counts.by_balance.plus(counts.by_reload)?.plus(counts.short)?;
        for subscription in settled.snapshot.subscriptions.iter().filter(|it| it.ended.is_none()) {
            if newly_due(subscription, before, day.on)? > 0 {
                counts.short_numbers += 1;
                self.ever_short.insert(subscription.ordinal);
            }
        }
        counts.short_accounts = u64::from(counts.short_numbers > 0);

        settled.enforce(Releases::Allowed, day);
        counts.released = settled.counts.released;
        let kept = settled.decision.unfunded.iter().filter(|it| it.verdict != Verdict::Release);
        let kept_until = kept.map(|it| it.kept_until).min();
        self.snapshot = settled.snapshot;
        self.unpaid = match counts.released {
            0 => unpaid,
            // The unpaid periods of released subscriptions are not charged.
            _ => decide(&self.snapshot, day, policy)?
                .unpaid
                .unwrap_or(Money::zero(unpaid.currency())),
        };
        self.put_back(day.on)?;
        let next = self.next_event(day.on, kept_until)?;
        Ok((self, counts, next))
    }

    /// Moves the subscriptions that are due on `today` to the snapshot.
    fn take_due(&mut self, today: NaiveDate) {
        let due = self.waiting.extract_if(.., |(on, _)| *on <= today);
        self.snapshot.subscriptions.extend(due.map(|(_, subscription)| subscription));
        self.snapshot.subscriptions.sort_unstable_by_key(|it| it.ordinal);
    }

    /// Moves the subscriptions that are no longer due out of the snapshot, and drops those that have ended.
    fn put_back(&mut self, today: NaiveDate) -> Result<(), BeyondCalendar> {
        for subscription in std::mem::take(&mut self.snapshot.subscriptions) {
            let renews_on = subscription.next_renewal_on()?;
            match subscription.ended {
                Some(_) => {}
                None if renews_on > today => self.waiting.push((renews_on, subscription)),
                None => self.snapshot.subscriptions.push(subscription),
            }
        }
        Ok(())
    }

    /// The first day after `today` on which something can happen.
    fn next_event(
        &self,
        today: NaiveDate,
        kept_until: Option<NaiveDate>,
    ) -> Result<Option<NaiveDate>, BrokenSnapshot> {
        let mut events: Vec<_> = self.waiting.iter().map(|(on, _)| *on).min().into_iter().collect();
        for subscription in &self.snapshot.subscriptions {
            events.push(next_due(subscription, today)?);
        }
        if self.may_be_charged()? {
            events.push(days_after(today, 1));
        } else if self.snapshot.reloads.open.is_none() {
            events.extend(kept_until);
        }
        Ok(events.into_iter().filter(|on| *on > today).min())
    }

    /// Whether the next run requests a reload: something is unpaid, or the balance is below the threshold.
    fn may_be_charged(&self) -> Result<bool, MoneyError> {
        let reloads = &self.snapshot.reloads;
        let Some(order) = reloads.order_in_force().filter(|_| reloads.open.is_none()) else {
            return Ok(false);
        };
        let balance = self.snapshot.book.balance;
        Ok(!self.unpaid.is_zero() || balance.minus(order.threshold)?.is_negative())
    }
}

/// Pays what the balance covers, then captures every reload that is requested and pays what that covers.
fn pay_and_reload(
    snapshot: AccountSnapshot,
    day: Moment,
    before: Option<NaiveDate>,
    policy: &BillingPolicy,
    (counts, own): (&mut DayCounts, &mut Money),
) -> Result<SettledAccount, BrokenSnapshot> {
    let mut settled = pay(snapshot, day, policy)?;
    counts.ended = settled.decision.endings.len() as u64;
    count_charges(&settled.decision.charges, before, counts, own)?;
    // The ids of a forecast's reloads are not stored.
    let rng = SeededRng::new(0);
    while let Some(reload) = settled.request(day, &rng) {
        settled.snapshot.capture(&reload, day)?;
        counts.reloads += 1;
        counts.reload_amount = counts.reload_amount.plus(reload.amount)?;
        settled = pay(settled.snapshot, day, policy)?;
        count_charges(&settled.decision.charges, before, counts, own)?;
    }
    Ok(settled)
}

/// Adds the charges to `counts` by where the money comes from, and takes what it can from `own`.
fn count_charges(
    charges: &[Charge],
    before: Option<NaiveDate>,
    counts: &mut DayCounts,
    own: &mut Money,
) -> Result<(), MoneyError> {
    for Charge { paid, price } in charges {
        let by_balance = own.micros().clamp(0, price.micros());
        let by_balance = Money::from_micros(by_balance, price.currency());
        *own = own.minus(by_balance)?;
        // A period that was due before was counted as short on that day.
        if before.is_some_and(|before| paid.period.start <= before) {
            counts.paid_late = counts.paid_late.plus(*price)?;
        } else {
            counts.by_balance = counts.by_balance.plus(by_balance)?;
            counts.by_reload = counts.by_reload.plus(price.minus(by_balance)?)?;
        }
    }
    Ok(())
}

/// The number of unpaid periods that fall due after `before`, up to and including `today`.
fn newly_due(
    subscription: &Subscription,
    before: Option<NaiveDate>,
    today: NaiveDate,
) -> Result<u64, BeyondCalendar> {
    let mut count = 0;
    for months in subscription.periods_charged.. {
        let due = renewal_on(subscription.started_on, months)?;
        if due > today {
            break;
        }
        count += u64::from(before.is_none_or(|before| due > before));
    }
    Ok(count)
}

/// The first day after `today` on which a period falls due.
fn next_due(subscription: &Subscription, today: NaiveDate) -> Result<NaiveDate, BeyondCalendar> {
    let mut months = subscription.periods_charged;
    loop {
        let due = renewal_on(subscription.started_on, months)?;
        if due > today {
            return Ok(due);
        }
        months += 1;
    }
}
