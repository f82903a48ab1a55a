//! Auto-reload: an account's standing order, and the reloads that it requests.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use crate::clock::Moment;
use crate::ids::{AccountId, ReloadId};
use crate::money::{Money, MoneyError};

/// A payment method by the gateway's ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentMethod {
    /// For example `pm_1Nv0FG…`.
    pub id: String,
    /// The customer that it belongs to at the gateway, for example `cus_9s6X…`.
    pub customer: Option<String>,
}

/// The account's standing order: below `threshold`, charge a multiple of `amount`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutoReload {
    /// A balance below this requests a reload.
    pub threshold: Money,
    /// A reload is a multiple of this.
    pub amount: Money,
    pub payment_method: PaymentMethod,
    pub status: OrderStatus,
    /// Declines in a row since the last capture, or since the order was set.
    pub declines: u32,
    /// The time of the latest decline.
    pub declined_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr, strum::EnumString)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum OrderStatus {
    On,
    /// Switched off by the operator.
    Off,
    /// Switched off after `failures_max` declines in a row.
    SwitchedOff,
}

impl OrderStatus {
    /// The status in the database and in JSON.
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }

    pub fn find(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// The section `auto_reload` of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReloadPolicy {
    /// The largest multiple of the order's amount in one reload.
    pub multiples_max: u32,
    /// The most reloads captured for one account on one billing date.
    pub per_day_max: u32,
    /// The least time from a decline to the next reload.
    pub retry_after: TimeDelta,
    /// This many declines in a row switch auto-reload off.
    pub failures_max: u32,
}

/// The part of an account's snapshot that concerns reloads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reloads {
    /// The standing order, whatever its status.
    pub auto_reload: Option<AutoReload>,
    /// The reload whose outcome is not yet known.
    pub open: Option<ReloadId>,
    /// The number of reloads captured on the billing date.
    pub captured_today: u32,
}

/// Whether a reload may still bring money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// No: auto-reload is off, or the day's limit is reached.
    NoneLeft,
    /// A reload is open, so its outcome is not yet known.
    Open,
    /// Not before `retry_after` has passed since the last decline.
    Later,
    /// A reload may be requested now.
    Now,
}

impl Reloads {
    /// The standing order if its status is `on`.
    pub fn order_in_force(&self) -> Option<&AutoReload> {
        self.auto_reload.as_ref().filter(|order| order.status == OrderStatus::On)
    }

    pub fn attempt(&self, now: DateTime<Utc>, policy: &ReloadPolicy) -> Attempt {
        if self.open.is_some() {
            return Attempt::Open;
        }
        let Some(order) = self.order_in_force() else { return Attempt::NoneLeft };
        if self.captured_today >= policy.per_day_max {
            return Attempt::NoneLeft;
        }
        let rests = order
            .declined_at
            .is_some_and(|declined| now.signed_duration_since(declined) < policy.retry_after);
        if rests { Attempt::Later } else { Attempt::Now }
    }
}

impl AutoReload {
    /// The amount to reload: the smallest multiple of the order's amount that pays `unpaid` and brings `balance`
    /// to the threshold or above, at most `multiples_max` times the amount. `None` if nothing is missing.
    pub fn charge_for(
        &self,
        balance: Money,
        unpaid: Money,
        multiples_max: u32,
    ) -> Result<Option<Money>, MoneyError> {
        let missing = self.threshold.plus(unpaid)?.minus(balance)?.micros();
        let step = self.amount.micros();
        if missing <= 0 || step <= 0 {
            return Ok(None);
        }
        let multiples = missing.checked_add(step - 1).ok_or(MoneyError::Overflow)? / step;
        let multiples = multiples.clamp(1, i64::from(multiples_max.max(1)));
        let micros = step.checked_mul(multiples).ok_or(MoneyError::Overflow)?;
        Ok(Some(Money::from_micros(micros, self.amount.currency())))
    }
}

/// One charge, from intent to outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reload {
    /// Also the idempotency key at the gateway.
    pub id: ReloadId,
    pub amount: Money,
    /// Fixed when the reload is requested, even if the standing order changes later.
    pub payment_method: PaymentMethod,
    pub status: ReloadStatus,
    /// The number of requests to the gateway.
    pub attempts: u32,
    pub requested: Moment,
    pub settled: Option<Moment>,
    /// The gateway's or the operator's explanation of the status.
    pub reason: Option<String>,
    /// The name of the gateway that was asked.
    pub gateway: Option<String>,
    /// The gateway's id of the charge, for example `pi_3MtwBw…`.
    pub reference: Option<String>,
    /// The first and the last request to charge, by the machine's clock.
    pub asked: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl Reload {
    pub const fn requested(
        id: ReloadId,
        amount: Money,
        payment_method: PaymentMethod,
        requested: Moment,
    ) -> Self {
        Self {
            id,
            amount,
            payment_method,
            status: ReloadStatus::Requested,
            attempts: 0,
            requested,
            settled: None,
            reason: None,
            gateway: None,
            reference: None,
            asked: None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr, strum::EnumString)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum ReloadStatus {
    /// Stored; no answer from the gateway yet.
    Requested,
    /// The gateway was asked, and its outcome is unknown.
    InDoubt,
    /// Paid and credited.
    Captured,
    /// Nothing was charged.
    Declined,
    /// It never reached the gateway and must not be sent any more. Nothing was charged.
    Lapsed,
}

impl ReloadStatus {
    pub const ALL: [Self; 5] =
        [Self::Requested, Self::InDoubt, Self::Captured, Self::Declined, Self::Lapsed];

    /// The status in the database and in JSON.
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }

    pub fn find(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    /// Whether the outcome is not yet known.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Requested | Self::InDoubt)
    }
}

impl fmt::Display for ReloadStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The outcome of a reload, to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    pub id: ReloadId,
    pub status: ReloadStatus,
    pub reason: Option<String>,
    /// The gateway's id of the charge.
    pub reference: Option<String>,
    pub moment: Moment,
    /// Record it only if the reload has not been sent to the gateway.
    pub only_if_unsent: bool,
}

/// Which reloads to list. `None` matches all.
#[derive(Debug, Clone, Default)]
pub struct ReloadFilter {
    pub account: Option<AccountId>,
    pub status: Option<ReloadStatus>,
    /// First sent to the gateway at this time or later, by the machine's clock.
    pub asked_since: Option<DateTime<Utc>>,
    /// The newest this many.
    pub limit: u32,
}

/// Which open reloads to process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenReloads {
    All,
    /// Not yet sent to a gateway.
    Unasked,
    /// In doubt, and due for another request to the gateway at this time.
    Asked {
        /// By the machine's clock.
        asking_at: DateTime<Utc>,
    },
}

/// The result of claiming a reload.
#[derive(Debug)]
pub enum ReloadClaim {
    /// The caller may ask the gateway about the reload, which is returned as it is now.
    Claimed(Box<Reload>),
    /// Another process has claimed it.
    Busy,
    /// This other gateway was asked, and only it can answer.
    OtherGateway(String),
    Settled,
}

/// What is recorded of a reload whose outcome is not known.
#[derive(Debug)]
pub struct ReloadDoubt<'a> {
    /// The number of the attempt; the record of a later attempt is not overwritten.
    pub attempts: u32,
    pub reason: &'a str,
    /// The reload's name at the gateway, if the gateway has named it.
    pub reference: Option<&'a str>,
    /// No daemon asks again before.
    pub next_attempt_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::AccountId;
    use crate::money::Currency;
    use crate::rng::SeededRng;
    use proptest::prelude::*;

    fn eur(micros: i64) -> Money {
        Money::from_micros(micros, Currency::EUR)
    }

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

    fn policy() -> ReloadPolicy {
        ReloadPolicy {
            multiples_max: 10,
            per_day_max: 3,
            retry_after: TimeDelta::hours(1),
            failures_max: 3,
        }
    }

    #[test]
    fn a_balance_at_the_threshold_is_not_below_it() {
        assert_eq!(order(10, 20).charge_for(eur(10), eur(0), 10), Ok(None));
        assert_eq!(order(10, 20).charge_for(eur(9), eur(0), 10), Ok(Some(eur(20))));
    }

    #[test]
    fn what_is_unpaid_is_paid_on_top_of_the_threshold() {
        assert_eq!(order(10, 20).charge_for(eur(5), eur(35), 10), Ok(Some(eur(40))));
        assert_eq!(order(10, 20).charge_for(eur(5), eur(36), 10), Ok(Some(eur(60))));
    }

    #[test]
    fn one_reload_is_at_most_ten_times_the_amount() {
        assert_eq!(order(10, 20).charge_for(eur(0), eur(5_000), 10), Ok(Some(eur(200))));
    }

    #[test]
    fn after_a_decline_the_next_attempt_waits() {
        let now: DateTime<Utc> = "2026-01-31T02:30:00Z".parse().expect("an instant");
        let mut reloads = Reloads { auto_reload: Some(order(10, 20)), ..Reloads::default() };
        assert_eq!(reloads.attempt(now, &policy()), Attempt::Now);
        reloads.auto_reload.as_mut().expect("an order").declined_at = Some(now);
        let almost = now + TimeDelta::minutes(59);
        assert_eq!(reloads.attempt(almost, &policy()), Attempt::Later);
        assert_eq!(reloads.attempt(now + TimeDelta::hours(1), &policy()), Attempt::Now);
        reloads.captured_today = 3;
        assert_eq!(reloads.attempt(now, &policy()), Attempt::NoneLeft, "the day is used up");
        reloads.open = Some(ReloadId::random(AccountId::new(1), &SeededRng::new(1)));
        assert_eq!(reloads.attempt(now, &policy()), Attempt::Open);
    }

    proptest! {
        #[test]
        fn it_is_the_smallest_multiple_that_is_enough(
            threshold in 1_i64..1_000, amount in 1_i64..1_000, balance in -1_000_i64..2_000,
            unpaid in 0_i64..5_000, multiples_max in 1_u32..20
        ) {
            let charge = order(threshold, amount)
                .charge_for(eur(balance), eur(unpaid), multiples_max)
                .expect("small amounts");
            let left = |multiples: i64| balance + multiples * amount - unpaid;
            match charge.map(Money::micros) {
                None => prop_assert!(left(0) >= threshold),
                Some(micros) => {
                    prop_assert_eq!(micros % amount, 0);
                    let multiples = micros / amount;
                    prop_assert!((1..=i64::from(multiples_max)).contains(&multiples));
                    prop_assert!(left(multiples - 1) < threshold, "one less is not enough");
                    prop_assert!(
                        left(multiples) >= threshold || multiples == i64::from(multiples_max)
                    );
                }
            }
        }
    }
}
