//! What the change log records of a change by hand.

use super::{AccountSnapshot, BrokenSnapshot};
use crate::change_log::{Change, ChangeLogEntry, StandingOrder};
use crate::reload::{AutoReload, OrderStatus};
use crate::rental::{EndReason, Subscription};

impl AccountSnapshot {
    /// The changes since `before`, which has the same subscriptions in the same order. Only changes made by hand
    /// are logged: the ledger, the reloads and the notices record what a run does.
    pub fn changes_since(&self, before: &Self) -> Result<Vec<ChangeLogEntry>, BrokenSnapshot> {
        let order = (before.reloads.auto_reload.as_ref(), self.reloads.auto_reload.as_ref());
        let mut entries: Vec<_> = order_changed(order.0, order.1).into_iter().collect();
        for (was, is) in before.subscriptions.iter().zip(&self.subscriptions) {
            entries.extend(cancellation_changed(was, is)?);
            entries.extend(prices_changed(was, is)?);
        }
        Ok(entries)
    }
}

fn order_changed(
    before: Option<&AutoReload>,
    after: Option<&AutoReload>,
) -> Option<ChangeLogEntry> {
    let after = after.filter(|after| before != Some(after))?;
    let order = StandingOrder {
        threshold: after.threshold,
        amount: after.amount,
        payment_method: after.payment_method.id.clone(),
    };
    match after.status {
        OrderStatus::On => Some(ChangeLogEntry::AutoReloadSet(order)),
        OrderStatus::Off => Some(ChangeLogEntry::AutoReloadOff(order)),
        // Not a manual change; the notice records it.
        OrderStatus::SwitchedOff => None,
    }
}

fn cancellation_changed(
    was: &Subscription,
    is: &Subscription,
) -> Result<Option<ChangeLogEntry>, BrokenSnapshot> {
    let subscription = is.ordinal;
    if let (None, Some((_, EndReason::Cancelled))) = (was.ended, is.ended) {
        return Ok(Some(ChangeLogEntry::Cancelled { subscription }));
    }
    if let (Some((ended_on, _)), None) = (was.ended, is.ended) {
        return Ok(Some(ChangeLogEntry::Reinstated { subscription, ended_on }));
    }
    if was.ends_at_period_end == is.ends_at_period_end {
        return Ok(None);
    }
    let on = is.next_renewal_on()?;
    Ok(Some(match is.ends_at_period_end {
        true => ChangeLogEntry::EndsAtPeriodEnd { subscription, on },
        false => ChangeLogEntry::Kept { subscription, on },
    }))
}

fn prices_changed(
    was: &Subscription,
    is: &Subscription,
) -> Result<Vec<ChangeLogEntry>, BrokenSnapshot> {
    let mut entries = Vec::new();
    for (agreed_from, price) in is.prices.differences(&was.prices) {
        let from = is.first_renewal_from(agreed_from)?;
        // If two prices begin before the same renewal, the first of them is never paid.
        if is.prices.on(from) == price {
            let price = Change { before: was.prices.on(from), after: price };
            entries.push(ChangeLogEntry::PriceAgreed { subscription: is.ordinal, price, from });
        }
    }
    Ok(entries)
}
