//! The check between runs: requests reloads for accounts below their threshold or with a renewal past due,
//! and processes open reloads.

use futures_util::{TryStreamExt as _, stream};
use tokio::sync::Mutex;
use tracing::error;

use super::account_pages::AccountPages;
use super::account_writer::AccountWriter;
use super::batch::{BatchRest, CountedAccounts, PassScope, decide_batch};
use super::context::{Context, RunError};
use super::error_chain::describe;
use super::reload_processor::IfClaimed;
use super::retry::{BatchParts, until_written};
use super::snapshots::load;
use crate::decision::AccountSnapshot;
use crate::ids::AccountId;
use crate::reload::OpenReloads;
use crate::run::{Failure, RunCounts};
use crate::store::StoreError;
use crate::store::accounts::snapshots::LoadedSnapshot;

/// Requests the reloads that are due, and processes those open reloads that `which` selects. Returns what was done.
///
/// # Errors
/// [`RunError`]; what was committed stays valid.
pub async fn check(context: &Context, which: OpenReloads) -> Result<RunCounts, RunError> {
    context.refuse_if_clock_is_wrong().await?;
    let mut done = request_reloads(context).await?;
    done.add(&process_reloads(context, which).await?);
    with_open(context, done).await
}

/// Asks the gateway about the reloads in doubt whose back-off is over. Returns what was done.
///
/// # Errors
/// [`RunError`]; what was committed stays valid.
pub async fn look_up(context: &Context) -> Result<RunCounts, RunError> {
    context.refuse_if_clock_is_wrong().await?;
    let asking_at = context.writer.clock.now();
    let done = process_reloads(context, OpenReloads::Asked { asking_at }).await?;
    with_open(context, done).await
}

/// `done`, with the number of reloads that are open now.
async fn with_open(context: &Context, mut done: RunCounts) -> Result<RunCounts, RunError> {
    let (first, last) = (AccountId::MIN, AccountId::MAX);
    done.reloads.in_doubt = context.writer.store.count_open_reloads(first, last).await?;
    Ok(done)
}

async fn request_reloads(context: &Context) -> Result<RunCounts, RunError> {
    let AccountWriter { store, moment, policy, .. } = &context.writer;
    let mut done = RunCounts::default();
    let pages = AccountPages::new(policy.run.batch_accounts, &context.stop);
    let mut pages = pages.reporting_to(&*context.observer);
    while let Some(accounts) = pages
        .next(|first, _, limit| store.low_or_past_due_accounts(first, moment.on, limit))
        .await?
    {
        let mut parts = BatchParts::of(&accounts);
        let mut begun = None;
        while let Some(part) = parts.next() {
            if context.stop.is_cancelled() {
                return Err(RunError::Interrupted);
            }
            match settle(context, part, begun.take()).await {
                Ok((counts, rest)) => {
                    done.add(&counts);
                    begun = parts.resume(part, rest);
                }
                Err(error) => {
                    if let Some((account, error)) = parts.isolate(part, error)? {
                        log_failure(account, &describe(&error));
                    }
                }
            }
        }
    }
    Ok(done)
}

/// Pays what the balances cover, and requests reloads for the rest. `begun` is the only one of `accounts`, if a part of
/// it was done just before. Returns what was done, and what is left for another transaction.
async fn settle(
    context: &Context,
    accounts: &[AccountId],
    begun: Option<AccountSnapshot>,
) -> Result<(RunCounts, Option<BatchRest>), StoreError> {
    let AccountWriter { store, moment, policy, rng, .. } = &context.writer;
    let scope = PassScope::Pay(CountedAccounts::Charged);
    let (periods_max, begun) = (policy.run.batch_periods(), std::sync::Mutex::new(begun));
    let (outcome, queued) = until_written(|| async {
        // Only the first time: after a conflict it is not current any more.
        let begun = begun.lock().expect("the lock is not poisoned").take();
        let snapshots = match begun {
            Some(begun) => vec![LoadedSnapshot::of(begun)],
            None => load(store, accounts, moment.on, moment.on).await?,
        };
        let outcome = decide_batch(snapshots, scope, *moment, policy, &**rng, periods_max);
        let written = context.writer.write(&outcome.changes, None).await;
        Ok::<_, StoreError>(written.map(|queued| (outcome, queued)))
    })
    .await?;
    let counts = RunCounts { notices: queued, ..outcome.counts };
    context.observer.committed(&counts);
    for Failure { account, reason } in &outcome.failures {
        log_failure(*account, reason);
    }
    Ok((counts, outcome.rest))
}

fn log_failure(account: AccountId, reason: &str) {
    error!(account.key = %account, reason, "an account cannot be checked, the others are");
}

async fn process_reloads(context: &Context, which: OpenReloads) -> Result<RunCounts, RunError> {
    let AccountWriter { store, policy, .. } = &context.writer;
    let processor = &context.reload_processor;
    let done = Mutex::new(RunCounts::default());
    let mut pages = AccountPages::new(policy.run.batch_accounts, &context.stop);
    while let Some(open) =
        pages.next(|first, last, limit| store.open_reloads(first, last, which, limit)).await?
    {
        stream::iter(open.into_iter().map(Ok))
            .try_for_each_concurrent(processor.charges(), async |reload| {
                // Reloads under way are finished; no other one is started.
                if context.stop.is_cancelled() {
                    return Ok(());
                }
                let (_, counts) = processor.process(reload, None, IfClaimed::Skip).await?;
                context.observer.committed(&counts);
                done.lock().await.add(&counts);
                Ok::<_, RunError>(())
            })
            .await?;
    }
    context.refuse_if_stopped()?;
    Ok(done.into_inner())
}
