//! The rules of billing that an operator sets, in the sections of the configuration file.

use std::time::Duration;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::calendar::days_after;
use crate::reload::ReloadPolicy;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BillingPolicy {
    pub release: ReleasePolicy,
    pub auto_reload: ReloadPolicy,
    pub notices: NoticePolicy,
    pub run: Concurrency,
}

/// When unpaid subscriptions are released, and what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReleasePolicy {
    /// Days from past due to release.
    pub grace_days: u32,
    /// The least number of days from past due to release if the first attempt was late.
    pub late_grace_days: u32,
    pub hold: Hold,
    pub guard: Guard,
}

/// The release guard: a run that would release more than both limits releases nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    /// Share of all live subscriptions, in percent.
    pub percent: Decimal,
    /// Number of subscriptions.
    pub min: u64,
}

/// How long a released or cancelled number is kept for its last renter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// With 0 the number is on sale at once.
    pub days: u32,
}

impl Hold {
    /// The day on which a number that came free on `freed_on` goes back on sale; `None` if that is `today`
    /// or earlier.
    pub fn until(self, freed_on: NaiveDate, today: NaiveDate) -> Option<NaiveDate> {
        let until = days_after(freed_on, self.days);
        (until > today).then_some(until)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoticePolicy {
    pub ahead: AheadWhen,
    /// Days between the notice of a coming renewal and the renewal.
    pub ahead_days: u32,
    /// Whether `mail.operator` is set, so that runs are reported by mail.
    pub has_operator: bool,
}

/// When accounts get notices of future renewals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum AheadWhen {
    /// If neither the balance nor the card covers them.
    IfShort,
    Always,
    Never,
}

/// How the work of a run is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concurrency {
    /// Accounts in one transaction.
    pub batch_accounts: u32,
    /// Batches processed at once.
    pub workers: u32,
    /// How long a worker may be silent before another takes over its slice.
    pub lease: Duration,
    /// Cards charged at once in one process.
    pub charges: u32,
    /// A production run this many days or fewer after the latest one needs no approval.
    pub ahead_days_max: u32,
}

impl Concurrency {
    /// About how many periods one transaction charges at most. An account with more of them due takes several.
    pub fn batch_periods(&self) -> usize {
        const PERIODS_OF_AN_ACCOUNT: usize = 4;
        let accounts = usize::try_from(self.batch_accounts).unwrap_or(usize::MAX);
        accounts.max(1).saturating_mul(PERIODS_OF_AN_ACCOUNT)
    }
}
