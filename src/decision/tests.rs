//! The rules of DESIGN 2.3 and 2.5 by example, and what holds whatever the standing.

use std::collections::BTreeMap;

use chrono::{Days, NaiveTime};
use proptest::prelude::*;

use super::*;
use crate::ids::AccountId;
use crate::money::Currency;

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn eur(micros: i64) -> Money {
    Money::from_micros(micros, Currency::EUR)
}

fn moment(on: NaiveDate) -> Moment {
    Moment { at: on.and_time(NaiveTime::MIN).and_utc(), on }
}

const NO_GRACE: Policy = Policy { grace_days: 0, late_grace_days: 3 };
const FIVE_DAYS: Policy = Policy { grace_days: 5, late_grace_days: 3 };

/// A subscription from `start` on, of which only the first period is charged.
fn subscription(ordinal: i64, start: &str, price: i64) -> Subscription {
    Subscription {
        ordinal,
        msisdn: format!("4477009000{ordinal:02}").parse().expect("a number"),
        started_on: date(start),
        monthly_price: eur(price),
        periods_charged: 1,
        past_due_since: None,
        ends_at_period_end: false,
        ended: None,
    }
}

fn standing(balance: i64, subscriptions: Vec<Subscription>) -> Standing {
    let book = Book {
        account: AccountId::new(10),
        balance: eur(balance),
        credit_limit: eur(0),
        transfer_count: 0,
    };
    let subscription_count = i64::try_from(subscriptions.len()).expect("a few");
    Standing { version: 1, book, subscription_count, subscriptions }
}

impl Standing {
    /// Decides on `today` and carries all of it out, as one run does.
    fn run(&mut self, today: &str, policy: &Policy) -> (Decision, Enforced) {
        let today = date(today);
        let decision = decide(self, today, policy).expect("a sound standing");
        self.pay(&decision, moment(today)).expect("a sound decision");
        let enforced = self.enforce(&decision, today, Releases::Allowed);
        (decision, enforced)
    }
}

fn verdicts(decision: &Decision) -> Vec<Verdict> {
    decision.unfunded.iter().map(|unfunded| unfunded.verdict).collect()
}

#[test]
fn without_grace_it_is_released_in_the_run_that_first_tried_it() {
    let mut standing = standing(0, vec![subscription(1, "2026-01-15", 5)]);
    let (decision, enforced) = standing.run("2026-02-15", &NO_GRACE);
    assert_eq!(verdicts(&decision), [Verdict::Release]);
    assert_eq!(enforced, Enforced { past_due: 0, released: 1, held_back: 0 });
    let ended = standing.subscriptions[0].ended;
    assert_eq!(ended, Some((date("2026-02-15"), EndReason::Unfunded)));
    assert_eq!(standing.subscriptions[0].periods_charged, 1, "the unpaid period is not charged");
}

#[test]
fn with_five_days_of_grace_it_is_released_on_the_fifth_day_after() {
    let mut standing = standing(0, vec![subscription(1, "2026-01-15", 5)]);
    let (decision, _) = standing.run("2026-02-15", &FIVE_DAYS);
    assert_eq!(verdicts(&decision), [Verdict::BecomesPastDue]);
    for today in ["2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19"] {
        let (decision, enforced) = standing.run(today, &FIVE_DAYS);
        assert_eq!(verdicts(&decision), [Verdict::StaysPastDue], "{today}");
        assert_eq!(enforced, Enforced::default(), "{today}");
    }
    assert_eq!(verdicts(&standing.run("2026-02-20", &FIVE_DAYS).0), [Verdict::Release]);
}

#[test]
fn a_first_try_that_came_late_gets_the_late_days_of_grace() {
    let mut standing = standing(0, vec![subscription(1, "2026-01-15", 5)]);
    for (today, verdict) in [
        ("2026-02-16", Verdict::BecomesPastDue),
        ("2026-02-18", Verdict::StaysPastDue),
        ("2026-02-19", Verdict::Release),
    ] {
        assert_eq!(verdicts(&standing.run(today, &NO_GRACE).0), [verdict], "{today}");
    }
}

#[test]
fn a_late_first_try_gets_the_longer_of_both_graces() {
    let mut standing = standing(0, vec![subscription(1, "2026-01-15", 5)]);
    for (today, verdict) in [
        ("2026-02-16", Verdict::BecomesPastDue),
        ("2026-02-20", Verdict::StaysPastDue),
        ("2026-02-21", Verdict::Release),
    ] {
        assert_eq!(verdicts(&standing.run(today, &FIVE_DAYS).0), [verdict], "{today}");
    }
}

#[test]
fn a_run_that_comes_after_the_last_day_of_grace_releases_too() {
    let mut standing = standing(0, vec![subscription(1, "2026-01-15", 5)]);
    standing.run("2026-02-15", &FIVE_DAYS);
    assert_eq!(verdicts(&standing.run("2026-04-01", &FIVE_DAYS).0), [Verdict::Release]);
}

#[test]
fn paying_the_oldest_period_starts_the_next_unpaid_one_anew() {
    let mut standing = standing(0, vec![subscription(1, "2026-01-15", 5)]);
    let policy = Policy { grace_days: 40, late_grace_days: 3 };
    standing.run("2026-02-15", &policy);
    assert_eq!(standing.subscriptions[0].past_due_since, Some(date("2026-02-15")));
    standing.book.balance = eur(5);
    let (decision, enforced) = standing.run("2026-03-20", &policy);
    let paid: Vec<_> = decision.charges.iter().map(|charge| charge.paid.period.start).collect();
    assert_eq!(paid, [date("2026-02-15")]);
    assert_eq!(verdicts(&decision), [Verdict::BecomesPastDue]);
    assert_eq!(enforced, Enforced { past_due: 1, released: 0, held_back: 0 });
    assert_eq!(standing.subscriptions[0].past_due_since, Some(date("2026-03-20")));
}

#[test]
fn paying_all_that_is_due_clears_past_due() {
    let mut standing = standing(0, vec![subscription(1, "2026-01-15", 5)]);
    standing.run("2026-02-15", &FIVE_DAYS);
    standing.book.balance = eur(5);
    standing.run("2026-02-16", &FIVE_DAYS);
    assert_eq!(standing.subscriptions[0].past_due_since, None);
}

#[test]
fn what_the_guard_holds_back_is_past_due_instead() {
    let mut standing = standing(0, vec![subscription(1, "2026-01-15", 5)]);
    let today = date("2026-02-15");
    let decision = decide(&standing, today, &NO_GRACE).expect("a sound standing");
    let enforced = standing.enforce(&decision, today, Releases::HeldBack);
    assert_eq!(enforced, Enforced { past_due: 1, released: 0, held_back: 1 });
    assert_eq!(standing.subscriptions[0].status(), "past_due");
    // A healthy run on the next day goes on.
    assert_eq!(standing.run("2026-02-16", &NO_GRACE).1.released, 1);
}

#[test]
fn one_that_is_too_dear_does_not_stop_a_cheaper_later_one_of_another_subscription() {
    let dear = subscription(1, "2026-01-15", 10);
    let cheap = subscription(2, "2026-01-16", 4);
    let mut standing = standing(9, vec![dear, cheap]);
    let (decision, _) = standing.run("2026-03-20", &FIVE_DAYS);
    let charged: Vec<_> = decision.charges.iter().map(|charge| charge.paid.subscription).collect();
    assert_eq!(charged, [2, 2]);
    assert_eq!(decision.unfunded.len(), 1, "the dear one is tried once, its later period is not");
    assert_eq!(standing.book.balance, eur(1));
}

#[test]
fn a_number_that_costs_nothing_renews_whatever_the_balance() {
    let mut standing = standing(-7, vec![subscription(1, "2026-01-31", 0)]);
    let (decision, _) = standing.run("2026-03-31", &NO_GRACE);
    assert_eq!((decision.charges.len(), decision.unfunded.len()), (2, 0));
    assert_eq!((standing.book.balance, standing.book.transfer_count), (eur(-7), 0));
    assert_eq!(standing.subscriptions[0].periods_charged, 3);
}

#[test]
fn what_its_renter_cancelled_ends_on_the_day_it_would_renew_however_late_the_run() {
    let mut cancelled = subscription(1, "2026-01-31", 5);
    cancelled.ends_at_period_end = true;
    let mut standing = standing(100, vec![cancelled]);
    let (decision, _) = standing.run("2026-02-27", &NO_GRACE);
    assert_eq!(decision, Decision::default());
    let (decision, _) = standing.run("2026-04-15", &NO_GRACE);
    assert_eq!(decision.charges, []);
    let ended = standing.subscriptions[0].ended;
    assert_eq!(ended, Some((date("2026-02-28"), EndReason::Cancelled)));
}

/// A standing as it may be found on a day, that day, and any policy.
#[derive(Debug, Clone)]
struct Case {
    standing: Standing,
    today: NaiveDate,
    policy: Policy,
}

prop_compose! {
    /// Live subscriptions of any age, some of them with several periods to pay.
    fn a_subscription(today: NaiveDate)(
        age in 0_u64..500,
        price in prop_oneof![Just(0_i64), 1_i64..12, 1_000_000_i64..1_000_012],
        charged in 1_u32..18,
        since in prop::option::of(0_u64..60),
        ends_at_period_end in prop::bool::weighted(0.1),
        has_ended in prop::bool::weighted(0.05),
    ) -> Subscription {
        let mut it = subscription(0, "2020-01-01", price);
        it.started_on = today - Days::new(age);
        it.periods_charged = charged;
        let unpaid_from = it.next_renewal_on().expect("in range");
        it.past_due_since = since.map(|days| today - Days::new(days)).filter(|on| *on >= unpaid_from);
        it.ends_at_period_end = ends_at_period_end;
        it.ended = has_ended.then_some((today, EndReason::Cancelled));
        it
    }
}

prop_compose! {
    fn a_case()(
        today in (0_u64..1_500).prop_map(|days| date("2023-06-01") + Days::new(days)),
    )(
        today in Just(today),
        mut subscriptions in prop::collection::vec(a_subscription(today), 0..7),
        numbers in Just((1..8).collect::<Vec<i64>>()).prop_shuffle(),
        credit_limit in prop_oneof![Just(0_i64), 1_i64..30],
        above_limit in prop_oneof![0_i64..60, 0_i64..3_000_000],
        grace_days in 0_u32..7,
        late_grace_days in 0_u32..7,
    ) -> Case {
        for (index, it) in subscriptions.iter_mut().enumerate() {
            it.ordinal = i64::try_from(index).expect("a few") + 1;
            it.msisdn = subscription(numbers[index], "2020-01-01", 0).msisdn;
        }
        let mut standing = standing(above_limit - credit_limit, subscriptions);
        standing.book.credit_limit = eur(credit_limit);
        Case { standing, today, policy: Policy { grace_days, late_grace_days } }
    }
}

impl Case {
    fn decide(&self) -> Decision {
        decide(&self.standing, self.today, &self.policy).expect("a sound standing")
    }

    /// The standing after all of `decision` was carried out, and what was posted.
    fn carry_out(&self, decision: &Decision) -> (Standing, Vec<Transfer>) {
        let mut after = self.standing.clone();
        let transfers = after.pay(decision, moment(self.today)).expect("a sound decision");
        after.enforce(decision, self.today, Releases::Allowed);
        (after, transfers)
    }

    fn subscription(&self, ordinal: i64) -> &Subscription {
        let mut all = self.standing.subscriptions.iter();
        all.find(|it| it.ordinal == ordinal).expect("a subscription of the standing")
    }

    /// Where a renewal stands in the order of DESIGN 2.3.
    fn order(&self, paid: &Paid) -> (NaiveDate, NaiveDate, &str) {
        let subscription = self.subscription(paid.subscription);
        (paid.period.start, subscription.started_on, subscription.msisdn.as_str())
    }
}

/// What is charged and what is not, by the words of DESIGN 2.3 and in another way than `decide`
/// goes: again and again, the first in order of all the oldest unpaid periods is paid, or its
/// subscription is given up where the rest does not cover it.
fn by_the_book(case: &Case) -> (Vec<Paid>, Vec<Paid>) {
    let mut rest = case.standing.book.available().expect("in range").micros();
    let mut open: BTreeMap<i64, u32> = case
        .standing
        .subscriptions
        .iter()
        .filter(|it| it.ended.is_none() && !it.ends_at_period_end)
        .map(|it| (it.ordinal, it.periods_charged))
        .collect();
    let (mut charged, mut unfunded) = (Vec::new(), Vec::new());
    loop {
        let oldest = open.iter().map(|(ordinal, index)| {
            let started_on = case.subscription(*ordinal).started_on;
            let period = Period::of(started_on, *index).expect("in range");
            Paid { subscription: *ordinal, period }
        });
        let due = oldest.filter(|paid| paid.period.start <= case.today);
        let Some(first) = due.min_by(|a, b| case.order(a).cmp(&case.order(b))) else {
            return (charged, unfunded);
        };
        let price = case.subscription(first.subscription).monthly_price.micros();
        if price <= rest || price == 0 {
            rest -= price;
            *open.get_mut(&first.subscription).expect("it is open") += 1;
            charged.push(first);
        } else {
            open.remove(&first.subscription);
            unfunded.push(first);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_oldest_unpaid_period_is_paid_again_and_again(case in a_case()) {
        let decision = case.decide();
        let charged: Vec<_> = decision.charges.iter().map(|charge| charge.paid).collect();
        let unfunded: Vec<_> = decision.unfunded.iter().map(|unfunded| unfunded.paid).collect();
        prop_assert_eq!((charged, unfunded), by_the_book(&case));
    }

    #[test]
    fn the_balance_never_goes_below_the_credit_limit(case in a_case()) {
        let (after, transfers) = case.carry_out(&case.decide());
        let floor = -after.book.credit_limit.micros();
        prop_assert!(transfers.iter().all(|it| it.balance_after.micros() >= floor));
        prop_assert!(after.book.balance.micros() >= floor);
        let spent: i64 = transfers.iter().map(|it| it.entry.amount.micros()).sum();
        prop_assert_eq!(after.book.balance.micros(), case.standing.book.balance.micros() + spent);
    }

    #[test]
    fn only_due_periods_are_charged_without_a_gap_and_at_their_price(case in a_case()) {
        let decision = case.decide();
        let mut next: BTreeMap<i64, u32> = BTreeMap::new();
        for Charge { paid, price } in &decision.charges {
            let subscription = case.subscription(paid.subscription);
            let index = next.entry(paid.subscription).or_insert(subscription.periods_charged);
            let expected = Period::of(subscription.started_on, *index).expect("in range");
            prop_assert_eq!(paid.period, expected);
            prop_assert!(paid.period.start <= case.today);
            prop_assert_eq!(*price, subscription.monthly_price);
            prop_assert!(subscription.ended.is_none() && !subscription.ends_at_period_end);
            *index += 1;
        }
    }

    #[test]
    fn charges_come_by_period_then_start_then_number(case in a_case()) {
        let decision = case.decide();
        prop_assert!(decision.charges.is_sorted_by_key(|charge| case.order(&charge.paid)));
        prop_assert!(decision.unfunded.is_sorted_by_key(|unfunded| case.order(&unfunded.paid)));
    }

    #[test]
    fn what_stays_unfunded_is_the_oldest_unpaid_period_and_more_than_is_left(case in a_case()) {
        let decision = case.decide();
        let (after, _) = case.carry_out(&decision);
        for unfunded in &decision.unfunded {
            let subscription = after.subscriptions.iter()
                .find(|it| it.ordinal == unfunded.paid.subscription).expect("it is there");
            prop_assert_eq!(unfunded.paid.period, subscription.next_period().expect("in range"));
            prop_assert!(unfunded.price.micros() > after.book.available().expect("in range").micros());
        }
    }

    #[test]
    fn deciding_again_after_all_was_carried_out_decides_nothing_more(case in a_case()) {
        let (after, _) = case.carry_out(&case.decide());
        let again = Case { standing: after.clone(), ..case }.decide();
        prop_assert_eq!(&again.charges, &[]);
        prop_assert_eq!(&again.endings, &[]);
        prop_assert!(again.unfunded.iter().all(|it| it.verdict == Verdict::StaysPastDue));
        let mut twice = after.clone();
        twice.pay(&again, moment(case.today)).expect("a sound decision");
        let enforced = twice.enforce(&again, case.today, Releases::Allowed);
        prop_assert_eq!(enforced, Enforced::default());
        prop_assert_eq!(twice, after);
    }

    #[test]
    fn paying_first_and_enforcing_later_is_the_same_as_both_at_once(case in a_case()) {
        let decision = case.decide();
        let (at_once, _) = case.carry_out(&decision);
        let mut paid = case.standing.clone();
        paid.pay(&decision, moment(case.today)).expect("a sound decision");
        let later = Case { standing: paid, ..case.clone() };
        let (in_two_passes, transfers) = later.carry_out(&later.decide());
        prop_assert_eq!(transfers, []);
        prop_assert_eq!(in_two_passes, at_once);
    }

    #[test]
    fn nothing_is_released_before_its_grace_is_over(case in a_case()) {
        for unfunded in case.decide().unfunded {
            let subscription = case.subscription(unfunded.paid.subscription);
            let is_oldest = unfunded.paid.period == subscription.next_period().expect("in range");
            let since = subscription.past_due_since.filter(|_| is_oldest);
            let first_try = since.unwrap_or(case.today);
            let waited = (case.today - first_try).num_days();
            let late = first_try > unfunded.paid.period.start;
            let is_over = waited >= i64::from(case.policy.grace_days)
                && (!late || waited >= i64::from(case.policy.late_grace_days));
            prop_assert_eq!(unfunded.verdict == Verdict::Release, is_over);
        }
    }
}
