//! What holds whatever the snapshot.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;

/// A snapshot as it may be found on a day, that day, and any policy.
#[derive(Debug, Clone)]
struct Case {
    snapshot: AccountSnapshot,
    today: NaiveDate,
    policy: BillingPolicy,
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
    /// Mostly none; else an order in any state, with or without a reload under way.
    fn any_reloads(today: NaiveDate)(
        has_order in prop::bool::weighted(0.4),
        (threshold, amount) in (1_i64..40, 1_i64..20),
        status in prop_oneof![
            3 => Just(OrderStatus::On), 1 => Just(OrderStatus::Off), 1 => Just(OrderStatus::SwitchedOff)
        ],
        declined in prop::option::weighted(0.2, 0_i64..120),
        is_open in prop::bool::weighted(0.2),
        captured_today in 0_u32..4,
    ) -> Reloads {
        if !has_order {
            return Reloads::default();
        }
        let declined_at: Option<DateTime<Utc>> =
            declined.map(|minutes| moment(today).at - TimeDelta::minutes(minutes));
        let auto_reload = AutoReload {
            status,
            declines: u32::from(declined.is_some()),
            declined_at,
            ..order(threshold, amount)
        };
        let open = is_open.then(reload_id);
        Reloads { auto_reload: Some(auto_reload), open, captured_today }
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
        reloads in any_reloads(today),
    ) -> Case {
        for (index, it) in subscriptions.iter_mut().enumerate() {
            it.ordinal = i64::try_from(index).expect("a few") + 1;
            it.msisdn = subscription(numbers[index], "2020-01-01", 0).msisdn;
        }
        let mut snapshot = snapshot(above_limit - credit_limit, subscriptions);
        snapshot.book.credit_limit = eur(credit_limit);
        snapshot.reloads = reloads;
        let mut policy = with_grace(grace_days);
        policy.release.late_grace_days = late_grace_days;
        Case { snapshot, today, policy }
    }
}

impl Case {
    fn decide(&self) -> Decision {
        decide(&self.snapshot, moment(self.today), &self.policy).expect("a sound snapshot")
    }

    /// The snapshot after all of `decision` was carried out, and what was posted.
    fn carry_out(&self, decision: &Decision) -> (AccountSnapshot, Vec<Transfer>) {
        let mut after = self.snapshot.clone();
        let transfers = after.pay(decision, moment(self.today)).expect("a sound decision");
        after.enforce(decision, self.today, Releases::Allowed);
        (after, transfers)
    }

    fn subscription(&self, ordinal: i64) -> &Subscription {
        let mut all = self.snapshot.subscriptions.iter();
        all.find(|it| it.ordinal == ordinal).expect("a subscription of the snapshot")
    }

    /// The place of a renewal in the order in which a run charges.
    fn order(&self, paid: &Paid) -> (NaiveDate, NaiveDate, &str) {
        let subscription = self.subscription(paid.subscription);
        (paid.period.start, subscription.started_on, subscription.msisdn.as_str())
    }
}

/// What is charged and what is not, by the rules of `docs/guide/daemon.md` and in another way than `decide`
/// goes: again and again, the first in order of all the oldest unpaid periods is paid, or its
/// subscription is given up where the rest does not cover it.
fn by_the_book(case: &Case) -> (Vec<Paid>, Vec<Paid>) {
    let mut rest = case.snapshot.book.available().expect("in range").micros();
    let mut open: BTreeMap<i64, u32> = case
        .snapshot
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
        let price = case.subscription(first.subscription).prices.agreed().micros();
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
        prop_assert_eq!(after.book.balance.micros(), case.snapshot.book.balance.micros() + spent);
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
            prop_assert_eq!(*price, subscription.prices.agreed());
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
        let again = Case { snapshot: after.clone(), ..case }.decide();
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
        let mut paid = case.snapshot.clone();
        paid.pay(&decision, moment(case.today)).expect("a sound decision");
        let later = Case { snapshot: paid, ..case.clone() };
        let (in_two_passes, transfers) = later.carry_out(&later.decide());
        prop_assert_eq!(transfers, []);
        prop_assert_eq!(in_two_passes, at_once);
    }

    #[test]
    fn a_reload_pays_all_that_is_missing_or_is_the_largest_there_is(case in a_case()) {
        let decision = case.decide();
        let Some(amount) = decision.reload else { return Ok(()) };
        let order = case.snapshot.reloads.auto_reload.as_ref().expect("only an order reloads");
        prop_assert!(order.status == OrderStatus::On && case.snapshot.reloads.open.is_none());
        let (mut after, _) = case.carry_out(&Decision { unfunded: vec![], ..decision });
        let now = moment(case.today);
        let reload = after.request_reload(amount, reload_id(), now);
        after.capture(&reload, now).expect("a credit is welcome");
        let settled = Case { snapshot: after, ..case.clone() };
        let decision = settled.decide();
        let (paid, _) = settled.carry_out(&decision);
        let is_enough =
            decision.unfunded.is_empty() && paid.book.balance.micros() >= order.threshold.micros();
        prop_assert!(is_enough || amount.micros() == order.amount.micros() * 10);
    }

    #[test]
    fn nothing_is_released_before_its_grace_is_over_nor_while_money_may_come(case in a_case()) {
        let now = moment(case.today).at;
        let none_left = case.snapshot.reloads.attempt(now, &RELOADS) == Attempt::NoneLeft;
        for unfunded in case.decide().unfunded {
            let subscription = case.subscription(unfunded.paid.subscription);
            let is_oldest = unfunded.paid.period == subscription.next_period().expect("in range");
            let since = subscription.past_due_since.filter(|_| is_oldest);
            let first_try = since.unwrap_or(case.today);
            let waited = (case.today - first_try).num_days();
            let late = first_try > unfunded.paid.period.start;
            let is_over = waited >= i64::from(case.policy.release.grace_days)
                && (!late || waited >= i64::from(case.policy.release.late_grace_days));
            prop_assert_eq!(unfunded.verdict == Verdict::Release, is_over && none_left);
        }
    }
}
