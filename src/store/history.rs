//! Reads an account's history from the tables, newest first, at most a given number of rows at a time.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::types::Json;

use crate::calendar::Period;
use crate::history::{HeldFact, RentalFact, Span, TransferFact};
use crate::ids::AccountId;
use crate::ledger::{BALANCE, Code, find_reference};
use crate::money::{Currency, Money};
use crate::notice::StoredNotice;
use crate::reload::Reload;
use crate::store::engine::{Query, row_struct};
use crate::store::error::StoreError;
use crate::store::notices::rows::{NoticeRow, notices, readable};
use crate::store::open::Store;
use crate::store::reloads::rows::{ReloadRow, reloads};
use crate::store::subscriptions::prices;

row_struct! {
    #[derive(Debug)]
    struct TransferRow {
        sequence: i64,
        posted_on: NaiveDate,
        posted_at: DateTime<Utc>,
        code: String,
        debit: String,
        amount: i64,
        balance_after: i64,
        idempotency_key: String,
        reason: Option<String>,
        msisdn: Option<String>,
        started_on: Option<NaiveDate>,
        period_start: Option<NaiveDate>,
        period_end: Option<NaiveDate>,
        gateway_reference: Option<String>,
        gateway_reason: Option<String>,
    }
}

impl TransferRow {
    fn into_fact(self, span: &Span) -> Result<TransferFact, StoreError> {
        let code = Code::find(&self.code).ok_or_else(|| {
            let what = format!("transfer {} of account {}", self.sequence, span.account);
            StoreError::unreadable(what, format!("its code is `{}`", self.code))
        })?;
        let signed = if self.debit == BALANCE { -self.amount } else { self.amount };
        let period = self.period_start.zip(self.period_end);
        Ok(TransferFact {
            sequence: self.sequence,
            on: self.posted_on,
            at: self.posted_at,
            code,
            amount: Money::from_micros(signed, span.currency),
            balance_after: Money::from_micros(self.balance_after, span.currency),
            reference: find_reference(code, &self.idempotency_key).map(str::to_owned),
            reason: self.reason,
            rental: self.msisdn.zip(self.started_on),
            period: period.map(|(start, end)| Period { start, end }),
            reload: (self.gateway_reference, self.gateway_reason),
        })
    }
}

row_struct! {
    #[derive(Debug)]
    struct RentalRow {
        ordinal: i64,
        msisdn: String,
        started_on: NaiveDate,
        monthly_price: i64,
        price_changes: Option<Json<prices::Changes>>,
        next_renewal_on: NaiveDate,
        past_due_since: Option<NaiveDate>,
        ends_at_period_end: bool,
        ended_on: Option<NaiveDate>,
        end_reason: Option<String>,
        before: Option<String>,
    }
}

impl RentalRow {
    fn into_fact(self, currency: Currency) -> RentalFact {
        RentalFact {
            ordinal: self.ordinal,
            msisdn: self.msisdn,
            started_on: self.started_on,
            prices: prices::read_prices(self.monthly_price, self.price_changes, currency),
            next_renewal_on: self.next_renewal_on,
            past_due_since: self.past_due_since,
            ends_at_period_end: self.ends_at_period_end,
            ended: self.ended_on.zip(self.end_reason),
            before: self.before,
        }
    }
}

/// Selects subscriptions for [`RentalRow`]; `$rest` continues the WHERE clause.
macro_rules! rentals {
    ($rest:literal) => {
        concat!(
            "SELECT ordinal, msisdn, started_on, monthly_price, price_changes,
                next_renewal_on, past_due_since,
                ends_at_period_end, ended_on, end_reason,
                (
                    SELECT earlier.end_reason
                    FROM subscriptions AS earlier
                    WHERE earlier.account_id = subscriptions.account_id
                        AND earlier.msisdn = subscriptions.msisdn
                        AND earlier.ordinal < subscriptions.ordinal
                    ORDER BY earlier.ordinal DESC
                    LIMIT 1
                ) AS before
             FROM subscriptions
             WHERE account_id = $1 AND ",
            $rest
        )
    };
}

impl Store {
    /// When the account was created, and its first name.
    pub async fn creation_of(
        &self,
        account: AccountId,
    ) -> Result<(DateTime<Utc>, String), StoreError> {
        let query = self.database.query(
            "SELECT created_at, COALESCE((
                 SELECT text_before
                 FROM change_log
                 WHERE change_log.account_id = accounts.account_id AND kind = 'name_changed'
                 ORDER BY change_log.version, ordinal
                 LIMIT 1
             ), name)
             FROM accounts
             WHERE account_id = $1",
        );
        query.bind(account.to_i64()).fetch_one().await
    }

    /// The transfers of `span` with a sequence number below `before`, newest first.
    pub async fn transfers_before(
        &self,
        span: &Span,
        before: i64,
    ) -> Result<Vec<TransferFact>, StoreError> {
        let rows: Vec<TransferRow> = self
            .database
            .query(
                "SELECT sequence, posted_on, posted_at, code, debit, transfers.amount,
                    balance_after, idempotency_key, transfers.reason, subscriptions.msisdn,
                    started_on, period_start, period_end, reloads.reference AS gateway_reference,
                    reloads.reason AS gateway_reason
                 FROM transfers
                 LEFT JOIN subscriptions
                    ON subscriptions.account_id = transfers.account_id
                    AND subscriptions.ordinal = transfers.subscription
                 LEFT JOIN reloads
                    ON reloads.account_id = transfers.account_id
                    AND transfers.code = 'reload'
                    AND reloads.reload_id = SUBSTR(idempotency_key, 8)
                 WHERE transfers.account_id = $1
                    AND sequence < $2
                    AND ($3 IS NULL OR posted_on >= $3)
                    AND ($4 IS NULL OR posted_on <= $4)
                 ORDER BY sequence DESC
                 LIMIT $5",
            )
            .bind(span.account.to_i64())
            .bind(before)
            .bind(span.from)
            .bind(span.to)
            .bind(i64::from(span.limit))
            .fetch_all()
            .await?;
        rows.into_iter().map(|row| row.into_fact(span)).collect()
    }

    /// The rentals that began in `span`, newest first.
    pub async fn rentals_begun(&self, span: &Span) -> Result<Vec<RentalFact>, StoreError> {
        let query = self.database.query(rentals!(
            "($2 IS NULL OR started_on >= $2) AND ($3 IS NULL OR started_on <= $3)
             ORDER BY started_on DESC, ordinal DESC
             LIMIT $4"
        ));
        let rows: Vec<RentalRow> = bind(query, span).fetch_all().await?;
        Ok(rows.into_iter().map(|row| row.into_fact(span.currency)).collect())
    }

    /// The rentals that ended in `span`, or will end in it at the customer's request, newest first.
    /// Rentals with an entry in the change log, which also says when it was requested, are left out.
    pub async fn rentals_ended(&self, span: &Span) -> Result<Vec<RentalFact>, StoreError> {
        let query = self.database.query(rentals!(
            "(ended_on IS NOT NULL OR ends_at_period_end)
                AND NOT EXISTS (
                    SELECT 1
                    FROM change_log
                    WHERE change_log.account_id = subscriptions.account_id
                        AND change_log.subscription = subscriptions.ordinal
                        AND kind = CASE
                            WHEN ended_on IS NULL THEN 'ends_at_period_end'
                            ELSE 'cancelled'
                        END
                )
                AND ($2 IS NULL OR COALESCE(ended_on, next_renewal_on) >= $2)
                AND ($3 IS NULL OR COALESCE(ended_on, next_renewal_on) <= $3)
             ORDER BY COALESCE(ended_on, next_renewal_on) DESC, ordinal DESC
             LIMIT $4"
        ));
        let rows: Vec<RentalRow> = bind(query, span).fetch_all().await?;
        Ok(rows.into_iter().map(|row| row.into_fact(span.currency)).collect())
    }

    /// The reloads that were requested or settled in `span`, newest first.
    pub async fn reloads_in(&self, span: &Span) -> Result<Vec<Reload>, StoreError> {
        let query = self.database.query(reloads!(
            "WHERE account_id = $1
                AND ($2 IS NULL OR COALESCE(settled_on, requested_on) >= $2)
                AND ($3 IS NULL OR requested_on <= $3)
             ORDER BY requested_at DESC, reload_id DESC
             LIMIT $4"
        ));
        let rows: Vec<ReloadRow> = bind(query, span).fetch_all().await?;
        rows.into_iter().map(ReloadRow::into_reload).collect()
    }

    /// The notices of `span`, newest first. Unreadable notices are logged and left out.
    pub async fn notices_in(&self, span: &Span) -> Result<Vec<StoredNotice>, StoreError> {
        let query = self.database.query(notices!(
            "WHERE account_id = $1
                AND ($2 IS NULL OR billing_date >= $2)
                AND ($3 IS NULL OR billing_date <= $3)
             ORDER BY billing_date DESC, queued_at DESC, kind DESC, ordinal DESC
             LIMIT $4"
        ));
        let rows: Vec<NoticeRow> = bind(query, span).fetch_all().await?;
        Ok(rows.into_iter().filter_map(|row| readable(row.into_notice())).collect())
    }

    /// The runs of `span` that could not bill the account, and why, newest first.
    pub async fn failures_in(&self, span: &Span) -> Result<Vec<(NaiveDate, String)>, StoreError> {
        let query = self.database.query(
            "SELECT billing_date, reason
             FROM run_failures
             WHERE account_id = $1
                AND ($2 IS NULL OR billing_date >= $2)
                AND ($3 IS NULL OR billing_date <= $3)
             ORDER BY billing_date DESC
             LIMIT $4",
        );
        bind(query, span).fetch_all().await
    }

    /// The runs of `span` that the release guard held while the account had something past due, newest
    /// first. The past-due notice shows this for periods that have been paid since.
    pub async fn held_runs_in(&self, span: &Span) -> Result<Vec<HeldFact>, StoreError> {
        let query = self.database.query(
            "SELECT billing_date, approved_at
             FROM runs
             WHERE (held_by = 'releases' OR approved_at IS NOT NULL)
                AND ($2 IS NULL OR billing_date >= $2)
                AND ($3 IS NULL OR billing_date <= $3)
                AND (
                    EXISTS (
                        SELECT 1
                        FROM subscriptions
                        WHERE account_id = $1
                            AND past_due_since <= runs.billing_date
                            AND (ended_on IS NULL OR ended_on >= runs.billing_date)
                    )
                    OR EXISTS (
                        SELECT 1
                        FROM notices
                        WHERE account_id = $1
                            AND kind = 'past_due'
                            AND notices.billing_date = runs.billing_date
                    )
                )
             ORDER BY billing_date DESC
             LIMIT $4",
        );
        let rows: Vec<(NaiveDate, Option<DateTime<Utc>>)> = bind(query, span).fetch_all().await?;
        Ok(rows.into_iter().map(|(on, approved_at)| HeldFact { on, approved_at }).collect())
    }
}

pub(in crate::store) fn bind<'q>(query: Query<'q>, span: &Span) -> Query<'q> {
    query.bind(span.account.to_i64()).bind(span.from).bind(span.to).bind(i64::from(span.limit))
}
