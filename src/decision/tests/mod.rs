//! The rules of charging and releasing by example; `reloading` has those of reloads, and `properties` what
//! holds whatever the snapshot.

mod properties;
mod reloading;

use std::time::Duration;

use rust_decimal::Decimal;

use crate::policy::{AheadWhen, Concurrency, Guard, Hold, NoticePolicy, ReleasePolicy};
use crate::reload::ReloadPolicy;
use chrono::{NaiveTime, TimeDelta};

use super::*;
use crate::ids::{AccountId, ReloadId};
use crate::money::Currency;
use crate::reload::{AutoReload, OrderStatus, PaymentMethod};
use crate::rental::Prices;
use crate::rng::SeededRng;

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn eur(micros: i64) -> Money {
    Money::from_micros(micros, Currency::EUR)
}

fn moment(on: NaiveDate) -> Moment {
    Moment { at: on.and_time(NaiveTime::MIN).and_utc(), on }
}

const RELOADS: ReloadPolicy = ReloadPolicy {
    multiples_max: 10,
    per_day_max: 3,
    retry_after: TimeDelta::hours(1),
    failures_max: 3,
};
const NO_GRACE: BillingPolicy = with_grace(0);
const FIVE_DAYS: BillingPolicy = with_grace(5);

const fn with_grace(grace_days: u32) -> BillingPolicy {
    BillingPolicy {
        release: ReleasePolicy {
            grace_days,
            late_grace_days: 3,
            hold: Hold { days: 90 },
            guard: Guard { percent: Decimal::TEN, min: 20 },
        },
        auto_reload: RELOADS,
        notices: NoticePolicy { ahead: AheadWhen::IfShort, ahead_days: 3, has_operator: false },
        run: Concurrency {
            batch_accounts: 500,
            workers: 1,
            lease: Duration::from_secs(60),
            charges: 1,
            ahead_days_max: 100,
        },
    }
}

/// A subscription from `start` on, of which only the first period is charged.
fn subscription(ordinal: i64, start: &str, price: i64) -> Subscription {
    Subscription {
        ordinal,
        msisdn: format!("4477009000{ordinal:02}").parse().expect("a number"),
        is_shared: false,
        started_on: date(start),
        prices: Prices::fixed(eur(price)),
        periods_charged: 1,
        undone: 0,
        past_due_since: None,
        ends_at_period_end: false,
        announced_for: None,
        ended: None,
    }
}

fn snapshot(balance: i64, subscriptions: Vec<Subscription>) -> AccountSnapshot {
    let book = Book {
        account: AccountId::new(10),
        balance: eur(balance),
        credit_limit: eur(0),
        transfer_count: 0,
    };
    let subscription_count = i64::try_from(subscriptions.len()).expect("a few");
    let (reloads, preferences) = (Reloads::default(), NotificationPreferences::default());
    AccountSnapshot { version: 1, book, subscription_count, subscriptions, reloads, preferences }
}

impl AccountSnapshot {
    /// Decides on `today` and carries all of it out, as one run does.
    fn run(&mut self, today: &str, policy: &BillingPolicy) -> (Decision, Enforced) {
        let today = date(today);
        let decision = decide(self, moment(today), policy).expect("a sound snapshot");
        self.pay(&decision, moment(today)).expect("a sound decision");
        let enforced = self.enforce(&decision, today, Releases::Allowed);
        (decision, enforced)
    }
}

/// How many became past due, were released and were held back.
fn counts(enforced: &Enforced) -> (usize, usize, u64) {
    (enforced.past_due.len(), enforced.released.len(), enforced.held_back)
}

fn verdicts(decision: &Decision) -> Vec<Verdict> {
    decision.unfunded.iter().map(|unfunded| unfunded.verdict).collect()
}

/// The order that threshold and amount make.
fn order(threshold: i64, amount: i64) -> AutoReload {
    AutoReload {
        threshold: eur(threshold),
        amount: eur(amount),
        payment_method: PaymentMethod { id: "pm_card_visa".to_owned(), customer: None },
        status: OrderStatus::On,
        declines: 0,
        declined_at: None,
    }
}

fn reload_id() -> ReloadId {
    ReloadId::random(AccountId::new(10), &SeededRng::new(10))
}

#[test]
fn without_grace_it_is_released_in_the_run_that_first_tried_it() {
    let mut snapshot = snapshot(0, vec![subscription(1, "2026-01-15", 5)]);
    let (decision, enforced) = snapshot.run("2026-02-15", &NO_GRACE);
    assert_eq!(verdicts(&decision), [Verdict::Release]);
    assert_eq!(counts(&enforced), (0, 1, 0));
    let ended = snapshot.subscriptions[0].ended;
    assert_eq!(ended, Some((date("2026-02-15"), EndReason::Unfunded)));
    assert_eq!(snapshot.subscriptions[0].periods_charged, 1, "the unpaid period is not charged");
}

#[test]
fn with_five_days_of_grace_it_is_released_on_the_fifth_day_after() {
    let mut snapshot = snapshot(0, vec![subscription(1, "2026-01-15", 5)]);
    let (decision, _) = snapshot.run("2026-02-15", &FIVE_DAYS);
    assert_eq!(verdicts(&decision), [Verdict::BecomesPastDue]);
    for today in ["2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19"] {
        let (decision, enforced) = snapshot.run(today, &FIVE_DAYS);
        assert_eq!(verdicts(&decision), [Verdict::StaysPastDue], "{today}");
        assert_eq!(enforced, Enforced::default(), "{today}");
    }
    assert_eq!(verdicts(&snapshot.run("2026-02-20", &FIVE_DAYS).0), [Verdict::Release]);
}

#[test]
fn a_first_try_that_came_late_gets_the_late_days_of_grace() {
    let mut snapshot = snapshot(0, vec![subscription(1, "2026-01-15", 5)]);
    for (today, verdict) in [
        ("2026-02-16", Verdict::BecomesPastDue),
        ("2026-02-18", Verdict::StaysPastDue),
        ("2026-02-19", Verdict::Release),
    ] {
        assert_eq!(verdicts(&snapshot.run(today, &NO_GRACE).0), [verdict], "{today}");
    }
}

#[test]
fn a_late_first_try_gets_the_longer_of_both_graces() {
    let mut snapshot = snapshot(0, vec![subscription(1, "2026-01-15", 5)]);
    for (today, verdict) in [
        ("2026-02-16", Verdict::BecomesPastDue),
        ("2026-02-20", Verdict::StaysPastDue),
        ("2026-02-21", Verdict::Release),
    ] {
        assert_eq!(verdicts(&snapshot.run(today, &FIVE_DAYS).0), [verdict], "{today}");
    }
}

#[test]
fn a_run_that_comes_after_the_last_day_of_grace_releases_too() {
    let mut snapshot = snapshot(0, vec![subscription(1, "2026-01-15", 5)]);
    snapshot.run("2026-02-15", &FIVE_DAYS);
    assert_eq!(verdicts(&snapshot.run("2026-04-01", &FIVE_DAYS).0), [Verdict::Release]);
}

#[test]
fn paying_the_oldest_period_starts_the_next_unpaid_one_anew() {
    let mut snapshot = snapshot(0, vec![subscription(1, "2026-01-15", 5)]);
    let policy = with_grace(40);
    snapshot.run("2026-02-15", &policy);
    assert_eq!(snapshot.subscriptions[0].past_due_since, Some(date("2026-02-15")));
    snapshot.book.balance = eur(5);
    let (decision, enforced) = snapshot.run("2026-03-20", &policy);
    let paid: Vec<_> = decision.charges.iter().map(|charge| charge.paid.period.start).collect();
    assert_eq!(paid, [date("2026-02-15")]);
    assert_eq!(verdicts(&decision), [Verdict::BecomesPastDue]);
    assert_eq!(counts(&enforced), (1, 0, 0));
    assert_eq!(snapshot.subscriptions[0].past_due_since, Some(date("2026-03-20")));
}

#[test]
fn paying_all_that_is_due_clears_past_due() {
    let mut snapshot = snapshot(0, vec![subscription(1, "2026-01-15", 5)]);
    snapshot.run("2026-02-15", &FIVE_DAYS);
    snapshot.book.balance = eur(5);
    snapshot.run("2026-02-16", &FIVE_DAYS);
    assert_eq!(snapshot.subscriptions[0].past_due_since, None);
}

#[test]
fn what_the_guard_holds_back_is_past_due_instead() {
    let mut snapshot = snapshot(0, vec![subscription(1, "2026-01-15", 5)]);
    let today = date("2026-02-15");
    let decision = decide(&snapshot, moment(today), &NO_GRACE).expect("a sound snapshot");
    let enforced = snapshot.enforce(&decision, today, Releases::HeldBack);
    assert_eq!(counts(&enforced), (1, 0, 1));
    assert_eq!(snapshot.subscriptions[0].status(), "past_due");
    // A healthy run on the next day goes on.
    assert_eq!(snapshot.run("2026-02-16", &NO_GRACE).1.released.len(), 1);
}

#[test]
fn one_that_is_too_dear_does_not_stop_a_cheaper_later_one_of_another_subscription() {
    let dear = subscription(1, "2026-01-15", 10);
    let cheap = subscription(2, "2026-01-16", 4);
    let mut snapshot = snapshot(9, vec![dear, cheap]);
    let (decision, _) = snapshot.run("2026-03-20", &FIVE_DAYS);
    let charged: Vec<_> = decision.charges.iter().map(|charge| charge.paid.subscription).collect();
    assert_eq!(charged, [2, 2]);
    assert_eq!(decision.unfunded.len(), 1, "the dear one is tried once, its later period is not");
    assert_eq!(snapshot.book.balance, eur(1));
}

#[test]
fn a_number_that_costs_nothing_renews_whatever_the_balance() {
    let mut snapshot = snapshot(-7, vec![subscription(1, "2026-01-31", 0)]);
    let (decision, _) = snapshot.run("2026-03-31", &NO_GRACE);
    assert_eq!((decision.charges.len(), decision.unfunded.len()), (2, 0));
    assert_eq!((snapshot.book.balance, snapshot.book.transfer_count), (eur(-7), 0));
    assert_eq!(snapshot.subscriptions[0].periods_charged, 3);
}

#[test]
fn what_its_renter_cancelled_ends_on_the_day_it_would_renew_however_late_the_run() {
    let mut cancelled = subscription(1, "2026-01-31", 5);
    cancelled.ends_at_period_end = true;
    let mut snapshot = snapshot(100, vec![cancelled]);
    let (decision, _) = snapshot.run("2026-02-27", &NO_GRACE);
    assert_eq!(decision, Decision::default());
    let (decision, _) = snapshot.run("2026-04-15", &NO_GRACE);
    assert_eq!(decision.charges, []);
    let ended = snapshot.subscriptions[0].ended;
    assert_eq!(ended, Some((date("2026-02-28"), EndReason::Cancelled)));
}
