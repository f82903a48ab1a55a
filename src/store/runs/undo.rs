//! What `run undo` reads, and its progress in the row of the run.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};

use crate::calendar::{FIRST_DAY, Period};
use crate::decision::{AccountSnapshot, ChargedPeriod};
use crate::ids::AccountId;
use crate::ledger::Paid;
use crate::money::{Currency, Money};
use crate::reload::Reload;
use crate::rental::{Msisdn, Subscription};
use crate::store::columns::{account_of, read_currency};
use crate::store::engine::{Sql, Transaction, bulk_sql, row_struct};
use crate::store::error::StoreError;
use crate::store::open::Store;
use crate::store::reloads::rows::{ReloadRow, reloads};
use crate::store::subscriptions::rows::SubscriptionRow;

/// An account with what a run did to it.
#[derive(Debug)]
pub struct LoadedUndo {
    pub account: AccountId,
    /// Has the live subscriptions and those that ended since the run.
    pub snapshot: Result<AccountSnapshot, StoreError>,
    /// The renewals since the run that are not reversed.
    pub charged: Vec<ChargedPeriod>,
    /// The numbers of ended subscriptions that the account can have back.
    pub free: BTreeSet<Msisdn>,
}

/// The new progress of the undoing of a run, written with the work itself.
#[derive(Debug, Clone, Copy)]
pub struct UndoProgress {
    pub date: NaiveDate,
    /// The accounts before this one were done when the batch was read.
    pub from: i64,
    /// The accounts before this one are done.
    pub to: i64,
}

row_struct! {
    #[derive(Debug)]
    struct ChargeRow {
        account_id: i64,
        sequence: i64,
        idempotency_key: String,
        subscription: i64,
        period_start: NaiveDate,
        period_end: NaiveDate,
        amount: i64,
        currency: String,
        past_due_since: Option<NaiveDate>,
    }
}

/// The first period is charged by the rental, not by a run.
const CHARGES: Sql = bulk_sql!(
    "SELECT transfers.account_id, sequence, idempotency_key, subscription, period_start, period_end,
        amount, currency, transfers.past_due_since
     FROM",
    wanted from 2 (account_id BIGINT),
    "JOIN transfers ON transfers.account_id = wanted.account_id
     JOIN subscriptions
        ON subscriptions.account_id = transfers.account_id
        AND subscriptions.ordinal = subscription
     WHERE code = 'rental'
        AND posted_on >= $1
        AND period_start > started_on
        AND NOT EXISTS (
            SELECT 1
            FROM transfers AS reversals
            WHERE reversals.account_id = transfers.account_id
                AND reversals.idempotency_key = 'reversal/' || transfers.idempotency_key
        )
     ORDER BY transfers.account_id, sequence"
);

const ENDED: Sql = bulk_sql!(
    "SELECT subscriptions.account_id, ordinal, msisdn, is_shared, started_on, monthly_price,
        price_changes, periods_charged, undone, next_renewal_on, past_due_since, ends_at_period_end,
        announced_for, ended_on, end_reason
     FROM",
    wanted from 2 (account_id BIGINT),
    "JOIN subscriptions ON subscriptions.account_id = wanted.account_id
     WHERE ended_on >= $1
     ORDER BY subscriptions.account_id, ordinal"
);

/// The numbers of ended subscriptions that their accounts can have back.
const FREE: Sql = bulk_sql!(
    "SELECT wanted.account_id, numbers.msisdn
     FROM",
    wanted (account_id BIGINT, msisdn TEXT),
    "JOIN numbers ON numbers.msisdn = wanted.msisdn
     WHERE status = 'available'
        OR (status = 'held' AND numbers.account_id = wanted.account_id)"
);

impl Store {
    /// Begins to undo the run of `date`, or goes on. Workers of that run lose their slices.
    pub async fn begin_undo(&self, date: NaiveDate) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        for statement in [
            "UPDATE runs
             SET status = 'undoing', held_by = NULL, undone_to = 0
             WHERE billing_date = $1 AND status NOT IN ('undoing', 'undone')",
            "UPDATE run_slices
             SET is_done = TRUE, leased_by = NULL, leased_until = NULL
             WHERE billing_date = $1",
        ] {
            transaction.query(statement).bind(date).execute().await?;
        }
        transaction.commit().await
    }

    /// The account at which the undoing of the run of `date` goes on; `None` if the run is not being undone.
    pub async fn find_undo_position(&self, date: NaiveDate) -> Result<Option<i64>, StoreError> {
        let row: Option<(i64,)> = self
            .database
            .query("SELECT undone_to FROM runs WHERE billing_date = $1 AND status = 'undoing'")
            .bind(date)
            .fetch_optional()
            .await?;
        Ok(row.map(|(position,)| position))
    }

    /// Ends the undoing: the date can be run again.
    pub async fn finish_undo(&self, date: NaiveDate, now: DateTime<Utc>) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        transaction
            .query(
                "UPDATE runs
                 SET status = 'undone', undone_to = NULL, finished_at = $2
                 WHERE billing_date = $1 AND status = 'undoing'",
            )
            .bind(date)
            .bind(now)
            .execute()
            .await?;
        transaction.commit().await
    }

    /// The date of the run before `date` that has done something and was not undone.
    pub async fn find_run_date_before(
        &self,
        date: NaiveDate,
    ) -> Result<Option<NaiveDate>, StoreError> {
        let (previous,): (Option<NaiveDate>,) = self
            .database
            .query(
                "SELECT MAX(billing_date)
                 FROM runs
                 WHERE billing_date < $1
                    AND status <> 'undone'
                    AND (held_by IS NULL OR held_by <> 'clock')",
            )
            .bind(date)
            .fetch_one()
            .await?;
        Ok(previous)
    }

    /// `snapshots`, which have all live subscriptions, with what was done since the run of `date`, which followed the
    /// one of `previous`. What is read here after the snapshots is as of their versions, or the change is computed again.
    pub async fn load_undo(
        &self,
        snapshots: Vec<(AccountId, Result<AccountSnapshot, StoreError>)>,
        date: NaiveDate,
        previous: Option<NaiveDate>,
    ) -> Result<Vec<LoadedUndo>, StoreError> {
        let ids: Vec<_> = snapshots.iter().map(|(account, _)| (account.to_i64(),)).collect();
        let charges: Vec<ChargeRow> =
            self.database.query(CHARGES).bind(date).bind_rows(ids.clone()).fetch_all().await?;
        // A cancelled subscription ends at its period's end, which may be before the run's date.
        let since = date.min(previous.unwrap_or(FIRST_DAY));
        let ended: Vec<SubscriptionRow> =
            self.database.query(ENDED).bind(since).bind_rows(ids).fetch_all().await?;
        let wanted = ended.iter().map(|row| (row.account_id, row.msisdn.clone())).collect();
        let free: Vec<(i64, String)> =
            self.database.query(FREE).bind_rows(wanted).fetch_all().await?;
        let mut charged = by_account(charges, |row| row.account_id);
        let mut ended = by_account(ended, |row| row.account_id);
        let mut free = by_account(free, |(account, _)| *account);
        let mut loaded = Vec::with_capacity(snapshots.len());
        for (account, snapshot) in snapshots {
            let id = account.to_i64();
            let ended = ended.remove(&id).unwrap_or_default();
            let charged = charged.remove(&id).unwrap_or_default();
            let charged =
                charged.into_iter().map(ChargeRow::into_charge).collect::<Result<_, _>>()?;
            let snapshot = snapshot.and_then(|snapshot| with_ended(snapshot, ended));
            let free = free.remove(&id).unwrap_or_default();
            let free = free.iter().filter_map(|(_, msisdn)| msisdn.parse().ok()).collect();
            let free = without_rented(free, snapshot.as_ref().ok());
            loaded.push(LoadedUndo { account, snapshot, charged, free });
        }
        Ok(loaded)
    }

    /// The reloads that were captured on `date` or later, or requested then and whose outcome is not known.
    pub async fn reloads_since(&self, date: NaiveDate) -> Result<Vec<Reload>, StoreError> {
        let rows: Vec<ReloadRow> = self
            .database
            .query(reloads!(
                "WHERE (status = 'captured' AND settled_on >= $1)
                    OR (settled_on IS NULL AND requested_on >= $1)
                 ORDER BY account_id, reload_id"
            ))
            .bind(date)
            .fetch_all()
            .await?;
        rows.into_iter().map(ReloadRow::into_reload).collect()
    }
}

/// Adds the subscriptions that ended.
fn with_ended(
    mut snapshot: AccountSnapshot,
    ended: Vec<SubscriptionRow>,
) -> Result<AccountSnapshot, StoreError> {
    let currency: Currency = snapshot.book.balance.currency();
    for row in ended {
        snapshot.subscriptions.push(row.into_subscription(currency)?);
    }
    snapshot.subscriptions.sort_by_key(|it| it.ordinal);
    Ok(snapshot)
}

/// The numbers that the account does not rent again already, which concerns shared ones.
fn without_rented(
    mut free: BTreeSet<Msisdn>,
    snapshot: Option<&AccountSnapshot>,
) -> BTreeSet<Msisdn> {
    let live = snapshot.map(|it| it.subscriptions.as_slice()).unwrap_or_default();
    let live = live.iter().filter(|it: &&Subscription| it.ended.is_none());
    for subscription in live {
        free.remove(&subscription.msisdn);
    }
    free
}

fn by_account<T>(rows: Vec<T>, account: impl Fn(&T) -> i64) -> BTreeMap<i64, Vec<T>> {
    let mut groups: BTreeMap<i64, Vec<T>> = BTreeMap::new();
    for row in rows {
        groups.entry(account(&row)).or_default().push(row);
    }
    groups
}

impl ChargeRow {
    fn into_charge(self) -> Result<ChargedPeriod, StoreError> {
        let account = account_of(self.account_id)?;
        let what = format!("transfer {} of account {account}", self.sequence);
        let currency = read_currency(&self.currency, what)?;
        let period = Period { start: self.period_start, end: self.period_end };
        Ok(ChargedPeriod {
            sequence: self.sequence,
            idempotency_key: self.idempotency_key,
            paid: Paid { subscription: self.subscription, period },
            price: Money::from_micros(self.amount, currency),
            past_due_since: self.past_due_since,
        })
    }
}

/// Writes the progress, unless another process has made some since.
pub(in crate::store) async fn write_undo_progress(
    transaction: &mut Transaction,
    progress: &UndoProgress,
) -> Result<(), StoreError> {
    let written = transaction
        .query(
            "UPDATE runs
             SET undone_to = $3
             WHERE billing_date = $1 AND status = 'undoing' AND undone_to = $2",
        )
        .bind(progress.date)
        .bind(progress.from)
        .bind(progress.to)
        .execute()
        .await?;
    if written == 0 { Err(StoreError::LeaseLost) } else { Ok(()) }
}
