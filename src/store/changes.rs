//! Every change to an account's money or subscriptions is written by [`Store::write`].
//!
//! The account rows are written first, in one statement, each only if its version is the one that was
//! read. If one is not, the transaction is dropped and the caller computes again. So locks are always
//! taken in the same order, and no concurrent change is lost.

use crate::policy::Hold;
use chrono::{DateTime, NaiveDate, Utc};

use crate::change_log::ChangeLogEntry;
use crate::clock::Moment;
use crate::decision::AccountSnapshot;
use crate::ids::AccountId;
use crate::ledger::Transfer;
use crate::notice::Notice;
use crate::reload::{AutoReload, Reload, Settlement};
use crate::rental::{Rental, Subscription};
use crate::rng::Rng;
use crate::store::accounts::auto_reloads::write_auto_reloads;
use crate::store::accounts::change_log;
use crate::store::accounts::change_log::ChangeLogEntries;
use crate::store::accounts::rows::close_account;
use crate::store::engine::{Sql, Transaction, bulk_sql};
use crate::store::error::StoreError;
use crate::store::ledger::post_transfers;
use crate::store::notices::enqueue::enqueue_notices;
use crate::store::open::Store;
use crate::store::reloads::rows::{request_reloads, settle_reload};
use crate::store::runs::slices::{SliceProgress, write_progress};
use crate::store::runs::undo::{UndoProgress, write_undo_progress};
use crate::store::subscriptions::configurations::remove_configurations;
use crate::store::subscriptions::prices::write_prices;
use crate::store::subscriptions::rentals::{begin_rentals, reopen_subscriptions};
use crate::store::subscriptions::rows::next_renewal_of;

/// The progress that is written in the transaction of the changes.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    /// Of a slice of a run.
    Slice(&'a SliceProgress<'a>),
    /// Of the undoing of a run.
    Undo(UndoProgress),
}

/// The difference between two snapshots of an account, and what is written with it.
#[derive(Debug, Clone)]
pub struct AccountChange {
    after: AccountSnapshot,
    changed: Vec<Subscription>,
    ended: Vec<Subscription>,
    /// Subscriptions that had ended and go on.
    reopened: Vec<Subscription>,
    repriced: Vec<Subscription>,
    rentals: Vec<Rental>,
    transfers: Vec<Transfer>,
    order: Option<AutoReload>,
    settlement: Option<Settlement>,
    request: Option<Reload>,
    is_rearmed: bool,
    notices: Vec<Notice>,
    change_log: Option<ChangeLogEntries>,
    closes: bool,
}

impl AccountChange {
    /// The change from `before` to `after`, which have the same subscriptions in the same order, with
    /// the transfers posted on the way.
    pub fn between(
        before: &AccountSnapshot,
        after: AccountSnapshot,
        transfers: Vec<Transfer>,
    ) -> Self {
        let pairs = before.subscriptions.iter().zip(&after.subscriptions);
        let changed: Vec<_> = pairs.filter(|(was, is)| was != is).collect();
        let repriced = changed.iter().filter(|(was, is)| was.prices != is.prices);
        let repriced = repriced.map(|(_, is)| (*is).clone()).collect();
        let is_ended = |it: &Subscription| it.ended.is_some();
        let with = |was_ended: bool| {
            let pairs = changed
                .iter()
                .filter(move |(was, is)| is_ended(was) == was_ended && is_ended(is) != was_ended);
            pairs.map(|(_, is)| (*is).clone()).collect()
        };
        let (ended, reopened) = (with(false), with(true));
        let changed = changed.into_iter().map(|(_, is)| is.clone()).collect();
        let order_changed = before.reloads.auto_reload != after.reloads.auto_reload;
        let order = after.reloads.auto_reload.clone().filter(|_| order_changed);
        let is_rearmed = before.preferences.is_armed != after.preferences.is_armed;
        let (settlement, request, notices) = (None, None, Vec::new());
        Self {
            after,
            changed,
            ended,
            reopened,
            repriced,
            rentals: Vec::new(),
            transfers,
            order,
            settlement,
            request,
            is_rearmed,
            notices,
            change_log: None,
            closes: false,
        }
    }

    /// Adds new rentals.
    pub fn renting(self, rentals: Vec<Rental>) -> Self {
        Self { rentals, ..self }
    }

    /// Adds the settlement of the reload that caused the change.
    pub fn settling(self, settlement: Settlement) -> Self {
        Self { settlement: Some(settlement), ..self }
    }

    /// Adds a reload request, if there is one.
    pub fn requesting(self, request: Option<Reload>) -> Self {
        Self { request, ..self }
    }

    /// Adds notices to the account.
    pub fn telling(self, notices: Vec<Notice>) -> Self {
        Self { notices, ..self }
    }

    /// Adds entries to the change log; only manual changes have any.
    pub fn with_change_log(self, entries: Vec<ChangeLogEntry>, moment: Moment) -> Self {
        let account = self.account();
        let change_log =
            (!entries.is_empty()).then_some(ChangeLogEntries { account, moment, entries });
        Self { change_log, ..self }
    }

    /// Closes the account; it cannot be changed afterwards.
    pub fn closing(self) -> Self {
        Self { closes: true, ..self }
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty()
            && self.rentals.is_empty()
            && self.transfers.is_empty()
            && self.order.is_none()
            && self.settlement.is_none()
            && self.request.is_none()
            && self.notices.is_empty()
            && self.change_log.is_none()
            && !self.is_rearmed
            && !self.closes
    }

    /// The number of notices that it queues.
    pub const fn notice_count(&self) -> u64 {
        self.notices.len() as u64
    }

    /// The number of rows that it writes for each of its subscriptions, for the one with the most.
    pub fn size(&self) -> usize {
        self.changed.len().max(self.transfers.len())
    }

    /// The account after the change.
    pub fn into_snapshot(self) -> AccountSnapshot {
        self.after
    }

    /// The account once the change is written, as it would be read then.
    pub fn written(&self) -> AccountSnapshot {
        AccountSnapshot { version: self.after.version + 1, ..self.after.clone() }
    }

    /// Subscriptions that had ended and go on.
    pub(in crate::store) fn reopened(&self) -> &[Subscription] {
        &self.reopened
    }

    pub(in crate::store) const fn account(&self) -> AccountId {
        self.after.book.account
    }
}

const WRITE_ACCOUNTS: Sql = bulk_sql!(
    "UPDATE accounts
     SET version = accounts.version + 1, balance = new.balance,
        transfer_count = new.transfer_count, subscription_count = new.subscription_count,
        low_balance_armed = new.low_balance_armed
     FROM",
    new (
        account_id BIGINT, version BIGINT, balance BIGINT, transfer_count BIGINT,
        subscription_count BIGINT, low_balance_armed BOOLEAN
    ),
    "WHERE accounts.account_id = new.account_id
        AND accounts.version = new.version
        AND accounts.status = 'open'"
);

const WRITE_SUBSCRIPTIONS: Sql = bulk_sql!(
    "UPDATE subscriptions
     SET periods_charged = new.periods_charged, next_renewal_on = new.next_renewal_on,
        past_due_since = new.past_due_since, ends_at_period_end = new.ends_at_period_end,
        announced_for = new.announced_for, undone = new.undone
     FROM",
    new (
        account_id BIGINT, ordinal BIGINT, periods_charged BIGINT, next_renewal_on DATE,
        past_due_since DATE, ends_at_period_end BOOLEAN, announced_for DATE, undone BIGINT
    ),
    "WHERE subscriptions.account_id = new.account_id AND subscriptions.ordinal = new.ordinal"
);

/// Separate from WRITE_SUBSCRIPTIONS, because `ended_on` is part of the indexes of live subscriptions:
/// a statement that does not name it does not update them.
const END_SUBSCRIPTIONS: Sql = bulk_sql!(
    "UPDATE subscriptions
     SET ended_on = new.ended_on, end_reason = new.end_reason
     FROM",
    new (account_id BIGINT, ordinal BIGINT, ended_on DATE, end_reason TEXT),
    "WHERE subscriptions.account_id = new.account_id AND subscriptions.ordinal = new.ordinal"
);

/// Shared numbers are unchanged, because their status is never `rented`.
const FREE_NUMBERS: Sql = bulk_sql!(
    "UPDATE numbers
     SET status = CASE WHEN new.held_until IS NULL THEN 'available' ELSE 'held' END,
        account_id = CASE WHEN new.held_until IS NULL THEN NULL ELSE numbers.account_id END,
        held_until = new.held_until
     FROM",
    new (msisdn TEXT, account_id BIGINT, held_until DATE),
    "WHERE numbers.msisdn = new.msisdn
        AND numbers.account_id = new.account_id
        AND numbers.status = 'rented'"
);

impl Store {
    /// Writes `changes` on `today` and the `progress` in one transaction; `rng` makes the tokens of notices. Returns
    /// how many notices were queued; the counts of a slice include them.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if an account has changed since it was read,
    /// [`StoreError::NumberTaken`] if a number is no longer available at the price of its rental,
    /// [`StoreError::LeaseLost`] if another process holds the lease on the slice or has made progress itself.
    pub async fn write(
        &self,
        changes: &[AccountChange],
        hold: Hold,
        today: NaiveDate,
        now: DateTime<Utc>,
        rng: &dyn Rng,
        progress: Option<Progress<'_>>,
    ) -> Result<u64, StoreError> {
        let mut transaction = self.database.begin().await?;
        let queued = write_all(&mut transaction, changes, hold, today, now, rng).await?;
        match progress {
            Some(Progress::Slice(progress)) => {
                write_progress(&mut transaction, progress, queued).await?;
            }
            Some(Progress::Undo(progress)) => {
                write_undo_progress(&mut transaction, &progress).await?;
            }
            None => {}
        }
        transaction.commit().await?;
        Ok(queued)
    }
}

/// Writes `changes`, the account rows first. Returns how many notices were queued.
pub(in crate::store) async fn write_all(
    transaction: &mut Transaction,
    changes: &[AccountChange],
    hold: Hold,
    today: NaiveDate,
    now: DateTime<Utc>,
    rng: &dyn Rng,
) -> Result<u64, StoreError> {
    write_accounts(transaction, changes).await?;
    let begun: Vec<_> = changes.iter().flat_map(|change| &change.rentals).collect();
    begin_rentals(transaction, &begun).await?;
    write_rest(transaction, changes, hold, today).await?;
    write_reloads(transaction, changes).await?;
    close(transaction, changes).await?;
    let logged: Vec<_> = changes.iter().filter_map(|change| change.change_log.as_ref()).collect();
    change_log::write(transaction, &logged).await?;
    queue_notices(transaction, changes, now, rng).await
}

async fn write_accounts(
    transaction: &mut Transaction,
    changes: &[AccountChange],
) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = changes
        .iter()
        .map(|change| {
            let book = &change.after.book;
            let id = change.account().to_i64();
            (
                id,
                change.after.version,
                book.balance.micros(),
                book.transfer_count,
                change.after.subscription_count,
                change.after.preferences.is_armed,
            )
        })
        .collect();
    let written = transaction.query(WRITE_ACCOUNTS).bind_rows(rows).execute().await?;
    let all_written = usize::try_from(written).is_ok_and(|written| written == changes.len());
    if all_written { Ok(()) } else { Err(StoreError::Conflict) }
}

async fn write_rest(
    transaction: &mut Transaction,
    changes: &[AccountChange],
    hold: Hold,
    today: NaiveDate,
) -> Result<(), StoreError> {
    let mut subscriptions = Vec::new();
    let mut ended = Vec::new();
    let mut freed = Vec::new();
    let mut repriced = Vec::new();
    for change in changes {
        let id = change.account().to_i64();
        repriced.extend(change.repriced.iter().map(|it| (change.account(), it)));
        for subscription in &change.changed {
            subscriptions.push((
                id,
                subscription.ordinal,
                i64::from(subscription.periods_charged),
                next_renewal_of(subscription)?,
                subscription.past_due_since,
                subscription.ends_at_period_end,
                subscription.announced_for,
                i64::from(subscription.undone),
            ));
        }
        for subscription in &change.ended {
            if let Some((ended_on, reason)) = subscription.ended {
                ended.push((id, subscription.ordinal, ended_on, reason.as_str()));
                let held_until = hold.until(ended_on, today);
                freed.push((subscription.msisdn.as_str(), id, held_until));
            }
        }
    }
    if !subscriptions.is_empty() {
        transaction.query(WRITE_SUBSCRIPTIONS).bind_rows(subscriptions).execute().await?;
    }
    write_prices(transaction, &repriced).await?;
    if !ended.is_empty() {
        let configured = ended.iter().map(|(account, ordinal, ..)| (*account, *ordinal)).collect();
        transaction.query(END_SUBSCRIPTIONS).bind_rows(ended).execute().await?;
        remove_configurations(transaction, configured).await?;
    }
    if !freed.is_empty() {
        transaction.query(FREE_NUMBERS).bind_rows(freed).execute().await?;
    }
    reopen_subscriptions(transaction, changes).await?;
    let posted: Vec<_> = changes.iter().flat_map(|change| &change.transfers).collect();
    post_transfers(transaction, &posted).await
}

/// Settles reloads before it requests others, because an account has at most one open reload.
async fn write_reloads(
    transaction: &mut Transaction,
    changes: &[AccountChange],
) -> Result<(), StoreError> {
    for settlement in changes.iter().filter_map(|change| change.settlement.as_ref()) {
        settle_reload(transaction, settlement).await?;
    }
    let requests: Vec<_> = changes.iter().filter_map(|change| change.request.as_ref()).collect();
    request_reloads(transaction, &requests).await?;
    let orders = changes.iter().filter_map(|it| Some((it.account(), it.order.as_ref()?)));
    write_auto_reloads(transaction, &orders.collect::<Vec<_>>()).await
}

/// Closes accounts last: a closed account cannot be changed.
async fn close(transaction: &mut Transaction, changes: &[AccountChange]) -> Result<(), StoreError> {
    for change in changes.iter().filter(|change| change.closes) {
        close_account(transaction, change.account()).await?;
    }
    Ok(())
}

/// Queues the notices; returns how many emails that adds.
async fn queue_notices(
    transaction: &mut Transaction,
    changes: &[AccountChange],
    now: DateTime<Utc>,
    rng: &dyn Rng,
) -> Result<u64, StoreError> {
    let notices: Vec<_> = changes.iter().flat_map(|change| &change.notices).collect();
    enqueue_notices(transaction, &notices, now, rng).await
}
