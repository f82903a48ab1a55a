//! The `subscriptions` table.

use crate::rental::{
    EndReason, Msisdn, Subscription, SubscriptionFilter, SubscriptionRecord, SubscriptionStatus,
};
use chrono::NaiveDate;
use sqlx::types::Json;

use crate::ids::AccountId;
use crate::money::Currency;
use crate::store::columns::{account_of, read_currency};
use crate::store::engine::row_struct;
use crate::store::error::StoreError;
use crate::store::open::Store;
use crate::store::subscriptions::prices;

row_struct! {
    #[derive(Debug)]
    pub(in crate::store) struct SubscriptionRow {
        pub(in crate::store) account_id: i64,
        pub(in crate::store) ordinal: i64,
        pub(in crate::store) msisdn: String,
        pub(in crate::store) is_shared: bool,
        pub(in crate::store) started_on: NaiveDate,
        pub(in crate::store) monthly_price: i64,
        pub(in crate::store) price_changes: Option<Json<prices::Changes>>,
        pub(in crate::store) periods_charged: i64,
        pub(in crate::store) undone: i64,
        pub(in crate::store) next_renewal_on: NaiveDate,
        pub(in crate::store) past_due_since: Option<NaiveDate>,
        pub(in crate::store) ends_at_period_end: bool,
        pub(in crate::store) announced_for: Option<NaiveDate>,
        pub(in crate::store) ended_on: Option<NaiveDate>,
        pub(in crate::store) end_reason: Option<String>,
    }
}

row_struct! {
    #[derive(Debug)]
    struct ListedRow {
        currency: String,
        ..subscription: SubscriptionRow,
    }
}

impl SubscriptionRow {
    /// Fails if the columns contradict each other.
    pub(in crate::store) fn into_subscription(
        self,
        currency: Currency,
    ) -> Result<Subscription, StoreError> {
        let what = format!(
            "subscription {} ({}) of account {:08x}",
            self.ordinal, self.msisdn, self.account_id
        );
        let unreadable = |why: String| StoreError::unreadable(&what, why);
        let ended = match (self.ended_on, self.end_reason.as_deref()) {
            (None, None) => None,
            (Some(on), Some("cancelled")) => Some((on, EndReason::Cancelled)),
            (Some(on), Some("unfunded")) => Some((on, EndReason::Unfunded)),
            (on, reason) => {
                return Err(unreadable(format!("ended on {on:?} with reason {reason:?}")));
            }
        };
        let prices = prices::read_prices(self.monthly_price, self.price_changes, currency);
        let is_negative = prices.changes().any(|(_, price)| price.is_negative());
        if prices.agreed().is_negative() || is_negative {
            return Err(unreadable("a price is negative".to_owned()));
        }
        let subscription = Subscription {
            ordinal: self.ordinal,
            msisdn: self.msisdn.parse().map_err(|error| unreadable(format!("{error}")))?,
            is_shared: self.is_shared,
            started_on: self.started_on,
            prices,
            periods_charged: u32::try_from(self.periods_charged).map_err(|_| {
                unreadable(format!("invalid number of charged periods: {}", self.periods_charged))
            })?,
            undone: u32::try_from(self.undone).map_err(|_| {
                unreadable(format!("invalid number of undone runs: {}", self.undone))
            })?,
            past_due_since: self.past_due_since,
            ends_at_period_end: self.ends_at_period_end,
            announced_for: self.announced_for,
            ended,
        };
        let expected =
            subscription.next_renewal_on().map_err(|error| unreadable(error.to_string()))?;
        if expected != self.next_renewal_on {
            return Err(unreadable(format!(
                "it renews on {}, and should on {expected}",
                self.next_renewal_on
            )));
        }
        Ok(subscription)
    }
}

/// Selects subscriptions for [`ListedRow`]; `$rest` continues the WHERE clause.
macro_rules! listed {
    ($rest:literal) => {
        concat!(
            "SELECT accounts.currency, subscriptions.account_id, ordinal, msisdn, is_shared,
                started_on,
                monthly_price, price_changes, periods_charged, undone, next_renewal_on, past_due_since,
                ends_at_period_end, announced_for, ended_on, end_reason
             FROM subscriptions
             JOIN accounts ON accounts.account_id = subscriptions.account_id
             WHERE ($3 IS NULL OR $3 = CASE
                    WHEN ended_on IS NOT NULL THEN 'ended'
                    WHEN past_due_since IS NOT NULL THEN 'past_due'
                    ELSE 'active'
                END)
                AND ($4 IS NULL OR (ended_on IS NULL AND next_renewal_on <= $4))
                AND (NOT $5 OR ended_on IS NULL)
                AND ",
            $rest
        )
    };
}

impl Store {
    /// The subscriptions that match `filter`, by account and ordinal.
    pub async fn subscriptions(
        &self,
        filter: &SubscriptionFilter,
    ) -> Result<Vec<SubscriptionRecord>, StoreError> {
        // Each case has its own key, which a condition on an optional parameter would not use.
        let statement = match (filter.account, &filter.msisdn, filter.only_live) {
            (_, Some(_), true) => listed!(
                "msisdn = $2
                    AND ended_on IS NULL
                    AND ($1 IS NULL OR subscriptions.account_id = $1)
                 ORDER BY subscriptions.account_id, ordinal"
            ),
            (Some(_), ..) => listed!(
                "subscriptions.account_id = $1 AND ($2 IS NULL OR msisdn = $2)
                 ORDER BY ordinal"
            ),
            (None, ..) => listed!(
                "($1 IS NULL OR subscriptions.account_id = $1)
                    AND ($2 IS NULL OR msisdn = $2)
                 ORDER BY subscriptions.account_id, ordinal"
            ),
        };
        let rows: Vec<ListedRow> = self
            .database
            .query(statement)
            .bind(filter.account.map(AccountId::to_i64))
            .bind(filter.msisdn.as_ref().map(Msisdn::as_str))
            .bind(filter.status.map(SubscriptionStatus::as_str))
            .bind(filter.due_by)
            .bind(filter.only_live)
            .fetch_all()
            .await?;
        rows.into_iter().map(ListedRow::into_record).collect()
    }

    /// At most `limit` of the subscriptions that match `filter`, by account and ordinal, after the one with this
    /// account and ordinal.
    pub async fn subscriptions_after(
        &self,
        filter: &SubscriptionFilter,
        after: Option<(AccountId, i64)>,
        limit: u32,
    ) -> Result<Vec<SubscriptionRecord>, StoreError> {
        let statement = match filter.account {
            Some(_) => listed!(
                "subscriptions.account_id = $1
                    AND ($2 IS NULL OR msisdn = $2)
                    AND (subscriptions.account_id, ordinal) > ($6, $7)
                 ORDER BY ordinal
                 LIMIT $8"
            ),
            None => listed!(
                "($1 IS NULL OR subscriptions.account_id = $1)
                    AND ($2 IS NULL OR msisdn = $2)
                    AND (subscriptions.account_id, ordinal) > ($6, $7)
                 ORDER BY subscriptions.account_id, ordinal
                 LIMIT $8"
            ),
        };
        // Ids are not negative.
        let (account, ordinal) =
            after.map_or((-1, -1), |(account, ordinal)| (account.to_i64(), ordinal));
        let rows: Vec<ListedRow> = self
            .database
            .query(statement)
            .bind(filter.account.map(AccountId::to_i64))
            .bind(filter.msisdn.as_ref().map(Msisdn::as_str))
            .bind(filter.status.map(SubscriptionStatus::as_str))
            .bind(filter.due_by)
            .bind(filter.only_live)
            .bind(account)
            .bind(ordinal)
            .bind(i64::from(limit))
            .fetch_all()
            .await?;
        rows.into_iter().map(ListedRow::into_record).collect()
    }

    pub async fn live_subscriptions(&self) -> Result<u64, StoreError> {
        let (count,): (i64,) = self
            .database
            .query("SELECT COUNT(*) FROM subscriptions WHERE ended_on IS NULL")
            .fetch_one()
            .await?;
        Ok(count.unsigned_abs())
    }

    /// The oldest due date on `today` that is not charged, among the accounts from `first` to `last`.
    pub async fn oldest_due(
        &self,
        first: AccountId,
        last: AccountId,
        today: NaiveDate,
    ) -> Result<Option<NaiveDate>, StoreError> {
        let (oldest,): (Option<NaiveDate>,) = self
            .database
            .query(
                "SELECT MIN(next_renewal_on)
                 FROM subscriptions
                 WHERE ended_on IS NULL AND account_id BETWEEN $1 AND $2 AND next_renewal_on <= $3",
            )
            .bind(first.to_i64())
            .bind(last.to_i64())
            .bind(today)
            .fetch_one()
            .await?;
        Ok(oldest)
    }
}

impl ListedRow {
    fn into_record(self) -> Result<SubscriptionRecord, StoreError> {
        let account = account_of(self.subscription.account_id)?;
        let currency = read_currency(&self.currency, format!("account {account}"))?;
        Ok(SubscriptionRecord {
            account,
            subscription: self.subscription.into_subscription(currency)?,
        })
    }
}

pub(in crate::store) fn next_renewal_of(
    subscription: &Subscription,
) -> Result<NaiveDate, StoreError> {
    subscription.next_renewal_on().map_err(|error| {
        StoreError::unreadable(format!("subscription of {}", subscription.msisdn), error)
    })
}
