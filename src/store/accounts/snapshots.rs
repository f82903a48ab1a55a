//! Account snapshots, from which the decision is computed.

use chrono::NaiveDate;
use sqlx::types::Json;

use crate::decision::AccountSnapshot;
use crate::ids::AccountId;
use crate::ledger::Book;
use crate::money::{Currency, Money};
use crate::notice::NotificationPreferences;
use crate::reload::Reloads;
use crate::store::accounts::auto_reloads::OrderRow;
use crate::store::columns::{account_of, kinds_of, read_currency};
use crate::store::engine::{Sql, bulk_sql, row_struct};
use crate::store::error::StoreError;
use crate::store::open::Store;
use crate::store::subscriptions::prices::Changes;
use crate::store::subscriptions::rows::SubscriptionRow;

/// A snapshot, or why it cannot be read.
#[derive(Debug)]
pub struct LoadedSnapshot {
    pub account: AccountId,
    pub snapshot: Result<AccountSnapshot, StoreError>,
}

impl LoadedSnapshot {
    pub fn of(snapshot: AccountSnapshot) -> Self {
        Self { account: snapshot.book.account, snapshot: Ok(snapshot) }
    }
}

row_struct! {
    /// An account, with one of its due subscriptions or with none.
    #[derive(Debug)]
    pub(in crate::store) struct SnapshotRow {
        account_id: i64,
        version: i64,
        balance: i64,
        credit_limit: i64,
        currency: String,
        transfer_count: i64,
        subscription_count: i64,
        ordinal: Option<i64>,
        msisdn: Option<String>,
        is_shared: Option<bool>,
        started_on: Option<NaiveDate>,
        monthly_price: Option<i64>,
        price_changes: Option<Json<Changes>>,
        periods_charged: Option<i64>,
        undone: Option<i64>,
        next_renewal_on: Option<NaiveDate>,
        past_due_since: Option<NaiveDate>,
        ends_at_period_end: Option<bool>,
        announced_for: Option<NaiveDate>,
        low_balance: Option<i64>,
        low_balance_armed: bool,
        notices_off: String,
        open_reload: Option<String>,
        captured_today: i64,
        ..order: OrderRow,
    }
}

/// One statement reads many accounts as of one instant, so accounts and subscriptions agree without a
/// lock.
pub(in crate::store) const SNAPSHOTS: Sql = bulk_sql!(
    "SELECT accounts.account_id, version, balance, credit_limit, accounts.currency, transfer_count,
        subscription_count, ordinal, msisdn, is_shared, started_on, monthly_price, price_changes,
        periods_charged, undone, next_renewal_on, past_due_since, ends_at_period_end, announced_for,
        low_balance, low_balance_armed, notices_off, threshold,
        auto_reloads.amount AS reload_amount, auto_reloads.payment_method, auto_reloads.customer,
        auto_reloads.status AS order_status, declines, declined_at, reload_id AS open_reload,
        CASE WHEN threshold IS NULL THEN 0 ELSE (
            SELECT COUNT(*)
            FROM reloads AS captured
            WHERE captured.account_id = accounts.account_id
                AND captured.status = 'captured'
                AND captured.settled_on = $2
        ) END AS captured_today
     FROM",
    wanted from 3 (account_id BIGINT),
    "JOIN accounts ON accounts.account_id = wanted.account_id
     LEFT JOIN subscriptions
        ON subscriptions.account_id = accounts.account_id
        AND ended_on IS NULL
        AND next_renewal_on <= $1
     LEFT JOIN auto_reloads ON auto_reloads.account_id = accounts.account_id
     LEFT JOIN reloads
        ON reloads.account_id = accounts.account_id
        AND reloads.settled_on IS NULL
     ORDER BY accounts.account_id, ordinal"
);

impl Store {
    /// The snapshots of `accounts` on `today`, each with the subscriptions that renew by `renewing_by`.
    /// Accounts that do not exist are left out.
    ///
    /// # Errors
    /// [`StoreError`] if the statement fails. One row that the engine cannot return is enough, so a
    /// caller with many accounts then reads each alone.
    pub async fn snapshots(
        &self,
        accounts: &[AccountId],
        renewing_by: NaiveDate,
        today: NaiveDate,
    ) -> Result<Vec<LoadedSnapshot>, StoreError> {
        let ids = accounts.iter().map(|account| (account.to_i64(),)).collect();
        let query = self.database.query(SNAPSHOTS).bind(renewing_by).bind(today).bind_rows(ids);
        let rows: Vec<SnapshotRow> = query.fetch_all().await?;
        read_snapshots(rows)
    }

    /// The snapshot of one account, as [`Store::snapshots`] reads it.
    pub async fn find_snapshot(
        &self,
        account: AccountId,
        renewing_by: NaiveDate,
        today: NaiveDate,
    ) -> Result<Option<AccountSnapshot>, StoreError> {
        let mut snapshots = self.snapshots(&[account], renewing_by, today).await?;
        snapshots.pop().map(|found| found.snapshot).transpose()
    }
}

/// The snapshots in `rows`, which are ordered by account.
pub(in crate::store) fn read_snapshots(
    rows: Vec<SnapshotRow>,
) -> Result<Vec<LoadedSnapshot>, StoreError> {
    let mut snapshots: Vec<LoadedSnapshot> = Vec::new();
    for row in rows {
        let account = account_of(row.account_id)?;
        if snapshots.last().is_none_or(|last| last.account != account) {
            snapshots.push(LoadedSnapshot { account, snapshot: row.snapshot(account) });
        }
        let current = snapshots.last_mut().expect("one was pushed if there was none");
        match (&mut current.snapshot, row.subscription()) {
            (Ok(snapshot), Some(subscription)) => {
                match subscription.into_subscription(snapshot.book.balance.currency()) {
                    Ok(subscription) => snapshot.subscriptions.push(subscription),
                    Err(error) => current.snapshot = Err(error),
                }
            }
            (Ok(_), None) | (Err(_), _) => {}
        }
    }
    Ok(snapshots)
}

impl SnapshotRow {
    fn snapshot(&self, account: AccountId) -> Result<AccountSnapshot, StoreError> {
        let currency = read_currency(&self.currency, format!("account {account}"))?;
        let book = Book {
            account,
            balance: Money::from_micros(self.balance, currency),
            credit_limit: Money::from_micros(self.credit_limit, currency),
            transfer_count: self.transfer_count,
        };
        let (version, subscription_count) = (self.version, self.subscription_count);
        let reloads = self.reloads(account, currency)?;
        let preferences = NotificationPreferences {
            off: kinds_of(&self.notices_off),
            low_balance: self.low_balance.map(|micros| Money::from_micros(micros, currency)),
            is_armed: self.low_balance_armed,
        };
        let subscriptions = Vec::new();
        Ok(AccountSnapshot {
            version,
            book,
            subscription_count,
            subscriptions,
            reloads,
            preferences,
        })
    }

    fn reloads(&self, account: AccountId, currency: Currency) -> Result<Reloads, StoreError> {
        let unreadable = |why: &dyn std::fmt::Display| {
            StoreError::unreadable(format!("the reloads of account {account}"), why)
        };
        let open = self.open_reload.as_deref().map(str::parse).transpose();
        Ok(Reloads {
            auto_reload: self.order.to_auto_reload(account, currency)?,
            open: open.map_err(|error| unreadable(&error))?,
            captured_today: u32::try_from(self.captured_today)
                .map_err(|error| unreadable(&error))?,
        })
    }

    /// The subscription in this row; `None` if nothing of the account is due.
    fn subscription(self) -> Option<SubscriptionRow> {
        Some(SubscriptionRow {
            account_id: self.account_id,
            ordinal: self.ordinal?,
            msisdn: self.msisdn?,
            is_shared: self.is_shared?,
            started_on: self.started_on?,
            monthly_price: self.monthly_price?,
            price_changes: self.price_changes,
            periods_charged: self.periods_charged?,
            undone: self.undone?,
            next_renewal_on: self.next_renewal_on?,
            past_due_since: self.past_due_since,
            ends_at_period_end: self.ends_at_period_end?,
            announced_for: self.announced_for,
            ended_on: None,
            end_reason: None,
        })
    }
}
