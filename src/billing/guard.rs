//! The release guard (DESIGN 2.6): a run that would release too many releases none.

use rust_decimal::Decimal;
use tracing::warn;

use super::batch;
use super::run::{Context, RunError};
use crate::decision::{Releases, decide};
use crate::ids::AccountId;
use crate::policy::Guard;
use crate::run::Run;

/// Whether the run may release. Looks at every account that has something due before this
/// process releases any. Each process that shares the run counts for itself: what others have
/// released by then was counted among the live before, and is released either way.
pub(super) async fn releases(context: &Context, run: &Run) -> Result<Releases, RunError> {
    if run.is_approved {
        return Ok(Releases::Allowed);
    }
    // Before the releases ahead: others may be releasing meanwhile, and the live must not shrink
    // beside a count that was taken earlier.
    let live = context.store.live_subscriptions().await? + run.counts.released;
    let ahead = count_releases(context).await?;
    let total = ahead + run.counts.released;
    let releases = context.policy.release.guard.judge(total, live);
    if releases == Releases::HeldBack {
        warn!(run.date = %context.moment.on, releases = total, live, "the release guard holds the releases back");
    }
    Ok(releases)
}

impl Guard {
    /// Whether `releases` of `live` subscriptions are too many.
    pub(super) fn judge(self, releases: u64, live: u64) -> Releases {
        let share = Decimal::from(releases) * Decimal::ONE_HUNDRED;
        let too_many = releases > self.min && share > self.percent * Decimal::from(live);
        if too_many { Releases::HeldBack } else { Releases::Allowed }
    }
}

async fn count_releases(context: &Context) -> Result<u64, RunError> {
    let Context { store, moment, policy, .. } = context;
    let mut releases = 0;
    let mut next = Some(AccountId::MIN);
    while let Some(first) = next {
        context.refuse_if_stopped()?;
        let limit = policy.run.batch_accounts;
        let accounts = store.due_accounts(first, AccountId::MAX, moment.on, limit).await?;
        next = super::worker::after(&accounts, limit);
        for account in batch::load(store, &accounts, moment.on, moment.on).await? {
            // What cannot be read or decided is never released.
            let Ok(snapshot) = account.snapshot else { continue };
            let Ok(decision) = decide(&snapshot, *moment, policy) else { continue };
            releases += decision.releases() as u64;
        }
    }
    Ok(releases)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_both_limits_are_held_back() {
        let guard = Guard { percent: Decimal::from(5), min: 20 };
        assert_eq!(guard.judge(20, 20), Releases::Allowed);
        assert_eq!(guard.judge(21, 420), Releases::Allowed);
        assert_eq!(guard.judge(21, 419), Releases::HeldBack);
    }
}
