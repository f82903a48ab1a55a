//! The `reloads` table. [`Store::write`] requests and settles reloads with the change of their account.

use crate::reload::{OpenReloads, PaymentMethod, Reload, ReloadFilter, ReloadStatus, Settlement};
use crate::text::storable;
use chrono::{DateTime, NaiveDate, Utc};

use crate::clock::Moment;
use crate::ids::{AccountId, ReloadId};
use crate::money::Money;
use crate::store::columns::{LAST_INSTANT, read_currency};
use crate::store::engine::{Sql, Transaction, bulk_sql, row_struct};
use crate::store::error::StoreError;
use crate::store::open::Store;

row_struct! {
    #[derive(Debug)]
    pub(in crate::store) struct ReloadRow {
        reload_id: String,
        amount: i64,
        currency: String,
        payment_method: String,
        customer: Option<String>,
        status: String,
        attempts: i64,
        gateway: Option<String>,
        reference: Option<String>,
        reason: Option<String>,
        requested_on: NaiveDate,
        requested_at: DateTime<Utc>,
        settled_on: Option<NaiveDate>,
        settled_at: Option<DateTime<Utc>>,
        first_attempt_at: Option<DateTime<Utc>>,
        last_attempt_at: Option<DateTime<Utc>>,
    }
}

impl ReloadRow {
    pub(in crate::store) fn into_reload(self) -> Result<Reload, StoreError> {
        let what = format!("reload {}", self.reload_id);
        let unreadable = |why: String| StoreError::unreadable(&what, why);
        let currency = read_currency(&self.currency, &what)?;
        let moment = |(at, on)| Moment { at, on };
        Ok(Reload {
            id: reload_of(&self.reload_id)?,
            amount: Money::from_micros(self.amount, currency),
            payment_method: PaymentMethod { id: self.payment_method, customer: self.customer },
            status: ReloadStatus::find(&self.status)
                .ok_or_else(|| unreadable(format!("its status is `{}`", self.status)))?,
            attempts: u32::try_from(self.attempts).map_err(|_| {
                unreadable(format!("invalid number of attempts: {}", self.attempts))
            })?,
            requested: moment((self.requested_at, self.requested_on)),
            settled: self.settled_at.zip(self.settled_on).map(moment),
            reason: self.reason,
            gateway: self.gateway,
            reference: self.reference,
            asked: self.first_attempt_at.zip(self.last_attempt_at),
        })
    }
}

/// Selects reloads for [`ReloadRow`]; `$rest` continues after FROM.
macro_rules! reloads {
    ($rest:literal) => {
        concat!(
            "SELECT reload_id, amount, currency, payment_method, customer, status, attempts,
                gateway, reference, reason, requested_on, requested_at, settled_on, settled_at,
                first_attempt_at, last_attempt_at
             FROM reloads ",
            $rest
        )
    };
}
pub(in crate::store) use reloads;

pub(in crate::store) fn reload_of(id: &str) -> Result<ReloadId, StoreError> {
    id.parse().map_err(|error| StoreError::unreadable("a reload's id", error))
}

const REQUEST_RELOADS: Sql = bulk_sql!(
    "INSERT INTO reloads (requested_on, requested_at, account_id, reload_id, amount, currency,
        payment_method, customer, status, attempts)
     SELECT $1, $2, new.*, 'requested', 0
     FROM",
    new from 3 (
        account_id BIGINT, reload_id TEXT, amount BIGINT, currency TEXT, payment_method TEXT,
        customer TEXT
    ),
    ""
);

/// Inserts reload requests of one moment, after the rows of their accounts.
pub(in crate::store) async fn request_reloads(
    transaction: &mut Transaction,
    reloads: &[&Reload],
) -> Result<(), StoreError> {
    let Some(requested) = reloads.first().map(|reload| reload.requested) else { return Ok(()) };
    assert!(reloads.iter().all(|it| it.requested == requested), "one write is of one moment");
    let rows: Vec<_> = reloads
        .iter()
        .map(|reload| {
            (
                reload.id.account().to_i64(),
                reload.id.to_string(),
                reload.amount.micros(),
                reload.amount.currency().code(),
                reload.payment_method.id.as_str(),
                reload.payment_method.customer.as_deref(),
            )
        })
        .collect();
    transaction
        .query(REQUEST_RELOADS)
        .bind(requested.on)
        .bind(requested.at)
        .bind_rows(rows)
        .execute()
        .await?;
    Ok(())
}

/// The longest reason that is stored.
pub(in crate::store) const REASON_CHARS_MAX: usize = 1_000;

/// Settles a reload, after the row of its account: an open one, or one that was closed without payment
/// and is captured after all.
///
/// # Errors
/// [`StoreError::ReferenceTaken`] if another reload has the reference of the settlement.
pub(in crate::store) async fn settle_reload(
    transaction: &mut Transaction,
    settlement: &Settlement,
) -> Result<(), StoreError> {
    let settled = transaction
        .query(
            "UPDATE reloads
             SET status = $3, reason = $4, reference = COALESCE($5, reference), settled_on = $6,
                settled_at = $7, claimed_until = NULL, next_attempt_at = NULL
             WHERE account_id = $1
                AND reload_id = $2
                AND (
                    settled_on IS NULL
                    OR ($3 = 'captured' AND status IN ('declined', 'lapsed'))
                )
                AND (NOT $8 OR first_attempt_at IS NULL)",
        )
        .bind(settlement.id.account().to_i64())
        .bind(settlement.id.to_string())
        .bind(settlement.status.as_str())
        .bind(settlement.reason.as_deref().map(|reason| storable(reason, REASON_CHARS_MAX)))
        .bind(settlement.reference.as_deref())
        .bind(settlement.moment.on)
        .bind(settlement.moment.at)
        .bind(settlement.only_if_unsent)
        .execute()
        .await?;
    if settled == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}

impl Store {
    /// At most `limit` open reloads of the accounts from `first` to `last`, by account.
    pub async fn open_reloads(
        &self,
        first: AccountId,
        last: AccountId,
        which: OpenReloads,
        limit: u32,
    ) -> Result<Vec<ReloadId>, StoreError> {
        let (was_asked, asking_at) = match which {
            OpenReloads::All => (None, None),
            OpenReloads::Unasked => (Some(false), None),
            OpenReloads::Asked { asking_at } => (Some(true), Some(asking_at)),
        };
        let rows: Vec<(String,)> = self
            .database
            .query(
                "SELECT reload_id
                 FROM reloads
                 WHERE settled_on IS NULL
                    AND account_id BETWEEN $1 AND $2
                    AND ($3 IS NULL OR (first_attempt_at IS NOT NULL) = $3)
                    AND ($4 IS NULL OR next_attempt_at IS NULL OR next_attempt_at <= $4)
                 ORDER BY account_id
                 LIMIT $5",
            )
            .bind(first.to_i64())
            .bind(last.to_i64())
            .bind(was_asked)
            .bind(asking_at)
            .bind(i64::from(limit))
            .fetch_all()
            .await?;
        rows.iter().map(|(id,)| reload_of(id)).collect()
    }

    pub async fn count_open_reloads(
        &self,
        first: AccountId,
        last: AccountId,
    ) -> Result<u64, StoreError> {
        let (count,): (i64,) = self
            .database
            .query(
                "SELECT COUNT(*)
                 FROM reloads
                 WHERE settled_on IS NULL AND account_id BETWEEN $1 AND $2",
            )
            .bind(first.to_i64())
            .bind(last.to_i64())
            .fetch_one()
            .await?;
        Ok(count.unsigned_abs())
    }

    pub async fn find_reload(&self, id: ReloadId) -> Result<Option<Reload>, StoreError> {
        let row: Option<ReloadRow> = self
            .database
            .query(reloads!("WHERE account_id = $1 AND reload_id = $2"))
            .bind(id.account().to_i64())
            .bind(id.to_string())
            .fetch_optional()
            .await?;
        row.map(ReloadRow::into_reload).transpose()
    }

    /// The reload that a charge at the gateway belongs to.
    pub async fn find_reload_by_reference(
        &self,
        gateway: &str,
        reference: &str,
    ) -> Result<Option<ReloadId>, StoreError> {
        let row: Option<(String,)> = self
            .database
            .query("SELECT reload_id FROM reloads WHERE gateway = $1 AND reference = $2")
            .bind(gateway)
            .bind(reference)
            .fetch_optional()
            .await?;
        row.map(|(id,)| reload_of(&id)).transpose()
    }

    /// The newest reloads that match `filter`, newest first, after the one that was requested at this time.
    pub async fn reloads(
        &self,
        filter: &ReloadFilter,
        after: Option<(DateTime<Utc>, ReloadId)>,
    ) -> Result<Vec<Reload>, StoreError> {
        // An account's reloads have their own key, which a condition on an optional parameter would not use.
        let statement = match filter.account {
            Some(_) => reloads!(
                "WHERE account_id = $1
                    AND ($2 IS NULL OR status = $2)
                    AND ($3 IS NULL OR first_attempt_at >= $3)
                    AND (requested_at < $5 OR (requested_at = $5 AND (account_id, reload_id) > ($6, $7)))
                 ORDER BY requested_at DESC, reload_id
                 LIMIT $4"
            ),
            None => reloads!(
                "WHERE ($1 IS NULL OR account_id = $1)
                    AND ($2 IS NULL OR status = $2)
                    AND ($3 IS NULL OR first_attempt_at >= $3)
                    AND requested_at <= $5
                    AND (requested_at < $5 OR (account_id, reload_id) > ($6, $7))
                 ORDER BY requested_at DESC, account_id, reload_id
                 LIMIT $4"
            ),
        };
        let rows: Vec<ReloadRow> = self
            .database
            .query(statement)
            .bind(filter.account.map(AccountId::to_i64))
            .bind(filter.status.map(ReloadStatus::as_str))
            .bind(filter.asked_since)
            .bind(i64::from(filter.limit))
            .bind(after.map_or(LAST_INSTANT, |(requested_at, _)| requested_at))
            .bind(after.map_or(-1, |(_, id)| id.account().to_i64()))
            .bind(after.map(|(_, id)| id.to_string()).unwrap_or_default())
            .fetch_all()
            .await?;
        rows.into_iter().map(ReloadRow::into_reload).collect()
    }
}
