//! The dry run: what a run would do now, by the same decision, without doing it. Where it depends
//! on a card it says how many reloads would be asked for, and foretells nothing beyond them.

use crate::policy::AheadWhen;
use chrono::NaiveDate;

use super::batch::{self, CountedAccounts, PassScope, SettledAccount};
use super::report::RunReport;
use super::run::{Context, RunError, SLICES, refuse_a_clock_that_went_back};
use super::worker;
use crate::decision::{AccountSnapshot, BrokenSnapshot, Releases};
use crate::rng::SeededRng;
use crate::run::{Failure, Run, RunCounts, RunStatus};
use crate::store::StoreError;
use crate::store::accounts::snapshots::LoadedSnapshot;
use crate::store::runs::slices::divide_accounts;

/// What [`execute`](super::run::execute) would report now. Nothing is written.
///
/// # Errors
/// [`RunError`].
pub async fn preview(context: &Context) -> Result<RunReport, RunError> {
    refuse_a_clock_that_went_back(context).await?;
    let run = context.store.find_run(context.moment.on).await?;
    let counted = CountedAccounts::of(run.as_ref());
    let mut ahead = look_ahead(context, counted, Releases::Allowed).await?;
    let released_before = run.as_ref().map_or(0, |run| run.counts.released);
    let is_approved = run.as_ref().is_some_and(|run| run.is_approved);
    let live = context.store.live_subscriptions().await? + released_before;
    let releases =
        context.policy.release.guard.judge(ahead.counts.released + released_before, live);
    let releases = if is_approved { Releases::Allowed } else { releases };
    if releases == Releases::HeldBack {
        ahead = look_ahead(context, counted, releases).await?;
    }
    look_further_ahead(context, releases, &mut ahead).await?;
    ahead.counts.returned = context.store.count_ended_holds(context.moment.on).await?;
    let is_reported = context.policy.notices.has_operator && is_news(&ahead.counts, run.as_ref());
    ahead.counts.notices += u64::from(is_reported);
    let status = if ahead.counts.held_back > 0 { RunStatus::Held } else { RunStatus::Complete };
    let date = context.moment.on;
    Ok(RunReport::new(date, status, &ahead.counts, &ahead.failures, ahead.oldest_unbilled))
}

/// Whether a run that does this has something else to report than the `run` of the date so far.
fn is_news(ahead: &RunCounts, run: Option<&Run>) -> bool {
    let Some(run) = run.filter(|run| run.finished_at.is_some()) else { return true };
    // What is held back is judged anew each time, and no news where it is the same.
    let done = RunCounts { held_back: 0, ..ahead.clone() };
    done != RunCounts::default() || ahead.held_back != run.counts.held_back
}

/// What lies ahead.
#[derive(Default)]
struct Ahead {
    counts: RunCounts,
    failures: Vec<Failure>,
    oldest_unbilled: Option<NaiveDate>,
}

async fn look_ahead(
    context: &Context,
    counted: CountedAccounts,
    releases: Releases,
) -> Result<Ahead, RunError> {
    let mut ahead = Ahead::default();
    let (store, today) = (&context.store, context.moment.on);
    let limit = context.policy.run.batch_accounts;
    // In ranges, as the run goes: who looks for low balances looks through one of them at a time.
    for (first, last) in divide_accounts(SLICES) {
        let mut next = Some(first);
        while let Some(first) = next {
            context.refuse_if_stopped()?;
            let accounts = store.due_or_low_accounts(first, last, today, limit).await?;
            next = worker::after(&accounts, limit).filter(|next| *next <= last);
            for snapshot in batch::load(store, &accounts, today, today).await? {
                ahead.look_at(snapshot, counted, releases, context).await?;
            }
            context.report_progress(&accounts);
        }
    }
    Ok(ahead)
}

/// Counts who would be told of renewals to come.
async fn look_further_ahead(
    context: &Context,
    releases: Releases,
    ahead: &mut Ahead,
) -> Result<(), RunError> {
    let Context { store, policy, moment, .. } = context;
    if policy.notices.ahead == AheadWhen::Never {
        return Ok(());
    }
    let until = PassScope::TellAhead.until(moment.on, policy);
    let limit = policy.run.batch_accounts;
    for (first, last) in divide_accounts(SLICES) {
        let mut next = Some(first);
        while let Some(first) = next {
            context.refuse_if_stopped()?;
            let accounts =
                store.accounts_to_tell_ahead(first, last, moment.on, until, limit).await?;
            next = worker::after(&accounts, limit).filter(|next| *next <= last);
            for LoadedSnapshot { snapshot, .. } in
                batch::load(store, &accounts, until, moment.on).await?
            {
                // What cannot be read or decided was told of above.
                let Ok(before) = snapshot else { continue };
                ahead.counts.notices +=
                    foretell_ahead(before, releases, context).unwrap_or_default();
            }
        }
    }
    Ok(())
}

impl Ahead {
    async fn look_at(
        &mut self,
        LoadedSnapshot { account, snapshot }: LoadedSnapshot,
        counted: CountedAccounts,
        releases: Releases,
        context: &Context,
    ) -> Result<(), StoreError> {
        let foretold = snapshot.map_err(|error| batch::describe(&error)).and_then(|before| {
            foretell(before, counted, releases, context).map_err(|error| batch::describe(&error))
        });
        let unbilled = match foretold {
            Ok(SettledAccount { snapshot, counts, .. }) => {
                self.counts.add(&counts);
                oldest_left(&snapshot, context.moment.on)
            }
            Err(reason) => {
                self.failures.push(Failure { account, reason });
                context.store.oldest_due(account, account, context.moment.on).await?
            }
        };
        self.oldest_unbilled = [self.oldest_unbilled, unbilled].into_iter().flatten().min();
        Ok(())
    }
}

/// What all passes together would do to one account, as far as it does not depend on its card: what
/// that will say is neither paid nor unpaid.
fn foretell(
    before: AccountSnapshot,
    counted: CountedAccounts,
    releases: Releases,
    context: &Context,
) -> Result<SettledAccount, BrokenSnapshot> {
    let mut settled = batch::pay(before, context.moment, &context.policy)?;
    settled.counts.accounts = counted.count(&settled.decision);
    let is_open = settled.snapshot.reloads.open.is_some();
    // The id of a reload that is only counted is not stored.
    let rng = SeededRng::new(0);
    if settled.request(context.moment, &rng).is_none() && !is_open {
        settled.enforce(releases, context.moment);
    }
    settled.counts.notices = settled.tell(context.moment, &context.policy)?.len() as u64;
    Ok(settled)
}

/// How many notices of renewals to come one account would get, once what is due is dealt with.
fn foretell_ahead(
    before: AccountSnapshot,
    releases: Releases,
    context: &Context,
) -> Result<u64, BrokenSnapshot> {
    let Context { policy, moment, .. } = context;
    let SettledAccount { mut snapshot, .. } =
        foretell(before, CountedAccounts::Charged, releases, context)?;
    if snapshot.reloads.open.is_some() {
        return Ok(0);
    }
    let until = PassScope::TellAhead.until(moment.on, policy);
    let notices = snapshot.tell_ahead(until, policy.notices.ahead, *moment, policy)?;
    Ok(notices.len() as u64)
}

/// The oldest due date that `snapshot` leaves uncharged.
fn oldest_left(snapshot: &AccountSnapshot, today: NaiveDate) -> Option<NaiveDate> {
    let live = snapshot.subscriptions.iter().filter(|it| it.ended.is_none());
    live.filter_map(|it| it.next_renewal_on().ok()).filter(|due| *due <= today).min()
}
