//! The accounts that a pass of a run concerns, each with the number of its subscriptions that the pass reads.

use chrono::NaiveDate;

use crate::ids::AccountId;
use crate::store::columns::account_of;
use crate::store::engine::Query;
use crate::store::error::StoreError;
use crate::store::open::Store;

/// An account, and how many of its subscriptions are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueAccount {
    pub account: AccountId,
    /// Zero if nothing is due and the balance is low.
    pub subscriptions: u64,
}

impl Store {
    /// At most `limit` accounts from `first` to `last`, by id, with a renewal due on `today`.
    pub async fn due_accounts(
        &self,
        first: AccountId,
        last: AccountId,
        today: NaiveDate,
        limit: u32,
    ) -> Result<Vec<DueAccount>, StoreError> {
        let query = self
            .database
            .query(
                "SELECT account_id, COUNT(*)
                 FROM subscriptions
                 WHERE ended_on IS NULL AND account_id BETWEEN $1 AND $2 AND next_renewal_on <= $3
                 GROUP BY account_id
                 ORDER BY account_id
                 LIMIT $4",
            )
            .bind(first.to_i64())
            .bind(last.to_i64())
            .bind(today)
            .bind(i64::from(limit));
        read_due(query).await
    }

    /// At most `limit` accounts from `first` to `last`, by id, with a renewal due on `today` or a
    /// balance below the threshold of their standing order.
    pub async fn due_or_low_accounts(
        &self,
        first: AccountId,
        last: AccountId,
        today: NaiveDate,
        limit: u32,
    ) -> Result<Vec<DueAccount>, StoreError> {
        let query = self
            .database
            .query(
                "SELECT account_id, MAX(subscriptions)
                 FROM (
                    SELECT account_id, subscriptions
                    FROM (
                        SELECT account_id, COUNT(*) AS subscriptions
                        FROM subscriptions
                        WHERE ended_on IS NULL
                            AND account_id BETWEEN $1 AND $2
                            AND next_renewal_on <= $3
                        GROUP BY account_id
                        ORDER BY account_id
                        LIMIT $4
                    ) AS due
                    UNION ALL
                    SELECT account_id, 0
                    FROM (
                        SELECT auto_reloads.account_id
                        FROM auto_reloads
                        JOIN accounts ON accounts.account_id = auto_reloads.account_id
                        WHERE auto_reloads.account_id BETWEEN $1 AND $2
                            AND auto_reloads.status = 'on'
                            AND accounts.status = 'open'
                            AND balance < threshold
                        ORDER BY auto_reloads.account_id
                        LIMIT $4
                    ) AS low
                 ) AS wanted
                 GROUP BY account_id
                 ORDER BY account_id
                 LIMIT $4",
            )
            .bind(first.to_i64())
            .bind(last.to_i64())
            .bind(today)
            .bind(i64::from(limit));
        read_due(query).await
    }

    /// At most `limit` accounts from `first` to `last`, by id, with a renewal after `today` and by
    /// `until` that has not been announced.
    pub async fn accounts_to_tell_ahead(
        &self,
        first: AccountId,
        last: AccountId,
        today: NaiveDate,
        until: NaiveDate,
        limit: u32,
    ) -> Result<Vec<DueAccount>, StoreError> {
        let query = self
            .database
            .query(
                "SELECT account_id, COUNT(*)
                 FROM subscriptions
                 WHERE ended_on IS NULL
                    AND account_id BETWEEN $1 AND $2
                    AND next_renewal_on > $3
                    AND next_renewal_on <= $4
                    AND NOT ends_at_period_end
                    AND (announced_for IS NULL OR announced_for <> next_renewal_on)
                 GROUP BY account_id
                 ORDER BY account_id
                 LIMIT $5",
            )
            .bind(first.to_i64())
            .bind(last.to_i64())
            .bind(today)
            .bind(until)
            .bind(i64::from(limit));
        read_due(query).await
    }
}

/// Reads accounts with a count each.
pub(in crate::store) async fn read_due(query: Query<'_>) -> Result<Vec<DueAccount>, StoreError> {
    let rows: Vec<(i64, i64)> = query.fetch_all().await?;
    let read = |(id, count): (i64, i64)| {
        Ok(DueAccount { account: account_of(id)?, subscriptions: count.unsigned_abs() })
    };
    rows.into_iter().map(read).collect()
}
