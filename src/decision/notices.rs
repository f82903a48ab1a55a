//! What an account is told of a change: the facts of it, made into notices (DESIGN 2.11).
//!
//! It is part of the decision, so that a dry run knows how many notices a run would queue.

use crate::policy::AheadWhen;
use chrono::NaiveDate;

use super::{AccountSnapshot, BillingPolicy, BrokenSnapshot, Charge, Unfunded};
use crate::calendar::{BeyondCalendar, Period, days_after, renewal_on};
use crate::clock::Moment;
use crate::money::Money;
use crate::notice::{
    Addressee, Ahead, Captured, Charged, Content, Declined, Freed, Listing, LowBalance, Notice,
    PastDue, Receipt, Released, SwitchedOff, Unpaid, Upcoming,
};
use crate::reload::{Attempt, OrderStatus};
use crate::rental::Subscription;

/// What happened to an account in one change, as far as its owner is told.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Periods that were charged, other than by renting.
    pub charges: Vec<Charge>,
    /// Renewals that became past due.
    pub past_due: Vec<Unfunded>,
    /// Renewals whose subscription was released.
    pub released: Vec<Unfunded>,
    /// What a card was charged.
    pub captured: Option<Money>,
    /// What a card was to be charged, and why it was not.
    pub declined: Option<(Money, String)>,
}

impl AccountSnapshot {
    /// What the account is told of `facts`, which are carried out already. A number that came free is
    /// kept for it for `hold_days`.
    ///
    /// # Errors
    /// [`BrokenSnapshot`] where amounts do not add up.
    pub fn tell(
        &mut self,
        facts: &Facts,
        moment: Moment,
        policy: &BillingPolicy,
        hold_days: u32,
    ) -> Result<Vec<Notice>, BrokenSnapshot> {
        let balance = self.book.balance;
        let mut told = Vec::new();
        if let Some(amount) = facts.captured {
            let reloads = vec![amount];
            told.push(Content::ReloadCaptured(Captured { reloads, total: amount, balance }));
        }
        if let Some((amount, reason)) = &facts.declined {
            told.extend(self.tell_decline(*amount, reason, policy));
        }
        let numbers = self.list_charges(&facts.charges)?;
        // What costs nothing needs no receipt.
        if !numbers.total.is_zero() {
            told.push(Content::Renewed(Receipt { numbers, balance }));
        }
        let numbers = self.list_unpaid(&facts.past_due)?;
        if !numbers.is_empty() {
            let missing = self.missing_for(self.unpaid(moment.on)?)?;
            let missing = missing.unwrap_or(Money::zero(balance.currency()));
            let by_card = self.reloads.attempt(moment.at, &policy.auto_reload) != Attempt::NoneLeft;
            told.push(Content::PastDue(PastDue { numbers, balance, missing, by_card }));
        }
        let numbers = self.list_freed(&facts.released, moment.on, hold_days)?;
        if !numbers.is_empty() {
            told.push(Content::Released(Released { numbers, balance }));
        }
        told.extend(self.watch_balance().map(Content::LowBalance));
        Ok(self.notices(told, moment))
    }

    /// What the account is told of renewals after `moment` and until `until`, of which it was not told
    /// before; each is told of once.
    ///
    /// # Errors
    /// [`BrokenSnapshot`] where amounts do not add up.
    pub fn tell_ahead(
        &mut self,
        until: NaiveDate,
        when: AheadWhen,
        moment: Moment,
        policy: &BillingPolicy,
    ) -> Result<Vec<Notice>, BrokenSnapshot> {
        let mut upcoming = Vec::new();
        for (index, subscription) in self.subscriptions.iter().enumerate() {
            let on = subscription.next_renewal_on()?;
            let is_to_come = subscription.ended.is_none() && !subscription.ends_at_period_end;
            if is_to_come && on > moment.on && on <= until && subscription.announced_for != Some(on)
            {
                upcoming.push((on, subscription.msisdn.clone(), index));
            }
        }
        upcoming.sort();
        let missing = self.missing_for(self.unpaid(until)?)?;
        let by_card = match missing {
            Some(missing) => self.card_covers(missing, moment, policy)?,
            None => false,
        };
        let is_told = match when {
            AheadWhen::Always => true,
            AheadWhen::IfShort => missing.is_some() && !by_card,
            AheadWhen::Never => false,
        };
        if !is_told || upcoming.is_empty() {
            return Ok(Vec::new());
        }
        let balance = self.book.balance;
        let mut numbers = Listing::empty(Money::zero(balance.currency()));
        for (on, msisdn, index) in upcoming {
            let subscription = &mut self.subscriptions[index];
            subscription.announced_for = Some(on);
            let (number, price) = (msisdn.to_string(), subscription.prices.on(on));
            numbers.push(Upcoming { number, on, price }, price)?;
        }
        Ok(self.notices(
            vec![Content::RenewalAhead(Ahead { numbers, balance, missing, by_card })],
            moment,
        ))
    }

    pub(super) fn notices(&self, told: Vec<Content>, queued: Moment) -> Vec<Notice> {
        let to = Addressee::Account(self.book.account);
        let wanted = told.into_iter().filter(|content| self.preferences.wants(content.kind()));
        wanted.map(|content| Notice { to, queued, content }).collect()
    }

    /// A decline, or the end of the order that it led to: one letter tells both.
    fn tell_decline(&self, amount: Money, reason: &str, policy: &BillingPolicy) -> Option<Content> {
        let order = self.reloads.auto_reload.as_ref()?;
        let (balance, reason) = (self.book.balance, reason.to_owned());
        match order.status {
            OrderStatus::SwitchedOff => {
                let declines = order.declines;
                Some(Content::AutoReloadSwitchedOff(SwitchedOff {
                    amount,
                    reason,
                    declines,
                    balance,
                }))
            }
            OrderStatus::On => {
                let tries_left = policy.auto_reload.failures_max.saturating_sub(order.declines);
                Some(Content::ReloadDeclined(Declined { amount, reason, balance, tries_left }))
            }
            OrderStatus::Off => None,
        }
    }

    fn list_charges(&self, charges: &[Charge]) -> Result<Listing<Charged>, BrokenSnapshot> {
        let mut numbers = Listing::empty(Money::zero(self.book.balance.currency()));
        for Charge { paid, price } in charges {
            let Period { start, end } = paid.period;
            let number = self.number_of(paid.subscription);
            numbers.push(Charged { number, start, end, price: *price }, *price)?;
        }
        Ok(numbers)
    }

    fn list_unpaid(&self, unfunded: &[Unfunded]) -> Result<Listing<Unpaid>, BrokenSnapshot> {
        let mut numbers = Listing::empty(Money::zero(self.book.balance.currency()));
        // What can be lost first comes first, also where not all are named.
        let mut soonest_first: Vec<_> = unfunded.iter().collect();
        soonest_first.sort_by_key(|it| it.kept_until);
        for it in soonest_first {
            let number = self.number_of(it.paid.subscription);
            let (due_on, kept_until) = (it.paid.period.start, it.kept_until);
            numbers.push(Unpaid { number, due_on, price: it.price, kept_until }, it.price)?;
        }
        Ok(numbers)
    }

    fn list_freed(
        &self,
        unfunded: &[Unfunded],
        today: NaiveDate,
        hold_days: u32,
    ) -> Result<Listing<Freed>, BrokenSnapshot> {
        // The day on which it goes back on sale is the first on which others may have it.
        let held_until = hold_days.checked_sub(1).map(|days| days_after(today, days));
        let mut numbers = Listing::empty(Money::zero(self.book.balance.currency()));
        for it in unfunded {
            let number = self.number_of(it.paid.subscription);
            let is_shared = self.find(it.paid.subscription).is_some_and(|it| it.is_shared);
            // What many rent was on sale all the while.
            let buy_back_until = held_until.filter(|_| !is_shared);
            numbers.push(Freed { number, price: it.price, buy_back_until }, it.price)?;
        }
        Ok(numbers)
    }

    fn number_of(&self, ordinal: i64) -> String {
        self.find(ordinal).map(|it| it.msisdn.to_string()).unwrap_or_default()
    }

    fn find(&self, ordinal: i64) -> Option<&Subscription> {
        let index = self.subscriptions.binary_search_by_key(&ordinal, |it| it.ordinal);
        index.ok().map(|index| &self.subscriptions[index])
    }

    /// What all periods come to that start on `until` or before and are not charged.
    fn unpaid(&self, until: NaiveDate) -> Result<Money, BrokenSnapshot> {
        let mut unpaid = Money::zero(self.book.balance.currency());
        let is_renewed = |it: &&Subscription| it.ended.is_none() && !it.ends_at_period_end;
        for subscription in self.subscriptions.iter().filter(is_renewed) {
            for start in starts_by(subscription, until)? {
                unpaid = unpaid.plus(subscription.prices.on(start))?;
            }
        }
        Ok(unpaid)
    }

    /// What has to be added to the balance for paying `unpaid`, if anything.
    fn missing_for(&self, unpaid: Money) -> Result<Option<Money>, BrokenSnapshot> {
        let missing = unpaid.minus(self.book.available()?)?;
        // A debt beyond the credit limit, with nothing to pay, is no matter of renewals.
        let is_missing = !missing.is_negative() && !missing.is_zero() && !unpaid.is_zero();
        Ok(if is_missing { Some(missing.in_whole_coins()?) } else { None })
    }

    /// Whether a day's reloads bring `missing`.
    fn card_covers(
        &self,
        missing: Money,
        now: Moment,
        policy: &BillingPolicy,
    ) -> Result<bool, BrokenSnapshot> {
        let Some(order) = self.reloads.order_in_force() else { return Ok(false) };
        // What it was declined a moment ago, it may be declined again.
        if self.reloads.attempt(now.at, &policy.auto_reload) == Attempt::Later {
            return Ok(false);
        }
        let reloads =
            policy.auto_reload.per_day_max.saturating_mul(policy.auto_reload.multiples_max);
        Ok(!order.amount.times(reloads)?.minus(missing)?.is_negative())
    }

    /// Notes that the balance crossed the account's own threshold, and says so once: not while money
    /// may be on its way by card, and again only after it was at the threshold or above.
    fn watch_balance(&mut self) -> Option<LowBalance> {
        let (balance, threshold) = (self.book.balance, self.preferences.low_balance?);
        if balance.micros() >= threshold.micros() {
            self.preferences.is_armed = true;
            return None;
        }
        if !self.preferences.is_armed || self.reloads.open.is_some() {
            return None;
        }
        self.preferences.is_armed = false;
        Some(LowBalance { balance, threshold })
    }
}

/// The first days of the subscription's periods that start on `until` or before and are not charged.
fn starts_by(
    subscription: &Subscription,
    until: NaiveDate,
) -> Result<Vec<NaiveDate>, BeyondCalendar> {
    let mut starts = Vec::new();
    let mut index = subscription.periods_charged;
    let mut start = subscription.next_renewal_on()?;
    while start <= until {
        starts.push(start);
        index = index.saturating_add(1);
        start = renewal_on(subscription.started_on, index)?;
    }
    Ok(starts)
}
