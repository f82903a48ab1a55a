//! Builds the notices to an account from the facts of a change.
//!
//! This is part of the decision so that a dry run can count the notices that a run would queue.

use crate::policy::AheadWhen;
use chrono::NaiveDate;

use super::{AccountSnapshot, BillingPolicy, BrokenSnapshot, Charge, Undone, Unfunded};
use crate::calendar::{BeyondCalendar, Period, days_after, renewal_on};
use crate::clock::Moment;
use crate::money::Money;
use crate::notice::{
    Addressee, Ahead, Captured, Charged, Content, Correction, Declined, Freed, Listing, LowBalance,
    Notice, PastDue, Receipt, Released, SwitchedOff, Unpaid, Upcoming,
};
use crate::reload::{Attempt, OrderStatus};
use crate::rental::{Msisdn, Subscription};

/// What happened to an account in one change, as far as its notices mention it.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Renewed periods.
    pub charges: Vec<Charge>,
    pub past_due: Vec<Unfunded>,
    pub released: Vec<Unfunded>,
    /// The amount of a captured reload.
    pub captured: Option<Money>,
    /// The amount of a declined reload and the gateway's reason.
    pub declined: Option<(Money, String)>,
    /// Whether more is charged in the next transaction. The balance is not compared with the account's threshold yet.
    pub is_partial: bool,
}

impl AccountSnapshot {
    /// The notices about `facts`, which have been applied to the snapshot.
    pub fn notify(
        &mut self,
        facts: &Facts,
        moment: Moment,
        policy: &BillingPolicy,
    ) -> Result<Vec<Notice>, BrokenSnapshot> {
        let balance = self.book.balance;
        let mut contents = Vec::new();
        if let Some(amount) = facts.captured {
            let reloads = vec![amount];
            contents.push(Content::ReloadCaptured(Captured { reloads, total: amount, balance }));
        }
        if let Some((amount, reason)) = &facts.declined {
            contents.extend(self.decline_notice(*amount, reason, policy));
        }
        let numbers = self.list_charges(&facts.charges)?;
        // A renewal that cost nothing has no receipt.
        if !numbers.total.is_zero() {
            contents.push(Content::Renewed(Receipt { numbers, balance }));
        }
        let numbers = self.list_unpaid(&facts.past_due)?;
        if !numbers.is_empty() {
            let missing = self.missing_for(self.unpaid(moment.on)?)?;
            let missing = missing.unwrap_or(Money::zero(balance.currency()));
            let by_card = self.reloads.attempt(moment.at, &policy.auto_reload) != Attempt::NoneLeft;
            contents.push(Content::PastDue(PastDue { numbers, balance, missing, by_card }));
        }
        let numbers = self.list_freed(&facts.released, moment.on, policy.release.hold.days)?;
        if !numbers.is_empty() {
            contents.push(Content::Released(Released { numbers, balance }));
        }
        if !facts.is_partial {
            contents.extend(self.watch_balance().map(Content::LowBalance));
        }
        Ok(self.notices(contents, moment))
    }

    /// The notices of a run that was `undone`, which has been applied to the snapshot.
    pub fn notify_of_undo(
        &mut self,
        undone: &Undone,
        run_on: NaiveDate,
        moment: Moment,
        policy: &BillingPolicy,
    ) -> Result<Vec<Notice>, BrokenSnapshot> {
        let mut notices = self.notify(&Facts::default(), moment, policy)?;
        let balance = self.book.balance;
        let mut reversed = Listing::empty(Money::zero(balance.currency()));
        for charge in &undone.reversed {
            let Period { start, end } = charge.paid.period;
            let (number, price) = (self.number_of(charge.paid.subscription), charge.price);
            reversed.push(Charged { number, start, end, price }, price)?;
        }
        let names = |msisdns: &[Msisdn]| msisdns.iter().map(Msisdn::to_string).collect::<Vec<_>>();
        let (restored, lost) = (names(&undone.restored), names(&undone.lost));
        // An account that only lost a past-due mark learns nothing new.
        if !reversed.is_empty() || !restored.is_empty() {
            let correction = Correction { run_on, reversed, restored, lost, balance };
            notices.extend(self.notices(vec![Content::Correction(correction)], moment));
        }
        Ok(notices)
    }

    /// The notice of renewals after `moment` and up to `until` that have not been announced before.
    pub fn announce_renewals(
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
        let is_wanted = match when {
            AheadWhen::Always => true,
            AheadWhen::IfShort => missing.is_some() && !by_card,
            AheadWhen::Never => false,
        };
        if !is_wanted || upcoming.is_empty() {
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

    pub(super) fn notices(&self, contents: Vec<Content>, queued: Moment) -> Vec<Notice> {
        let to = Addressee::Account(self.book.account);
        let wanted = contents.into_iter().filter(|content| self.preferences.wants(content.kind()));
        wanted.map(|content| Notice { to, queued, content }).collect()
    }

    /// The notice of a decline; if the decline switched auto-reload off, the notice of that instead.
    fn decline_notice(
        &self,
        amount: Money,
        reason: &str,
        policy: &BillingPolicy,
    ) -> Option<Content> {
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
        // A long list is cut, so the numbers that can be released first come first.
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
        // The hold ends on the day before the number goes back on sale.
        let held_until = hold_days.checked_sub(1).map(|days| days_after(today, days));
        let mut numbers = Listing::empty(Money::zero(self.book.balance.currency()));
        for it in unfunded {
            let number = self.number_of(it.paid.subscription);
            let is_shared = self.find(it.paid.subscription).is_some_and(|it| it.is_shared);
            // A shared number is never on hold.
            let buy_back_until = held_until.filter(|_| !is_shared);
            let freed = Freed { number, price: it.price, buy_back_until, is_shared };
            numbers.push(freed, it.price)?;
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

    /// The sum of all periods that start on or before `until` and are not charged.
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

    /// The amount to add to the balance before it covers `unpaid`, rounded up to whole coins.
    fn missing_for(&self, unpaid: Money) -> Result<Option<Money>, BrokenSnapshot> {
        let missing = unpaid.minus(self.book.available()?)?;
        // A debt beyond the credit limit does not concern renewals if no renewal is due.
        let is_missing = !missing.is_negative() && !missing.is_zero() && !unpaid.is_zero();
        Ok(if is_missing { Some(missing.in_whole_coins()?) } else { None })
    }

    /// Whether one day's reloads can add up to `missing`.
    fn card_covers(
        &self,
        missing: Money,
        now: Moment,
        policy: &BillingPolicy,
    ) -> Result<bool, BrokenSnapshot> {
        let Some(order) = self.reloads.order_in_force() else { return Ok(false) };
        // A card that was declined within `retry_after` may be declined again.
        if self.reloads.attempt(now.at, &policy.auto_reload) == Attempt::Later {
            return Ok(false);
        }
        let reloads =
            policy.auto_reload.per_day_max.saturating_mul(policy.auto_reload.multiples_max);
        Ok(!order.amount.times(reloads)?.minus(missing)?.is_negative())
    }

    /// The notice that the balance fell below the account's own threshold. It is sent once, not while a reload
    /// is open, and again only after the balance was at or above the threshold.
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

/// The starts of the subscription's uncharged periods, up to and including `until`.
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
