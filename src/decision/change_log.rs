//! What the journal notes of a change by hand.

use super::{AccountSnapshot, BrokenSnapshot};
use crate::journal::{Change, Event, StandingOrder};
use crate::reload::{AutoReload, OrderStatus};
use crate::rental::{EndReason, Subscription};

impl AccountSnapshot {
    /// The changes since `before`, which has the same subscriptions in the same order. Only changes made by hand
    /// are logged: the ledger, the reloads and the notices record what a run does.
    pub fn changes_since(&self, before: &Self) -> Result<Vec<Event>, BrokenSnapshot> {
        let order = (before.reloads.auto_reload.as_ref(), self.reloads.auto_reload.as_ref());
        let mut events: Vec<_> = order_changed(order.0, order.1).into_iter().collect();
        for (was, is) in before.subscriptions.iter().zip(&self.subscriptions) {
            events.extend(wish_changed(was, is)?);
            events.extend(prices_changed(was, is)?);
        }
        Ok(events)
    }
}

fn order_changed(before: Option<&AutoReload>, after: Option<&AutoReload>) -> Option<Event> {
    let after = after.filter(|after| before != Some(after))?;
    let order = StandingOrder {
        threshold: after.threshold,
        amount: after.amount,
        payment_method: after.payment_method.id.clone(),
    };
    match after.status {
        OrderStatus::On => Some(Event::AutoReloadSet(order)),
        OrderStatus::Off => Some(Event::AutoReloadOff(order)),
        // Not a manual change; the notice records it.
        OrderStatus::SwitchedOff => None,
    }
}

fn wish_changed(was: &Subscription, is: &Subscription) -> Result<Option<Event>, BrokenSnapshot> {
    let subscription = is.ordinal;
    if let (None, Some((_, EndReason::Cancelled))) = (was.ended, is.ended) {
        return Ok(Some(Event::Cancelled { subscription }));
    }
    if was.ends_at_period_end == is.ends_at_period_end {
        return Ok(None);
    }
    let on = is.next_renewal_on()?;
    Ok(Some(match is.ends_at_period_end {
        true => Event::EndsAtPeriodEnd { subscription, on },
        false => Event::Kept { subscription, on },
    }))
}

fn prices_changed(was: &Subscription, is: &Subscription) -> Result<Vec<Event>, BrokenSnapshot> {
    let mut events = Vec::new();
    for (agreed_from, price) in is.prices.differences(&was.prices) {
        let from = is.first_renewal_from(agreed_from)?;
        // Where two prices begin before the same renewal, the first of them is never paid.
        if is.prices.on(from) == price {
            let price = Change { before: was.prices.on(from), after: price };
            events.push(Event::PriceAgreed { subscription: is.ordinal, price, from });
        }
    }
    Ok(events)
}
