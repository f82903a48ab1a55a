//! Auto-reload: an account's standing order, and the charges that it leads to (DESIGN 2.4).

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use crate::clock::Moment;
use crate::ids::{AccountId, ReloadId};
use crate::money::{Money, MoneyError};

/// What a card is charged by, as the gateway names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentMethod {
    /// Such as `pm_1Nv0FG…`.
    pub id: String,
    /// Whose it is at the gateway, such as `cus_9s6X…`.
    pub customer: Option<String>,
}

/// The account's standing order: below `threshold`, charge a multiple of `amount`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutoReload {
    /// The balance below which it charges.
    pub threshold: Money,
    /// What it charges a multiple of.
    pub amount: Money,
    /// What it charges.
    pub payment_method: PaymentMethod,
    /// Whether it is in force.
    pub status: OrderStatus,
    /// Declines since the last capture, or since it was set.
    pub declines: u32,
    /// When the latest of them came.
    pub declined_at: Option<DateTime<Utc>>,
}

/// Whether a standing order is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderStatus {
    /// It is.
    On,
    /// The operator ended it.
    Off,
    /// Too many declines in a row ended it.
    SwitchedOff,
}

impl OrderStatus {
    const ALL: [Self; 3] = [Self::On, Self::Off, Self::SwitchedOff];

    /// As it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::SwitchedOff => "switched_off",
        }
    }

    /// The status that is stored as `text`.
    pub fn find(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// The operator's rules for reloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReloadPolicy {
    /// Multiples of the amount in one reload, at most.
    pub multiples_max: u32,
    /// Reloads captured for one account on one billing date, at most.
    pub per_day_max: u32,
    /// From a decline to the next reload, at least.
    pub retry_after: TimeDelta,
    /// Declines in a row that switch a standing order off.
    pub failures_max: u32,
}

/// What the decision needs to know of an account's reloads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reloads {
    /// The standing order, in force or not.
    pub auto_reload: Option<AutoReload>,
    /// The one that is under way: asked for, and without an outcome.
    pub open: Option<ReloadId>,
    /// How many were captured on the billing date.
    pub captured_today: u32,
}

/// Whether money may still come by card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// No: there is no order in force, or it has used up its day.
    NoneLeft,
    /// A reload is under way, and nobody knows yet what becomes of it.
    Open,
    /// After a decline, not yet.
    Later,
    /// At once.
    Now,
}

impl Reloads {
    /// The standing order, if it is in force.
    pub fn order_in_force(&self) -> Option<&AutoReload> {
        self.auto_reload.as_ref().filter(|order| order.status == OrderStatus::On)
    }

    /// Whether money may still come by card at `now`.
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
    /// What to charge with `balance` left and `unpaid` due: the smallest multiple that pays it and
    /// brings the balance to the threshold or above, within `multiples_max`; nothing where both
    /// are so already.
    ///
    /// # Errors
    /// [`MoneyError::CurrenciesDiffer`], [`MoneyError::Overflow`].
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
    /// Its name, which is also the idempotency key at the gateway.
    pub id: ReloadId,
    /// What is charged.
    pub amount: Money,
    /// What is charged by; it stays, whatever the standing order says later.
    pub payment_method: PaymentMethod,
    /// Where it stands.
    pub status: ReloadStatus,
    /// How often the gateway was asked.
    pub attempts: u32,
    /// When it was asked for.
    pub requested: Moment,
    /// When its outcome was recorded.
    pub settled: Option<Moment>,
    /// Why it stands where it stands, in words.
    pub reason: Option<String>,
    /// Which gateway was asked.
    pub gateway: Option<String>,
    /// What the gateway calls it, such as `pi_3MtwBw…`.
    pub reference: Option<String>,
    /// When the gateway was first and last asked to charge, by the machine's clock.
    pub asked: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl Reload {
    /// One that is only asked for.
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

/// Where a reload stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReloadStatus {
    /// Asked for; the gateway has said nothing yet.
    Requested,
    /// The gateway was asked, and nobody knows what it did.
    InDoubt,
    /// Paid and credited.
    Captured,
    /// Refused: nothing was paid.
    Declined,
    /// It never reached the gateway, and must not be sent there any more: nothing was paid.
    Lapsed,
}

impl ReloadStatus {
    /// Every status.
    pub const ALL: [Self; 5] =
        [Self::Requested, Self::InDoubt, Self::Captured, Self::Declined, Self::Lapsed];

    /// As it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::InDoubt => "in_doubt",
            Self::Captured => "captured",
            Self::Declined => "declined",
            Self::Lapsed => "lapsed",
        }
    }

    /// The status that is stored as `text`.
    pub fn find(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Whether its outcome is not known yet.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Requested | Self::InDoubt)
    }
}

impl fmt::Display for ReloadStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a reload ended, to be written for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// Which.
    pub id: ReloadId,
    /// As what.
    pub status: ReloadStatus,
    /// Why, in words.
    pub reason: Option<String>,
    /// What the gateway calls it.
    pub reference: Option<String>,
    /// When.
    pub moment: Moment,
    /// Whether it counts only as long as nobody has sent the reload to the gateway.
    pub only_if_unsent: bool,
}

/// Which reloads to list; `None` means any.
#[derive(Debug, Clone, Default)]
pub struct ReloadFilter {
    /// Of this account.
    pub account: Option<AccountId>,
    /// Of this status.
    pub status: Option<ReloadStatus>,
    /// First asked about at this instant or later, by the machine's clock.
    pub asked_since: Option<DateTime<Utc>>,
    /// The newest so many.
    pub limit: u32,
}

/// Which of the open reloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenReloads {
    /// Every one.
    All,
    /// Those that no gateway was asked about yet.
    Unasked,
    /// Those that are in doubt, and that a daemon asks about again at this instant.
    Asked {
        /// That instant, by the machine's clock.
        asking_at: DateTime<Utc>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::AccountId;
    use crate::money::Currency;
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
        reloads.open = Some(ReloadId::random(AccountId::new(1)));
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
