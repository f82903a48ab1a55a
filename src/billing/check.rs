//! The check between runs (DESIGN 2.4): accounts below their threshold, or with a renewal past
//! due, are asked for a reload, and whatever is open is carried out.

use futures_util::{TryStreamExt as _, stream};
use tokio::sync::Mutex;
use tracing::{debug, error};

use super::batch::{self, CountedAccounts, PassScope};
use super::reload_processor::IfClaimed;
use super::run::{Context, RunError, refuse_a_clock_that_went_back};
use super::worker::after;
use crate::ids::AccountId;
use crate::reload::OpenReloads;
use crate::run::{Failure, RunCounts};
use crate::store::StoreError;

/// How often a batch is computed when others' changes come first.
const ATTEMPTS_MAX: u32 = 5;

/// Asks for reloads where they are due, and carries out those of the open ones that `which` says.
/// Returns what was done.
///
/// # Errors
/// [`RunError`]; what was committed stays right.
pub async fn check(context: &Context, which: OpenReloads) -> Result<RunCounts, RunError> {
    refuse_a_clock_that_went_back(context).await?;
    let mut done = request(context).await?;
    done.add(&carry_out(context, which).await?);
    with_open(context, done).await
}

/// Asks about what is in doubt, each once its back-off is over. Returns what came of it.
///
/// # Errors
/// [`RunError`]; what was committed stays right.
pub async fn look_up(context: &Context) -> Result<RunCounts, RunError> {
    refuse_a_clock_that_went_back(context).await?;
    let done = carry_out(context, OpenReloads::Asked { asking_at: context.clock.now() }).await?;
    with_open(context, done).await
}

async fn with_open(context: &Context, mut done: RunCounts) -> Result<RunCounts, RunError> {
    let (first, last) = (AccountId::MIN, AccountId::MAX);
    done.reloads.in_doubt = context.store.count_open_reloads(first, last).await?;
    Ok(done)
}

async fn request(context: &Context) -> Result<RunCounts, RunError> {
    let limit = context.policy.run.batch_accounts;
    let mut done = RunCounts::default();
    let mut next = Some(AccountId::MIN);
    while let Some(first) = next {
        context.refuse_if_stopped()?;
        let (store, today) = (&context.store, context.moment.on);
        let accounts = store.low_or_past_due_accounts(first, today, limit).await?;
        next = after(&accounts, limit);
        match settle(context, &accounts).await {
            Ok(counts) => done.add(&counts),
            Err(failure) if failure.is_unavailable() => return Err(failure.into()),
            // One of them may be to blame: each in a transaction of its own.
            Err(_) => {
                for account in &accounts {
                    match settle(context, std::slice::from_ref(account)).await {
                        Ok(counts) => done.add(&counts),
                        Err(failure) if failure.is_unavailable() => return Err(failure.into()),
                        Err(failure) => {
                            let reason = batch::describe(&failure);
                            error!(account.key = %account, reason, "an account cannot be checked, the others are");
                        }
                    }
                }
            }
        }
        context.report_progress(&accounts);
    }
    Ok(done)
}

/// Pays what the balances cover, and asks the cards for the rest.
async fn settle(context: &Context, accounts: &[AccountId]) -> Result<RunCounts, StoreError> {
    let (store, moment, policy) = (&context.store, context.moment, &context.policy);
    for _ in 0..ATTEMPTS_MAX {
        let snapshots = batch::load(store, accounts, moment.on, moment.on).await?;
        let scope = PassScope::Pay(CountedAccounts::Charged);
        let outcome = batch::carry_out(snapshots, scope, moment, policy, &*context.rng);
        match context.write(&outcome.changes, None).await {
            Err(StoreError::Conflict) => debug!("a batch is computed again"),
            Err(failure) => return Err(failure),
            Ok(queued) => {
                let counts = RunCounts { notices: queued, ..outcome.counts };
                context.observer.committed(&counts);
                for Failure { account, reason } in &outcome.failures {
                    error!(account.key = %account, reason, "an account cannot be checked, the others are");
                }
                return Ok(counts);
            }
        }
    }
    Err(StoreError::Conflict)
}

async fn carry_out(context: &Context, which: OpenReloads) -> Result<RunCounts, RunError> {
    let limit = context.policy.run.batch_accounts;
    let done = Mutex::new(RunCounts::default());
    let mut next = Some(AccountId::MIN);
    while let Some(first) = next {
        let open = context.store.open_reloads(first, AccountId::MAX, which, limit).await?;
        let accounts: Vec<_> = open.iter().map(|reload| reload.account()).collect();
        next = after(&accounts, limit);
        stream::iter(open.into_iter().map(Ok))
            .try_for_each_concurrent(context.reload_processor.charges(), async |reload| {
                // Those under way come to their end; no further one is begun.
                if context.stop.is_cancelled() {
                    return Ok(());
                }
                let (_, counts) =
                    context.reload_processor.process(reload, None, IfClaimed::Skip).await?;
                context.observer.committed(&counts);
                done.lock().await.add(&counts);
                Ok::<_, RunError>(())
            })
            .await?;
        context.refuse_if_stopped()?;
    }
    Ok(done.into_inner())
}
