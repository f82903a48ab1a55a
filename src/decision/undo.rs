//! Takes back what a run did to one account.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::{AccountSnapshot, BrokenSnapshot};
use crate::calendar::Period;
use crate::clock::Moment;
use crate::ledger::{Entry, Paid, Transfer};
use crate::money::Money;
use crate::rental::{EndReason, Msisdn, Subscription};

/// The run to undo.
#[derive(Debug, Clone, Copy)]
pub struct RunToUndo<'a> {
    /// Its billing date. What was charged on it or later is reversed.
    pub date: NaiveDate,
    /// The run before it; `None` if it was the first.
    pub previous: Option<NaiveDate>,
    /// The operator's reason.
    pub reason: Option<&'a str>,
}

/// A renewal that is in the ledger and not reversed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargedPeriod {
    /// Of the transfer.
    pub sequence: i64,
    pub idempotency_key: String,
    pub paid: Paid,
    pub price: Money,
    /// Since when the period had been past due.
    pub past_due_since: Option<NaiveDate>,
}

/// What [`AccountSnapshot::undo`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Undone {
    /// Latest first.
    pub reversed: Vec<ChargedPeriod>,
    /// Subscriptions that had ended and go on.
    pub restored: Vec<Msisdn>,
    /// Subscriptions that stay ended, because their number is no longer free for the account.
    pub lost: Vec<Msisdn>,
}

impl AccountSnapshot {
    /// Reverses the renewals in `charged`, and restores periods, past-due marks and subscriptions as they were before
    /// `run`. `free` has the numbers of ended subscriptions that this account can have back. Returns the transfers to
    /// post, too.
    ///
    /// # Errors
    /// [`BrokenSnapshot`] if a renewal is not the latest of its subscription. The snapshot must be dropped then.
    pub fn undo(
        &mut self,
        run: RunToUndo<'_>,
        charged: &[ChargedPeriod],
        free: &BTreeSet<Msisdn>,
        moment: Moment,
    ) -> Result<(Undone, Vec<Transfer>), BrokenSnapshot> {
        let mut undone = Undone::default();
        let mut by_subscription: BTreeMap<i64, Vec<&ChargedPeriod>> = BTreeMap::new();
        for charge in charged {
            by_subscription.entry(charge.paid.subscription).or_default().push(charge);
        }
        for subscription in &mut self.subscriptions {
            reopen(subscription, run, free, &mut undone)?;
            let charges = by_subscription.remove(&subscription.ordinal).unwrap_or_default();
            if take_back(subscription, &charges, run.previous)? {
                undone.reversed.extend(charges.into_iter().cloned());
            } else if subscription.past_due_since.is_some_and(|since| since >= run.date) {
                subscription.past_due_since = None;
            }
        }
        if !by_subscription.is_empty() {
            return Err(BrokenSnapshot::Undo);
        }
        // The latest first, as a bookkeeper would.
        undone.reversed.sort_by_key(|charge| std::cmp::Reverse(charge.sequence));
        let mut transfers = Vec::with_capacity(undone.reversed.len());
        for ChargedPeriod { paid, price, idempotency_key, .. } in &undone.reversed {
            let entry = Entry::reversal(*paid, *price, idempotency_key, run.reason);
            transfers.push(self.book.post(entry, moment)?);
        }
        Ok((undone, transfers))
    }
}

/// Lets the subscription go on if `run` ended it and its number is still free for the account.
fn reopen(
    subscription: &mut Subscription,
    run: RunToUndo<'_>,
    free: &BTreeSet<Msisdn>,
    undone: &mut Undone,
) -> Result<(), BrokenSnapshot> {
    let was_ended_by_run = match subscription.ended {
        Some((on, EndReason::Unfunded)) => on >= run.date,
        // At its period's end, as requested; earlier periods ended with earlier runs.
        Some((on, EndReason::Cancelled)) => {
            subscription.ends_at_period_end
                && on == subscription.next_renewal_on()?
                && run.previous.is_none_or(|previous| on > previous)
        }
        None => false,
    };
    if !was_ended_by_run {
        return Ok(());
    }
    let msisdn = subscription.msisdn.clone();
    if free.contains(&msisdn) {
        subscription.ended = None;
        undone.restored.push(msisdn);
    } else {
        undone.lost.push(msisdn);
    }
    Ok(())
}

/// Takes back the periods of `charges`, and free periods that began after the run of `previous`. Returns whether a paid
/// period was taken back.
fn take_back(
    subscription: &mut Subscription,
    charges: &[&ChargedPeriod],
    previous: Option<NaiveDate>,
) -> Result<bool, BrokenSnapshot> {
    let mut by_start: BTreeMap<NaiveDate, &ChargedPeriod> =
        charges.iter().map(|charge| (charge.paid.period.start, *charge)).collect();
    let mut oldest = None;
    // The first period belongs to the rental.
    while subscription.periods_charged > 1 {
        let last = Period::of(subscription.started_on, subscription.periods_charged - 1)?;
        let is_free = subscription.prices.on(last.start).is_zero();
        match by_start.remove(&last.start) {
            Some(charge) => oldest = Some(charge),
            None if is_free && previous.is_none_or(|previous| last.start > previous) => {}
            None => break,
        }
        subscription.periods_charged -= 1;
    }
    if !by_start.is_empty() {
        return Err(BrokenSnapshot::Undo);
    }
    if let Some(oldest) = oldest {
        subscription.past_due_since = oldest.past_due_since;
        subscription.undone = subscription.undone.checked_add(1).ok_or(BrokenSnapshot::Undo)?;
    }
    Ok(oldest.is_some())
}
