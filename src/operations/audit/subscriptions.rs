//! The subscriptions: their periods in the ledger and in the calendar.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use super::{Findings, count, reversals};
use crate::calendar::{Period, renewal_on};
use crate::ledger::{Code, rental_key, reversal_key, setup_key};
use crate::store::audit::{AuditedSubscription, AuditedTransfer};

/// Each subscription's periods are charged once each, in full, without a gap, and its next
/// renewal is where the calendar puts it.
pub(super) fn check(
    findings: &mut Findings<'_>,
    subscriptions: &[&AuditedSubscription],
    transfers: &[&AuditedTransfer],
) {
    findings.same(
        None,
        "the count of subscriptions is",
        findings.account.subscription_count,
        count(subscriptions.len()),
    );
    let reversed = reversals::check(findings, transfers);
    let is_rental = |it: &&&AuditedTransfer| it.code == Code::Rental.as_str();
    let is_reversed = |it: &AuditedTransfer| reversed.contains(&reversal_key(&it.idempotency_key));
    let mut rentals: HashMap<i64, Vec<&AuditedTransfer>> = HashMap::new();
    for transfer in transfers.iter().filter(is_rental).filter(|it| !is_reversed(it)) {
        rentals.entry(transfer.subscription.unwrap_or_default()).or_default().push(transfer);
    }
    for subscription in subscriptions {
        let number = Some(subscription.msisdn.as_str());
        let charged = rentals.remove(&subscription.ordinal).unwrap_or_default();
        check_dates(findings, subscription);
        check_periods(findings, subscription, &charged);
        if subscription.ended_on.is_none() && findings.account.status != "open" {
            findings.add(number, "is rented by a closed account".to_owned());
        }
    }
    check_setups(findings, subscriptions, transfers);
    for (ordinal, rentals) in rentals {
        findings.add(
            None,
            format!(
                "{} rentals are of subscription {ordinal}, which does not exist",
                rentals.len()
            ),
        );
    }
}

/// A setup price is charged at most once, for a subscription that exists.
fn check_setups(
    findings: &mut Findings<'_>,
    subscriptions: &[&AuditedSubscription],
    transfers: &[&AuditedTransfer],
) {
    let ordinals: HashSet<i64> = subscriptions.iter().map(|it| it.ordinal).collect();
    for setup in transfers.iter().filter(|transfer| transfer.code == Code::Setup.as_str()) {
        let ordinal = setup.subscription.unwrap_or_default();
        if !ordinals.contains(&ordinal) || setup.idempotency_key != setup_key(ordinal) {
            let what = format!("transfer {} is of subscription {ordinal}", setup.sequence);
            findings.add(None, format!("{what}, and named `{}`", setup.idempotency_key));
        }
    }
}

fn check_dates(findings: &mut Findings<'_>, subscription: &AuditedSubscription) {
    let number = Some(subscription.msisdn.as_str());
    let expected = u32::try_from(subscription.periods_charged)
        .ok()
        .and_then(|months| renewal_on(subscription.started_on, months).ok());
    match expected {
        Some(expected) => {
            findings.same(number, "renews on", subscription.next_renewal_on, expected)
        }
        None => {
            findings.add(number, format!("has {} periods charged", subscription.periods_charged))
        }
    }
    if subscription.past_due_since.is_some_and(|since| since < subscription.next_renewal_on) {
        findings.add(number, "is past due since before its unpaid period".to_owned());
    }
}

fn check_periods(
    findings: &mut Findings<'_>,
    subscription: &AuditedSubscription,
    charged: &[&AuditedTransfer],
) {
    let number = Some(subscription.msisdn.as_str());
    let due = due_periods(subscription);
    findings.same(number, "periods in the ledger", count(charged.len()), count(due.len()));
    for (transfer, (period, price)) in charged.iter().zip(due) {
        let is_right = transfer.period_start == Some(period.start)
            && transfer.period_end == Some(period.end)
            && transfer.amount == price
            && keys(subscription, period.start).any(|key| key == transfer.idempotency_key);
        if !is_right {
            let charged = findings.money(transfer.amount.into());
            let due = findings.money(price.into());
            let day =
                |date: Option<NaiveDate>| date.map_or("no day".to_owned(), |it| it.to_string());
            findings.add(
                number,
                format!(
                    "transfer {} charges {charged} for {} to {}, and should charge {due} for {} to {}",
                    transfer.sequence,
                    day(transfer.period_start),
                    day(transfer.period_end),
                    period.start,
                    period.end
                ),
            );
        }
    }
}

/// The keys that the rental of a period can have: one more with each run that was undone.
fn keys(subscription: &AuditedSubscription, start: NaiveDate) -> impl Iterator<Item = String> {
    let undone = u32::try_from(subscription.undone).unwrap_or_default();
    (0..=undone).map(move |undone| rental_key(subscription.ordinal, start, undone))
}

/// The periods that the ledger should have a rental of, with their prices: all that the subscription
/// says are charged, but for those that cost nothing.
fn due_periods(subscription: &AuditedSubscription) -> Vec<(Period, i64)> {
    let periods = u32::try_from(subscription.periods_charged).unwrap_or_default();
    (0..periods)
        .map_while(|index| Period::of(subscription.started_on, index).ok())
        .map(|period| (period, subscription.price_on(period.start)))
        .filter(|(_, price)| *price != 0)
        .collect()
}
