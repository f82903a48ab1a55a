//! The release guard: a run that would release too many subscriptions releases none.

use rust_decimal::Decimal;
use tracing::warn;

use super::account_pages::{AccountPages, accounts_of};
use super::account_writer::AccountWriter;
use super::context::{Context, RunError};
use super::outcome_sink::OutcomeSink;
use crate::decision::{Releases, decide};
use crate::policy::Guard;
use crate::run::{HeldBy, Run};

/// Whether the run of the date may release. Counts the releases ahead before this process makes any. Each process
/// that shares the run counts for itself: what others have released by then was counted as live, and is released
/// either way.
pub(super) async fn releases(
    context: &Context,
    sink: &OutcomeSink,
    run: Option<&Run>,
) -> Result<Releases, RunError> {
    let is_approved = context.approval == Some(HeldBy::Releases);
    if is_approved || run.is_some_and(|run| run.is_approved) {
        return Ok(Releases::Allowed);
    }
    let released = run.map_or(0, |run| run.counts.released);
    // Before the releases ahead are counted: otherwise releases by other processes in between would make the number
    // of live subscriptions too small for them.
    let live = context.writer.store.live_subscriptions().await? + released;
    let total = count_releases(context, sink).await? + released;
    let releases = context.writer.policy.release.guard.judge(total, live);
    if releases == Releases::HeldBack && matches!(sink, OutcomeSink::Database) {
        let date = context.writer.moment.on;
        warn!(run.date = %date, releases = total, live, "the release guard prevents the releases");
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

async fn count_releases(context: &Context, sink: &OutcomeSink) -> Result<u64, RunError> {
    let AccountWriter { store, moment, policy, .. } = &context.writer;
    let mut releases = 0;
    let mut pages = AccountPages::new(policy.run.batch_accounts, &context.stop);
    while let Some(due) =
        pages.next(|first, last, limit| store.due_accounts(first, last, moment.on, limit)).await?
    {
        for account in sink.load(context, &accounts_of(&due), moment.on).await? {
            // An account that cannot be read or decided on is never released.
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
