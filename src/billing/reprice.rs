//! Carries out repricings.
//!
//! The operator's order is stored first. Then the new price is agreed with one account after the other, each in one
//! transaction with its notice. If that is interrupted, the next run does the rest before it charges anything.

use std::collections::HashMap;

use tracing::{info, warn};

use super::account_pages::{AccountPages, accounts_of};
use super::account_writer::AccountWriter;
use super::context::{Context, RunError};
use super::error_chain::describe;
use super::retry::{BatchParts, until_written};
use super::snapshots::load;
use crate::calendar::LAST_DAY;
use crate::decision::Agreed;
use crate::ids::AccountId;
use crate::money::{Money, MoneyError};
use crate::rental::NewPrice;
use crate::repricing::Tariff;
use crate::run::Failure;
use crate::store::accounts::snapshots::LoadedSnapshot;
use crate::store::{AccountChange, StoreError};

/// The result of a repricing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repriced {
    /// Accounts with a subscription whose price changes.
    pub accounts: u64,
    /// Subscriptions whose price changes.
    pub subscriptions: u64,
    /// The sum of their monthly prices today.
    pub before: Money,
    /// The sum of their monthly prices after the change.
    pub after: Money,
    /// Notices queued.
    pub notices: u64,
    /// Accounts that could not be read or written. The others were repriced.
    pub failures: Vec<Failure>,
}

/// The result that an order of `price` for the tariff would have. Nothing is written.
///
/// # Errors
/// [`RunError`].
pub async fn preview(
    context: &Context,
    tariff: &Tariff,
    price: NewPrice,
) -> Result<Repriced, RunError> {
    Work { context, tariff, preview: Some(price) }.all_accounts().await
}

/// Agrees the stored orders for the tariff with every account that rents its numbers, and queues their notices.
/// Accounts with which they are agreed already are unchanged. The orders are finished if no account fails.
///
/// # Errors
/// [`RunError`]; what was committed stays valid.
pub async fn carry_out(context: &Context, tariff: &Tariff) -> Result<Repriced, RunError> {
    let store = &context.writer.store;
    let orders = store.repricings_of(tariff).await?;
    let repriced = Work { context, tariff, preview: None }.all_accounts().await?;
    if repriced.failures.is_empty() {
        for order in &orders {
            store.finish_repricing(tariff, order).await?;
        }
    }
    Ok(repriced)
}

/// Finishes orders that were interrupted.
///
/// # Errors
/// As [`carry_out`].
pub async fn finish_open(context: &Context) -> Result<(), RunError> {
    for tariff in context.writer.store.tariffs_to_reprice().await? {
        let repriced = carry_out(context, &tariff).await?;
        info!(
            repricing.country = tariff.country,
            repricing.number_type = tariff.kind.as_str(),
            repricing.subscriptions = repriced.subscriptions,
            "an interrupted repricing was finished"
        );
        for Failure { account, reason } in &repriced.failures {
            warn!(account.key = %account, reason, "an account could not be repriced and keeps its prices");
        }
    }
    Ok(())
}

/// A repricing of all accounts that rent numbers of a tariff.
struct Work<'a> {
    context: &'a Context,
    tariff: &'a Tariff,
    /// A price that is not ordered. If it is given, nothing is written.
    preview: Option<NewPrice>,
}

impl Work<'_> {
    async fn all_accounts(&self) -> Result<Repriced, RunError> {
        let mut repriced = Repriced::nothing(self.tariff);
        let AccountWriter { store, policy, .. } = &self.context.writer;
        let pages = AccountPages::new(policy.run.batch_accounts, &self.context.stop);
        let mut pages = pages.reporting_to(&*self.context.observer);
        while let Some(rented) = pages
            .next(|first, _, limit| store.accounts_with_tariff(self.tariff, first, limit))
            .await?
        {
            let accounts = accounts_of(&rented);
            let mut parts = BatchParts::divided(&accounts, &rented, policy.run.batch_periods());
            while let Some(part) = parts.next() {
                match self.do_batch(part).await {
                    Ok(batch) => repriced.add(batch)?,
                    Err(error) => {
                        if let Some((account, error)) = parts.isolate(part, error)? {
                            repriced.fail(account, describe(&error));
                        }
                    }
                }
            }
        }
        Ok(repriced)
    }

    async fn do_batch(&self, accounts: &[AccountId]) -> Result<Repriced, StoreError> {
        until_written(|| async {
            let (repriced, changes) = self.compute(accounts).await?;
            if self.preview.is_some() {
                return Ok(Ok(repriced));
            }
            let written = self.context.writer.write(&changes, None).await;
            Ok(written.map(|notices| Repriced { notices, ..repriced }))
        })
        .await
    }

    async fn compute(
        &self,
        accounts: &[AccountId],
    ) -> Result<(Repriced, Vec<AccountChange>), StoreError> {
        let AccountWriter { store, moment, .. } = &self.context.writer;
        let (mut repriced, mut changes) = (Repriced::nothing(self.tariff), Vec::new());
        let (Some(first), Some(last)) = (accounts.first(), accounts.last()) else {
            return Ok((repriced, changes));
        };
        let mut ordinals: HashMap<AccountId, Vec<i64>> = HashMap::new();
        for (account, ordinal) in
            store.subscriptions_with_tariff(self.tariff, *first, *last).await?
        {
            ordinals.entry(account).or_default().push(ordinal);
        }
        let snapshots = load(store, accounts, LAST_DAY, moment.on).await?;
        // Read after the snapshots, so that it includes every order that another process has agreed with them.
        let prices = self.prices().await?;
        for LoadedSnapshot { account, snapshot } in snapshots {
            let ordinals = ordinals.remove(&account).unwrap_or_default();
            let outcome = snapshot.map_err(|error| describe(&error)).and_then(|before| {
                let mut after = before.clone();
                let agreed = after.reprice(&ordinals, &prices, *moment);
                let mut agreed = agreed.map_err(|error| describe(&error))?;
                let notices = std::mem::take(&mut agreed.notices);
                let entries = after.changes_since(&before);
                let entries = entries.map_err(|error| describe(&error))?;
                let change = AccountChange::between(&before, after, Vec::new());
                let change = change.telling(notices).with_change_log(entries, *moment);
                repriced.count(&agreed).map_err(|error| error.to_string())?;
                Ok(change)
            });
            match outcome {
                Ok(change) => changes.extend(Some(change).filter(|change| !change.is_empty())),
                Err(reason) => repriced.fail(account, reason),
            }
        }
        Ok((repriced, changes))
    }

    /// The prices to agree, in the order in which they were ordered.
    async fn prices(&self) -> Result<Vec<NewPrice>, StoreError> {
        let orders = self.context.writer.store.repricings_of(self.tariff).await?;
        let prices = orders.into_iter().map(|order| order.price);
        // An order replaces an earlier one for the same date.
        let is_kept = |it: &NewPrice| self.preview.is_none_or(|ours| ours.from != it.from);
        Ok(prices.filter(is_kept).chain(self.preview).collect())
    }
}

impl Repriced {
    const fn nothing(tariff: &Tariff) -> Self {
        let zero = Money::zero(tariff.currency);
        Self {
            accounts: 0,
            subscriptions: 0,
            before: zero,
            after: zero,
            notices: 0,
            failures: Vec::new(),
        }
    }

    fn count(&mut self, agreed: &Agreed) -> Result<(), MoneyError> {
        if agreed.subscriptions > 0 {
            let before = self.before.plus(agreed.before)?;
            self.after = self.after.plus(agreed.after)?;
            self.before = before;
            self.accounts += 1;
            self.subscriptions += agreed.subscriptions;
        }
        Ok(())
    }

    fn fail(&mut self, account: AccountId, reason: String) {
        self.failures.push(Failure { account, reason });
    }

    fn add(&mut self, batch: Self) -> Result<(), StoreError> {
        let sum = |a: Money, b| {
            a.plus(b).map_err(|error| StoreError::unreadable("the sum of all prices", error))
        };
        self.before = sum(self.before, batch.before)?;
        self.after = sum(self.after, batch.after)?;
        self.accounts += batch.accounts;
        self.subscriptions += batch.subscriptions;
        self.notices += batch.notices;
        self.failures.extend(batch.failures);
        Ok(())
    }
}
