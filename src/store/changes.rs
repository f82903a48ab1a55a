//! Writing: every change to an account's money or subscriptions goes through [`Store::write`].
//!
//! The account rows are written first, all in one statement, each only if its version is still
//! the one that was read; where one was not, the whole transaction is dropped and the caller
//! computes again. So there is one order of locks, and nothing is lost to a race.

use crate::policy::Hold;
use chrono::{DateTime, NaiveDate, Utc};

use crate::clock::Moment;
use crate::decision::AccountSnapshot;
use crate::ids::AccountId;
use crate::journal::Event;
use crate::ledger::Transfer;
use crate::notice::Notice;
use crate::reload::{AutoReload, Reload, Settlement};
use crate::rental::{Rental, Subscription};
use crate::rng::Rng;
use crate::store::accounts::auto_reloads;
use crate::store::accounts::journal;
use crate::store::accounts::journal::Note;
use crate::store::accounts::rows as accounts;
use crate::store::engine::{Sql, Transaction};
use crate::store::error::StoreError;
use crate::store::ledger as transfers;
use crate::store::notices::enqueue as queue;
use crate::store::open::Store;
use crate::store::reloads::rows as reloads;
use crate::store::runs::slices;
use crate::store::runs::slices::Progress;
use crate::store::subscriptions::configurations;
use crate::store::subscriptions::prices;
use crate::store::subscriptions::rentals;
use crate::store::subscriptions::rows::next_renewal_of;

/// What changed in one account, from the snapshot that was read to the one that shall be.
#[derive(Debug, Clone)]
pub struct AccountChange {
    after: AccountSnapshot,
    changed: Vec<Subscription>,
    repriced: Vec<Subscription>,
    rentals: Vec<Rental>,
    transfers: Vec<Transfer>,
    order: Option<AutoReload>,
    settlement: Option<Settlement>,
    request: Option<Reload>,
    is_rearmed: bool,
    notices: Vec<Notice>,
    note: Option<Note>,
    closes: bool,
}

impl AccountChange {
    /// What it takes to get from `before` to `after`, which has the same subscriptions in the same
    /// order, with what was posted on the way.
    pub fn between(
        before: &AccountSnapshot,
        after: AccountSnapshot,
        transfers: Vec<Transfer>,
    ) -> Self {
        let pairs = before.subscriptions.iter().zip(&after.subscriptions);
        let changed: Vec<_> = pairs.filter(|(was, is)| was != is).collect();
        let repriced = changed.iter().filter(|(was, is)| was.prices != is.prices);
        let repriced = repriced.map(|(_, is)| (*is).clone()).collect();
        let changed = changed.into_iter().map(|(_, is)| is.clone()).collect();
        let order_changed = before.reloads.auto_reload != after.reloads.auto_reload;
        let order = after.reloads.auto_reload.clone().filter(|_| order_changed);
        let is_rearmed = before.preferences.is_armed != after.preferences.is_armed;
        let (settlement, request, notices) = (None, None, Vec::new());
        Self {
            after,
            changed,
            repriced,
            rentals: Vec::new(),
            transfers,
            order,
            settlement,
            request,
            is_rearmed,
            notices,
            note: None,
            closes: false,
        }
    }

    /// With what it begins to rent.
    pub fn renting(self, rentals: Vec<Rental>) -> Self {
        Self { rentals, ..self }
    }

    /// With the end of the reload that led to it.
    pub fn settling(self, settlement: Settlement) -> Self {
        Self { settlement: Some(settlement), ..self }
    }

    /// With a reload that is asked for, if one is.
    pub fn requesting(self, request: Option<Reload>) -> Self {
        Self { request, ..self }
    }

    /// With what the account is told of it.
    pub fn telling(self, notices: Vec<Notice>) -> Self {
        Self { notices, ..self }
    }

    /// With what the journal notes of it; only a change by hand has something to note.
    pub fn noting(self, events: Vec<Event>, moment: Moment) -> Self {
        let account = self.account();
        let note = (!events.is_empty()).then_some(Note { account, moment, events });
        Self { note, ..self }
    }

    /// With the end of the account: nothing is written for it any more.
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
            && self.note.is_none()
            && !self.is_rearmed
            && !self.closes
    }

    const fn account(&self) -> AccountId {
        self.after.book.account
    }
}

const WRITE_ACCOUNTS: Sql = Sql {
    sqlite: "
        UPDATE accounts
        SET version = accounts.version + 1, balance = new.balance,
            transfer_count = new.transfer_count, subscription_count = new.subscription_count,
            low_balance_armed = new.low_balance_armed
        FROM (
            SELECT value ->> 0 AS account_id, value ->> 1 AS version, value ->> 2 AS balance,
                value ->> 3 AS transfer_count, value ->> 4 AS subscription_count,
                value ->> 5 AS low_balance_armed
            FROM jsonb_each($1)
        ) AS new
        WHERE accounts.account_id = new.account_id
            AND accounts.version = new.version
            AND accounts.status = 'open'",
    postgres: "
        UPDATE accounts
        SET version = accounts.version + 1, balance = new.balance,
            transfer_count = new.transfer_count, subscription_count = new.subscription_count,
            low_balance_armed = new.low_balance_armed
        FROM UNNEST($1::BIGINT[], $2::BIGINT[], $3::BIGINT[], $4::BIGINT[], $5::BIGINT[], $6::BOOLEAN[])
            AS new (account_id, version, balance, transfer_count, subscription_count,
                low_balance_armed)
        WHERE accounts.account_id = new.account_id
            AND accounts.version = new.version
            AND accounts.status = 'open'",
};

const WRITE_SUBSCRIPTIONS: Sql = Sql {
    sqlite: "
        UPDATE subscriptions
        SET periods_charged = new.periods_charged, next_renewal_on = new.next_renewal_on,
            past_due_since = new.past_due_since, ends_at_period_end = new.ends_at_period_end,
            announced_for = new.announced_for
        FROM (
            SELECT value ->> 0 AS account_id, value ->> 1 AS ordinal,
                value ->> 2 AS periods_charged, value ->> 3 AS next_renewal_on,
                value ->> 4 AS past_due_since, value ->> 5 AS ends_at_period_end,
                value ->> 6 AS announced_for
            FROM jsonb_each($1)
        ) AS new
        WHERE subscriptions.account_id = new.account_id AND subscriptions.ordinal = new.ordinal",
    postgres: "
        UPDATE subscriptions
        SET periods_charged = new.periods_charged, next_renewal_on = new.next_renewal_on,
            past_due_since = new.past_due_since, ends_at_period_end = new.ends_at_period_end,
            announced_for = new.announced_for
        FROM UNNEST($1::BIGINT[], $2::BIGINT[], $3::BIGINT[], $4::DATE[], $5::DATE[], $6::BOOLEAN[],
            $7::DATE[])
            AS new (account_id, ordinal, periods_charged, next_renewal_on, past_due_since,
                ends_at_period_end, announced_for)
        WHERE subscriptions.account_id = new.account_id AND subscriptions.ordinal = new.ordinal",
};

/// Apart from the rest, since few end and many renew: a column that is not named costs nothing,
/// and this one decides on what the indexes of live subscriptions hold.
const END_SUBSCRIPTIONS: Sql = Sql {
    sqlite: "
        UPDATE subscriptions
        SET ended_on = new.ended_on, end_reason = new.end_reason
        FROM (
            SELECT value ->> 0 AS account_id, value ->> 1 AS ordinal, value ->> 2 AS ended_on,
                value ->> 3 AS end_reason
            FROM jsonb_each($1)
        ) AS new
        WHERE subscriptions.account_id = new.account_id AND subscriptions.ordinal = new.ordinal",
    postgres: "
        UPDATE subscriptions
        SET ended_on = new.ended_on, end_reason = new.end_reason
        FROM UNNEST($1::BIGINT[], $2::BIGINT[], $3::DATE[], $4::TEXT[])
            AS new (account_id, ordinal, ended_on, end_reason)
        WHERE subscriptions.account_id = new.account_id AND subscriptions.ordinal = new.ordinal",
};

/// A shared number stays as it is: it is never 'rented'.
const FREE_NUMBERS: Sql = Sql {
    sqlite: "
        UPDATE numbers
        SET status = CASE WHEN new.held_until IS NULL THEN 'available' ELSE 'held' END,
            account_id = CASE WHEN new.held_until IS NULL THEN NULL ELSE numbers.account_id END,
            held_until = new.held_until
        FROM (
            SELECT value ->> 0 AS msisdn, value ->> 1 AS account_id, value ->> 2 AS held_until
            FROM jsonb_each($1)
        ) AS new
        WHERE numbers.msisdn = new.msisdn
            AND numbers.account_id = new.account_id
            AND numbers.status = 'rented'",
    postgres: "
        UPDATE numbers
        SET status = CASE WHEN new.held_until IS NULL THEN 'available' ELSE 'held' END,
            account_id = CASE WHEN new.held_until IS NULL THEN NULL ELSE numbers.account_id END,
            held_until = new.held_until
        FROM UNNEST($1::TEXT[], $2::BIGINT[], $3::DATE[]) AS new (msisdn, account_id, held_until)
        WHERE numbers.msisdn = new.msisdn
            AND numbers.account_id = new.account_id
            AND numbers.status = 'rented'",
};

impl Store {
    /// Writes `changes` on `today`, with tokens of notices from `rng`, and with them the `progress` of a run's slice, or nothing of it
    /// all. Returns how many notices that queued, which the slice's counts counts too.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where an account changed since it was read,
    /// [`StoreError::NumberTaken`] where a number is no longer to be had at the price that was told,
    /// [`StoreError::LeaseLost`] where the slice is no longer the caller's.
    pub async fn write(
        &self,
        changes: &[AccountChange],
        hold: Hold,
        today: NaiveDate,
        now: DateTime<Utc>,
        rng: &dyn Rng,
        progress: Option<&Progress<'_>>,
    ) -> Result<u64, StoreError> {
        let mut transaction = self.database.begin().await?;
        write_accounts(&mut transaction, changes).await?;
        let begun: Vec<_> = changes.iter().flat_map(|change| &change.rentals).collect();
        rentals::begin(&mut transaction, &begun).await?;
        write_rest(&mut transaction, changes, hold, today).await?;
        write_reloads(&mut transaction, changes).await?;
        close(&mut transaction, changes).await?;
        let notes: Vec<_> = changes.iter().filter_map(|change| change.note.as_ref()).collect();
        journal::write(&mut transaction, &notes).await?;
        let queued = queue_notices(&mut transaction, changes, now, rng).await?;
        if let Some(progress) = progress {
            slices::write_progress(&mut transaction, progress, queued).await?;
        }
        transaction.commit().await?;
        Ok(queued)
    }
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
            ));
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
    prices::write(transaction, &repriced).await?;
    if !ended.is_empty() {
        let configured = ended.iter().map(|(account, ordinal, ..)| (*account, *ordinal)).collect();
        transaction.query(END_SUBSCRIPTIONS).bind_rows(ended).execute().await?;
        configurations::remove(transaction, configured).await?;
    }
    if !freed.is_empty() {
        transaction.query(FREE_NUMBERS).bind_rows(freed).execute().await?;
    }
    let posted: Vec<_> = changes.iter().flat_map(|change| &change.transfers).collect();
    transfers::post(transaction, &posted).await
}

/// Ends reloads before others begin: an account has one open at most.
async fn write_reloads(
    transaction: &mut Transaction,
    changes: &[AccountChange],
) -> Result<(), StoreError> {
    for settlement in changes.iter().filter_map(|change| change.settlement.as_ref()) {
        reloads::settle(transaction, settlement).await?;
    }
    let requests: Vec<_> = changes.iter().filter_map(|change| change.request.as_ref()).collect();
    reloads::request(transaction, &requests).await?;
    let orders = changes.iter().filter_map(|it| Some((it.account(), it.order.as_ref()?)));
    auto_reloads::write(transaction, &orders.collect::<Vec<_>>()).await
}

/// Closes accounts, once all else of them is written: whoever changes them later finds them closed.
async fn close(transaction: &mut Transaction, changes: &[AccountChange]) -> Result<(), StoreError> {
    for change in changes.iter().filter(|change| change.closes) {
        accounts::close(transaction, change.account()).await?;
    }
    Ok(())
}

/// Queues what the accounts are told; returns how many mails that adds.
async fn queue_notices(
    transaction: &mut Transaction,
    changes: &[AccountChange],
    now: DateTime<Utc>,
    rng: &dyn Rng,
) -> Result<u64, StoreError> {
    let notices: Vec<_> = changes.iter().flat_map(|change| &change.notices).collect();
    queue::add(transaction, &notices, now, rng).await
}
