//! `[billing]`, `[schedule]`, `[release]`, `[run]`, `[auto_reload]` and `[notices]`: the rules of billing and
//! when they are applied.

use std::time::Duration;

use chrono::TimeDelta;

use super::keys::{Key, Kind, key};
use super::values::Values;
use crate::policy::{
    AheadWhen, BillingPolicy, Concurrency, Guard, Hold, NoticePolicy, ReleasePolicy,
};
use crate::reload::ReloadPolicy;

pub(super) const KEYS: &[Key] = &[
    key("billing.time_zone", Kind::TimeZone),
    key("schedule.run_at", Kind::TimeOfDay),
    key("schedule.late_after", Kind::at_least(Duration::from_secs(1))),
    key("release.grace_days", Kind::DAYS),
    key("release.late_grace_days", Kind::DAYS),
    key("release.hold_days", Kind::DAYS),
    key("release.guard_percent", Kind::Percent),
    key("release.guard_min", Kind::whole(0, 1_000_000_000)),
    key("run.batch_accounts", Kind::whole(1, 10_000)),
    key("run.workers", Kind::whole(1, 8)),
    key("run.lease_s", Kind::whole(1, 3_600)),
    key("run.ahead_max_days", Kind::whole(1, 36_500)),
    key("auto_reload.multiples_max", Kind::whole(1, 1_000)),
    key("auto_reload.per_day_max", Kind::whole(1, 1_000)),
    key("auto_reload.failures_max", Kind::whole(1, 1_000)),
    key("auto_reload.retry_after", Kind::at_least(Duration::ZERO)),
    key("auto_reload.check_every", Kind::at_least(Duration::from_secs(1))),
    key("notices.ahead", Kind::word::<AheadWhen>()),
    // The first renewal is at least 28 days after the rental.
    key("notices.ahead_days", Kind::whole(1, 27)),
];

pub(super) fn policy(values: &Values) -> BillingPolicy {
    BillingPolicy {
        release: ReleasePolicy {
            grace_days: values.whole("release.grace_days"),
            late_grace_days: values.whole("release.late_grace_days"),
            hold: Hold { days: values.whole("release.hold_days") },
            guard: Guard {
                percent: values.decimal("release.guard_percent"),
                min: values.whole("release.guard_min"),
            },
        },
        auto_reload: reload_policy(values),
        notices: NoticePolicy {
            ahead: values.word("notices.ahead"),
            ahead_days: values.whole("notices.ahead_days"),
            has_operator: values.find_text("mail.operator").is_some(),
        },
        run: Concurrency {
            batch_accounts: values.whole("run.batch_accounts"),
            workers: values.whole("run.workers"),
            lease: values.seconds("run.lease_s"),
            charges: values.whole("payments.concurrent_max"),
            ahead_days_max: values.whole("run.ahead_max_days"),
        },
    }
}

fn reload_policy(values: &Values) -> ReloadPolicy {
    let retry_after = values.time("auto_reload.retry_after");
    ReloadPolicy {
        multiples_max: values.whole("auto_reload.multiples_max"),
        per_day_max: values.whole("auto_reload.per_day_max"),
        failures_max: values.whole("auto_reload.failures_max"),
        retry_after: TimeDelta::from_std(retry_after).unwrap_or(TimeDelta::MAX),
    }
}
