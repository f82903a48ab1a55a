//! Reading what the decision needs.

use chrono::NaiveDate;
use sqlx::FromRow;

use super::Store;
use super::engine::Sql;
use super::error::StoreError;
use super::subscriptions::SubscriptionRow;
use crate::decision::Standing;
use crate::ids::AccountId;
use crate::ledger::Book;
use crate::money::{Money, currency_of};

/// One account of a batch: its standing, or why it cannot be read.
#[derive(Debug)]
pub struct AccountStanding {
    /// Whose.
    pub account: AccountId,
    /// The standing.
    pub standing: Result<Standing, StoreError>,
}

/// An account beside one of its due subscriptions, or beside none.
#[derive(Debug, FromRow)]
struct StandingRow {
    account_id: i64,
    version: i64,
    balance: i64,
    credit_limit: i64,
    currency: String,
    transfer_count: i64,
    subscription_count: i64,
    ordinal: Option<i64>,
    msisdn: Option<String>,
    started_on: Option<NaiveDate>,
    monthly_price: Option<i64>,
    periods_charged: Option<i64>,
    next_renewal_on: Option<NaiveDate>,
    past_due_since: Option<NaiveDate>,
    ends_at_period_end: Option<bool>,
}

/// One statement for many accounts: what it reads is of one instant, so that account and
/// subscriptions fit together without a lock.
const STANDINGS: Sql = Sql {
    sqlite: "
        SELECT accounts.account_id, version, balance, credit_limit, currency, transfer_count,
            subscription_count, ordinal, msisdn, started_on, monthly_price, periods_charged,
            next_renewal_on, past_due_since, ends_at_period_end
        FROM jsonb_each($1) AS wanted
        JOIN accounts ON accounts.account_id = wanted.value ->> 0
        LEFT JOIN subscriptions
            ON subscriptions.account_id = accounts.account_id
            AND ended_on IS NULL
            AND next_renewal_on <= $2
        ORDER BY accounts.account_id, ordinal",
    postgres: "
        SELECT accounts.account_id, version, balance, credit_limit, currency, transfer_count,
            subscription_count, ordinal, msisdn, started_on, monthly_price, periods_charged,
            next_renewal_on, past_due_since, ends_at_period_end
        FROM UNNEST($1::BIGINT[]) AS wanted (account_id)
        JOIN accounts ON accounts.account_id = wanted.account_id
        LEFT JOIN subscriptions
            ON subscriptions.account_id = accounts.account_id
            AND ended_on IS NULL
            AND next_renewal_on <= $2
        ORDER BY accounts.account_id, ordinal",
};

impl Store {
    /// The accounts from `first` to `last` that have something due on `today`, in the order of
    /// their ids, `limit` of them at most.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn due_accounts(
        &self,
        first: AccountId,
        last: AccountId,
        today: NaiveDate,
        limit: u32,
    ) -> Result<Vec<AccountId>, StoreError> {
        let rows: Vec<(i64,)> = self
            .database
            .query(
                "SELECT DISTINCT account_id
                 FROM subscriptions
                 WHERE ended_on IS NULL AND account_id BETWEEN $1 AND $2 AND next_renewal_on <= $3
                 ORDER BY account_id
                 LIMIT $4",
            )
            .bind(first.to_i64())
            .bind(last.to_i64())
            .bind(today)
            .bind(i64::from(limit))
            .fetch_all()
            .await?;
        rows.into_iter().map(|(id,)| account_of(id)).collect()
    }

    /// The standings of `accounts` on `today`; those that do not exist are left out.
    ///
    /// # Errors
    /// [`StoreError`] where the statement fails as a whole: one row that the engine cannot hand
    /// over is enough, so a caller with many accounts asks again for each alone.
    pub async fn standings(
        &self,
        accounts: &[AccountId],
        today: NaiveDate,
    ) -> Result<Vec<AccountStanding>, StoreError> {
        let ids = accounts.iter().map(|account| (account.to_i64(),)).collect();
        let rows: Vec<StandingRow> =
            self.database.query(STANDINGS).bind_rows(ids).bind(today).fetch_all().await?;
        let mut standings: Vec<AccountStanding> = Vec::with_capacity(accounts.len());
        for row in rows {
            let account = account_of(row.account_id)?;
            if standings.last().is_none_or(|last| last.account != account) {
                standings.push(AccountStanding { account, standing: row.standing(account) });
            }
            let current = standings.last_mut().expect("one was pushed if there was none");
            match (&mut current.standing, row.subscription()) {
                (Ok(standing), Some(subscription)) => {
                    match subscription.read(standing.book.balance.currency()) {
                        Ok(subscription) => standing.subscriptions.push(subscription),
                        Err(error) => current.standing = Err(error),
                    }
                }
                (Ok(_), None) | (Err(_), _) => {}
            }
        }
        Ok(standings)
    }

    /// The standing of one account on `today`, if there is such an account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find_standing(
        &self,
        account: AccountId,
        today: NaiveDate,
    ) -> Result<Option<Standing>, StoreError> {
        let mut standings = self.standings(&[account], today).await?;
        standings.pop().map(|found| found.standing).transpose()
    }
}

impl StandingRow {
    fn standing(&self, account: AccountId) -> Result<Standing, StoreError> {
        let currency = currency_of(&self.currency)
            .map_err(|error| StoreError::unreadable(format!("account {account}"), error))?;
        let book = Book {
            account,
            balance: Money::from_micros(self.balance, currency),
            credit_limit: Money::from_micros(self.credit_limit, currency),
            transfer_count: self.transfer_count,
        };
        let (version, subscription_count) = (self.version, self.subscription_count);
        Ok(Standing { version, book, subscription_count, subscriptions: Vec::new() })
    }

    /// The subscription beside the account; none where the account has nothing due.
    fn subscription(self) -> Option<SubscriptionRow> {
        Some(SubscriptionRow {
            account_id: self.account_id,
            ordinal: self.ordinal?,
            msisdn: self.msisdn?,
            started_on: self.started_on?,
            monthly_price: self.monthly_price?,
            periods_charged: self.periods_charged?,
            next_renewal_on: self.next_renewal_on?,
            past_due_since: self.past_due_since,
            ends_at_period_end: self.ends_at_period_end?,
            ended_on: None,
            end_reason: None,
        })
    }
}

pub(super) fn account_of(id: i64) -> Result<AccountId, StoreError> {
    AccountId::from_i64(id).map_err(|error| StoreError::unreadable("an account's id", error))
}
