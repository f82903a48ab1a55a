//! One account carried through the days ahead: what its runs will do, each by the same decision as the
//! run itself, over the balance that the one before left. Pure: the days are told.
//!
//! A day is looked at only where something can happen on it: a period falls due, a number may be
//! released, or a card may be charged. Only what is due on it is handed to the decision.

use std::collections::HashSet;

use chrono::NaiveDate;

use super::day::DayTally;
use crate::billing::Terms;
use crate::billing::batch::{self, PaidUp};
use crate::calendar::{BeyondCalendar, days_after, renewal_on};
use crate::clock::Moment;
use crate::decision::{BrokenStanding, Charge, Releases, Standing, Verdict, decide};
use crate::money::{Currency, Money, MoneyError};
use crate::rental::Subscription;

/// What becomes of one account.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Foretold {
    pub(super) currency: Currency,
    /// The days on which something happens, by their index, in order.
    pub(super) days: Vec<(usize, DayTally)>,
    /// Its numbers that fall short on any of them.
    pub(super) short_numbers: u64,
    /// Whether a reload is open at the beginning, and so to the end.
    pub(super) is_in_doubt: bool,
}

/// Carries an account through `days`, which follow each other. Its standing has all that renews on
/// one of them, and the count of reloads captured on the first.
///
/// Its card pays whatever it is charged. A reload that is open stays so: what the gateway will say of
/// it is not guessed, and meanwhile nothing is released, as in the run.
///
/// # Errors
/// [`BrokenStanding`] where the account's own data do not add up.
pub(super) fn foretell(
    standing: Standing,
    days: &[Moment],
    terms: &Terms,
) -> Result<Foretold, BrokenStanding> {
    let currency = standing.book.balance.currency();
    let is_in_doubt = standing.reloads.open.is_some();
    let mut tallies = Vec::new();
    let mut account = Account::begin(standing)?;
    let mut next = match days.first() {
        Some(first) => account.first_event(first.on)?,
        None => None,
    };
    while let Some(on) = next {
        // A zone may have skipped the date itself: then it is the next one's run.
        let index = days.partition_point(|day| day.on < on);
        let Some(day) = days.get(index) else { break };
        let before = index.checked_sub(1).map(|index| days[index].on);
        let tally;
        (account, tally, next) = account.run(*day, before, terms)?;
        tallies.push((index, tally));
    }
    let short_numbers = account.ever_short.len() as u64;
    Ok(Foretold { currency, days: tallies, short_numbers, is_in_doubt })
}

/// An account between two days.
struct Account {
    /// With those of its subscriptions that have something unpaid.
    standing: Standing,
    /// The others, each with the day on which it renews.
    waiting: Vec<(NaiveDate, Subscription)>,
    /// What is due and was not paid so far.
    unpaid: Money,
    /// What can still be spent of what was there at the beginning. It is spent before what cards bring.
    own: Money,
    /// Subscriptions that fell short.
    ever_short: HashSet<i64>,
}

impl Account {
    fn begin(mut standing: Standing) -> Result<Self, BrokenStanding> {
        let unpaid = Money::zero(standing.book.balance.currency());
        let own = standing.book.available()?;
        let subscriptions = std::mem::take(&mut standing.subscriptions).into_iter();
        let waiting = subscriptions.map(|it| Ok((it.next_renewal_on()?, it)));
        let waiting = waiting.collect::<Result<_, BeyondCalendar>>()?;
        Ok(Self { standing, waiting, unpaid, own, ever_short: HashSet::new() })
    }

    /// The day, from `first` on, on which something can happen at the earliest.
    fn first_event(&self, first: NaiveDate) -> Result<Option<NaiveDate>, MoneyError> {
        let due = self.waiting.iter().map(|(on, _)| *on).min();
        let first_due = due.map(|due| due.max(first));
        Ok(if self.may_be_charged()? { Some(first) } else { first_due })
    }

    /// One day's run, all its passes; the day that was looked at last is at `before` or earlier. Returns
    /// what it does, and the day on which something can happen next.
    fn run(
        mut self,
        day: Moment,
        before: Option<NaiveDate>,
        terms: &Terms,
    ) -> Result<(Self, DayTally, Option<NaiveDate>), BrokenStanding> {
        let mut tally = DayTally::none(self.unpaid.currency());
        self.take_due(day.on);
        for subscription in self.standing.subscriptions.iter().filter(|it| !it.ends_at_period_end) {
            tally.renewals += newly_due(subscription, before, day.on)?;
        }
        if before.is_some() {
            self.standing.reloads.captured_today = 0;
        }
        let counts = (&mut tally, &mut self.own);
        let mut paid_up = pay_and_reload(self.standing, day, before, terms, counts)?;

        let unpaid = paid_up.decision.unpaid.unwrap_or(Money::zero(self.unpaid.currency()));
        // What was not paid before is paid late, or still unpaid beside what is so from today on.
        tally.short = unpaid.plus(tally.paid_late)?.minus(self.unpaid)?;
        tally.amount = tally.by_balance.plus(tally.by_reload)?.plus(tally.short)?;
        for subscription in paid_up.standing.subscriptions.iter().filter(|it| it.ended.is_none()) {
            if newly_due(subscription, before, day.on)? > 0 {
                tally.short_numbers += 1;
                self.ever_short.insert(subscription.ordinal);
            }
        }
        tally.short_accounts = u64::from(tally.short_numbers > 0);

        paid_up.enforce(Releases::Allowed, day);
        tally.released = paid_up.tally.released;
        let kept = paid_up.decision.unfunded.iter().filter(|it| it.verdict != Verdict::Release);
        let kept_until = kept.map(|it| it.kept_until).min();
        self.standing = paid_up.standing;
        self.unpaid = match tally.released {
            0 => unpaid,
            // The unpaid periods of what is released are not charged any more.
            _ => decide(&self.standing, day, &terms.policy)?
                .unpaid
                .unwrap_or(Money::zero(unpaid.currency())),
        };
        self.put_back(day.on)?;
        let next = self.next_event(day.on, kept_until)?;
        Ok((self, tally, next))
    }

    /// Hands the decision what is due on `today`.
    fn take_due(&mut self, today: NaiveDate) {
        let due = self.waiting.extract_if(.., |(on, _)| *on <= today);
        self.standing.subscriptions.extend(due.map(|(_, subscription)| subscription));
        self.standing.subscriptions.sort_unstable_by_key(|it| it.ordinal);
    }

    /// Takes from it what is not due any more, and forgets what has ended.
    fn put_back(&mut self, today: NaiveDate) -> Result<(), BeyondCalendar> {
        for subscription in std::mem::take(&mut self.standing.subscriptions) {
            let renews_on = subscription.next_renewal_on()?;
            match subscription.ended {
                Some(_) => {}
                None if renews_on > today => self.waiting.push((renews_on, subscription)),
                None => self.standing.subscriptions.push(subscription),
            }
        }
        Ok(())
    }

    /// The day after `today` on which something can happen at the earliest.
    fn next_event(
        &self,
        today: NaiveDate,
        kept_until: Option<NaiveDate>,
    ) -> Result<Option<NaiveDate>, BrokenStanding> {
        let mut events: Vec<_> = self.waiting.iter().map(|(on, _)| *on).min().into_iter().collect();
        for subscription in &self.standing.subscriptions {
            events.push(next_due(subscription, today)?);
        }
        if self.may_be_charged()? {
            events.push(days_after(today, 1));
        } else if self.standing.reloads.open.is_none() {
            events.extend(kept_until);
        }
        Ok(events.into_iter().filter(|on| *on > today).min())
    }

    /// Whether the card is asked for money by whatever run comes next: it has not covered all, or the
    /// balance is low.
    fn may_be_charged(&self) -> Result<bool, MoneyError> {
        let reloads = &self.standing.reloads;
        let Some(order) = reloads.order_in_force().filter(|_| reloads.open.is_none()) else {
            return Ok(false);
        };
        let balance = self.standing.book.balance;
        Ok(!self.unpaid.is_zero() || balance.minus(order.threshold)?.is_negative())
    }
}

/// Pays what the balance covers, then charges the card as often as it is asked for, and pays what that
/// covers.
fn pay_and_reload(
    standing: Standing,
    day: Moment,
    before: Option<NaiveDate>,
    terms: &Terms,
    (tally, own): (&mut DayTally, &mut Money),
) -> Result<PaidUp, BrokenStanding> {
    let mut paid_up = batch::pay(standing, day, terms)?;
    tally.ended = paid_up.decision.endings.len() as u64;
    count_charges(&paid_up.decision.charges, before, tally, own)?;
    while let Some(reload) = paid_up.request(day) {
        paid_up.standing.capture(&reload, day)?;
        tally.reloads += 1;
        tally.reload_amount = tally.reload_amount.plus(reload.amount)?;
        paid_up = batch::pay(paid_up.standing, day, terms)?;
        count_charges(&paid_up.decision.charges, before, tally, own)?;
    }
    Ok(paid_up)
}

/// Adds what was charged to where it belongs, and takes what it can from `own`.
fn count_charges(
    charges: &[Charge],
    before: Option<NaiveDate>,
    tally: &mut DayTally,
    own: &mut Money,
) -> Result<(), MoneyError> {
    for Charge { paid, price } in charges {
        let by_balance = own.micros().clamp(0, price.micros());
        let by_balance = Money::from_micros(by_balance, price.currency());
        *own = own.minus(by_balance)?;
        // What was due before is counted as short there.
        if before.is_some_and(|before| paid.period.start <= before) {
            tally.paid_late = tally.paid_late.plus(*price)?;
        } else {
            tally.by_balance = tally.by_balance.plus(by_balance)?;
            tally.by_reload = tally.by_reload.plus(price.minus(by_balance)?)?;
        }
    }
    Ok(())
}

/// How many periods fall due on `today` that had not on `before`, and are not paid.
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
