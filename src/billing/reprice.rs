//! A repricing: what the operator ordered is kept first, and then agreed on with account after account,
//! each in one transaction with the notice that tells of it. It can be cut off at any moment and begun
//! again: the next run does what is left, before it charges anything.

use std::collections::HashMap;

use tracing::{info, warn};

use super::batch;
use super::run::{Context, RunError};
use super::worker::{after, is_of_an_account};
use crate::calendar::LAST_DAY;
use crate::decision::Agreed;
use crate::ids::AccountId;
use crate::money::{Money, MoneyError};
use crate::rental::NewPrice;
use crate::repricing::Tariff;
use crate::run::Failure;
use crate::store::accounts::snapshots::LoadedSnapshot;
use crate::store::{AccountChange, StoreError};

/// What a repricing comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repriced {
    /// Accounts whose subscriptions cost something else from some renewal on.
    pub accounts: u64,
    /// These subscriptions.
    pub subscriptions: u64,
    /// What a period of all of them costs now.
    pub before: Money,
    /// What it will cost.
    pub after: Money,
    /// Mails that this queued.
    pub notices: u64,
    /// Accounts that could not be read or written. The others were done.
    pub failures: Vec<Failure>,
}

/// How often a batch is computed again when another change came first, before its accounts are done
/// one by one.
const ATTEMPTS_MAX: u32 = 20;

/// What ordering `price` for the tariff would come to. Nothing is written.
///
/// # Errors
/// [`RunError`].
pub async fn preview(
    context: &Context,
    tariff: &Tariff,
    price: NewPrice,
) -> Result<Repriced, RunError> {
    Walk { context, tariff, preview: Some(price) }.to_the_end().await
}

/// Agrees on what was ordered for the tariff with every account that rents its numbers, and tells each
/// of them; those with which it is agreed already are left alone. An order is done with the last of them.
///
/// # Errors
/// [`RunError`]; what was committed stays right.
pub async fn carry_out(context: &Context, tariff: &Tariff) -> Result<Repriced, RunError> {
    let orders = context.store.repricings_of(tariff).await?;
    let repriced = Walk { context, tariff, preview: None }.to_the_end().await?;
    if repriced.failures.is_empty() {
        for order in &orders {
            context.store.finish_repricing(tariff, order).await?;
        }
    }
    Ok(repriced)
}

/// Does what is left of earlier orders.
///
/// # Errors
/// As [`carry_out`].
pub async fn finish_open(context: &Context) -> Result<(), RunError> {
    for tariff in context.store.tariffs_to_reprice().await? {
        let repriced = carry_out(context, &tariff).await?;
        info!(
            repricing.country = tariff.country,
            repricing.number_type = tariff.kind.as_str(),
            repricing.subscriptions = repriced.subscriptions,
            "what was left of a repricing is done"
        );
        for Failure { account, reason } in &repriced.failures {
            warn!(account.key = %account, reason, "an account keeps its prices, which should change");
        }
    }
    Ok(())
}

/// A way through all accounts that rent numbers of a tariff.
struct Walk<'a> {
    context: &'a Context,
    tariff: &'a Tariff,
    /// A price that is only thought of; with it nothing is written.
    preview: Option<NewPrice>,
}

impl Walk<'_> {
    async fn to_the_end(&self) -> Result<Repriced, RunError> {
        let mut repriced = Repriced::nothing(self.tariff);
        let limit = self.context.policy.run.batch_accounts;
        let mut next = Some(AccountId::MIN);
        while let Some(first) = next {
            self.context.refuse_if_stopped()?;
            let store = &self.context.store;
            let accounts = store.accounts_with_tariff(self.tariff, first, limit).await?;
            next = after(&accounts, limit);
            match self.do_batch(&accounts).await {
                Ok(batch) => repriced.add(batch)?,
                Err(error) if is_of_an_account(&error) => {
                    self.do_singly(&accounts, &mut repriced).await?;
                }
                Err(error) => return Err(error.into()),
            }
            self.context.report_progress(&accounts);
        }
        Ok(repriced)
    }

    /// Each account in a transaction of its own: what one of them breaks does not hold up the others.
    async fn do_singly(
        &self,
        accounts: &[AccountId],
        repriced: &mut Repriced,
    ) -> Result<(), RunError> {
        for account in accounts {
            match self.do_batch(&[*account]).await {
                Ok(batch) => repriced.add(batch)?,
                Err(error) if is_of_an_account(&error) => {
                    repriced.fail(*account, batch::describe(&error));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Computes and writes one batch; again where somebody else's change came first.
    async fn do_batch(&self, accounts: &[AccountId]) -> Result<Repriced, StoreError> {
        for _ in 0..ATTEMPTS_MAX {
            let (repriced, changes) = self.compute(accounts).await?;
            if self.preview.is_some() {
                return Ok(repriced);
            }
            match self.context.write(&changes, None).await {
                Err(StoreError::Conflict) => {}
                outcome => return Ok(Repriced { notices: outcome?, ..repriced }),
            }
        }
        Err(StoreError::Conflict)
    }

    async fn compute(
        &self,
        accounts: &[AccountId],
    ) -> Result<(Repriced, Vec<AccountChange>), StoreError> {
        let Context { store, moment, .. } = self.context;
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
        let snapshots = batch::load(store, accounts, LAST_DAY, moment.on).await?;
        // After the snapshots: whatever another process agreed on with these accounts was ordered before.
        let prices = self.prices().await?;
        for LoadedSnapshot { account, snapshot } in snapshots {
            let ordinals = ordinals.remove(&account).unwrap_or_default();
            let outcome = snapshot.map_err(|error| batch::describe(&error)).and_then(|before| {
                let mut after = before.clone();
                let agreed = after.reprice(&ordinals, &prices, *moment);
                let mut agreed = agreed.map_err(|error| batch::describe(&error))?;
                let notices = std::mem::take(&mut agreed.notices);
                let entries = after.changes_since(&before);
                let entries = entries.map_err(|error| batch::describe(&error))?;
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

    /// The prices to agree on, in the order in which they were set.
    async fn prices(&self) -> Result<Vec<NewPrice>, StoreError> {
        let orders = self.context.store.repricings_of(self.tariff).await?;
        let prices = orders.into_iter().map(|order| order.price);
        // An order for the same date takes the place of an earlier one.
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
