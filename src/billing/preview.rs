//! The dry run: what a run would do now, by the same decision, without doing it. Where it depends
//! on a card it says how many reloads would be asked for, and foretells nothing beyond them.

use chrono::NaiveDate;

use super::batch::{self, Census, Extent, PaidUp};
use super::report::RunReport;
use super::run::{Context, RunError, SLICES, refuse_a_clock_that_went_back};
use super::worker;
use crate::decision::{AheadWhen, BrokenStanding, Releases, Standing};
use crate::store::{AccountStanding, Failure, Run, RunStatus, StoreError, Tally, cut};

/// What [`execute`](super::run::execute) would report now. Nothing is written.
///
/// # Errors
/// [`RunError`].
pub async fn preview(context: &Context) -> Result<RunReport, RunError> {
    refuse_a_clock_that_went_back(context).await?;
    let run = context.store.find_run(context.moment.on).await?;
    let census = Census::of(run.as_ref());
    let mut ahead = look_ahead(context, census, Releases::Allowed).await?;
    let released_before = run.as_ref().map_or(0, |run| run.tally.released);
    let is_approved = run.as_ref().is_some_and(|run| run.is_approved);
    let live = context.store.live_subscriptions().await? + released_before;
    let releases = context.terms.guard.judge(ahead.tally.released + released_before, live);
    let releases = if is_approved { Releases::Allowed } else { releases };
    if releases == Releases::HeldBack {
        ahead = look_ahead(context, census, releases).await?;
    }
    look_further_ahead(context, releases, &mut ahead).await?;
    ahead.tally.returned = context.store.count_ended_holds(context.moment.on).await?;
    let is_reported = context.terms.notices.has_operator && is_news(&ahead.tally, run.as_ref());
    ahead.tally.notices += u64::from(is_reported);
    let status = if ahead.tally.held_back > 0 { RunStatus::Held } else { RunStatus::Complete };
    let date = context.moment.on;
    Ok(RunReport::new(date, status.as_str(), &ahead.tally, &ahead.failures, ahead.oldest_unbilled))
}

/// Whether a run that does this has something else to report than the `run` of the date so far.
fn is_news(ahead: &Tally, run: Option<&Run>) -> bool {
    let Some(run) = run.filter(|run| run.finished_at.is_some()) else { return true };
    // What is held back is judged anew each time, and no news where it is the same.
    let done = Tally { held_back: 0, ..ahead.clone() };
    done != Tally::default() || ahead.held_back != run.tally.held_back
}

/// What lies ahead.
#[derive(Default)]
struct Ahead {
    tally: Tally,
    failures: Vec<Failure>,
    oldest_unbilled: Option<NaiveDate>,
}

async fn look_ahead(
    context: &Context,
    census: Census,
    releases: Releases,
) -> Result<Ahead, RunError> {
    let mut ahead = Ahead::default();
    let (store, today) = (&context.store, context.moment.on);
    let limit = context.terms.pace.batch_accounts;
    // In ranges, as the run goes: who looks for low balances looks through one of them at a time.
    for (first, last) in cut(SLICES) {
        let mut next = Some(first);
        while let Some(first) = next {
            context.refuse_if_stopped()?;
            let accounts = store.due_or_low_accounts(first, last, today, limit).await?;
            next = worker::after(&accounts, limit).filter(|next| *next <= last);
            for standing in batch::load(store, &accounts, today, today).await? {
                ahead.look_at(standing, census, releases, context).await?;
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
    let Context { store, terms, moment, .. } = context;
    if terms.notices.ahead == AheadWhen::Never {
        return Ok(());
    }
    let until = Extent::TellAhead.until(moment.on, terms);
    let limit = terms.pace.batch_accounts;
    for (first, last) in cut(SLICES) {
        let mut next = Some(first);
        while let Some(first) = next {
            context.refuse_if_stopped()?;
            let accounts =
                store.accounts_to_tell_ahead(first, last, moment.on, until, limit).await?;
            next = worker::after(&accounts, limit).filter(|next| *next <= last);
            for AccountStanding { standing, .. } in
                batch::load(store, &accounts, until, moment.on).await?
            {
                // What cannot be read or decided was told of above.
                let Ok(before) = standing else { continue };
                ahead.tally.notices +=
                    foretell_ahead(before, releases, context).unwrap_or_default();
            }
        }
    }
    Ok(())
}

impl Ahead {
    async fn look_at(
        &mut self,
        AccountStanding { account, standing }: AccountStanding,
        census: Census,
        releases: Releases,
        context: &Context,
    ) -> Result<(), StoreError> {
        let foretold = standing.map_err(|error| batch::describe(&error)).and_then(|before| {
            foretell(before, census, releases, context).map_err(|error| batch::describe(&error))
        });
        let unbilled = match foretold {
            Ok(PaidUp { standing, tally, .. }) => {
                self.tally.add(&tally);
                oldest_left(&standing, context.moment.on)
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
    before: Standing,
    census: Census,
    releases: Releases,
    context: &Context,
) -> Result<PaidUp, BrokenStanding> {
    let mut paid_up = batch::pay(before, context.moment, &context.terms)?;
    paid_up.tally.accounts = census.count(&paid_up.decision);
    let is_open = paid_up.standing.reloads.open.is_some();
    if paid_up.request(context.moment).is_none() && !is_open {
        paid_up.enforce(releases, context.moment);
    }
    paid_up.tally.notices = paid_up.tell(context.moment, &context.terms)?.len() as u64;
    Ok(paid_up)
}

/// How many notices of renewals to come one account would get, once what is due is dealt with.
fn foretell_ahead(
    before: Standing,
    releases: Releases,
    context: &Context,
) -> Result<u64, BrokenStanding> {
    let Context { terms, moment, .. } = context;
    let PaidUp { mut standing, .. } = foretell(before, Census::Charged, releases, context)?;
    if standing.reloads.open.is_some() {
        return Ok(0);
    }
    let until = Extent::TellAhead.until(moment.on, terms);
    let notices = standing.tell_ahead(until, terms.notices.ahead, *moment, &terms.policy)?;
    Ok(notices.len() as u64)
}

/// The oldest due date that `standing` leaves uncharged.
fn oldest_left(standing: &Standing, today: NaiveDate) -> Option<NaiveDate> {
    let live = standing.subscriptions.iter().filter(|it| it.ended.is_none());
    live.filter_map(|it| it.next_renewal_on().ok()).filter(|due| *due <= today).min()
}
