//! The `transfers` table. [`Store::write`] writes it with the change of the account.

use crate::statement::{StatementLine, StatementRead};
use chrono::NaiveDate;

use crate::calendar::Period;
use crate::ids::AccountId;
use crate::ledger::{BALANCE, Code, Transfer, find_reference};
use crate::money::{Currency, Money};
use crate::store::columns::read_currency;
use crate::store::engine::{Sql, Transaction, bulk_sql, row_struct};
use crate::store::error::StoreError;
use crate::store::open::Store;

row_struct! {
    #[derive(Debug)]
    struct StatementRow {
        sequence: i64,
        posted_on: NaiveDate,
        code: String,
        debit: String,
        amount: i64,
        currency: String,
        balance_after: i64,
        idempotency_key: String,
        msisdn: Option<String>,
        period_start: Option<NaiveDate>,
        period_end: Option<NaiveDate>,
        reason: Option<String>,
    }
}

impl StatementRow {
    fn into_line(self, account: AccountId) -> Result<StatementLine, StoreError> {
        let what = format!("transfer {} of account {account}", self.sequence);
        let code = Code::find(&self.code)
            .ok_or_else(|| StoreError::unreadable(&what, format!("its code is `{}`", self.code)))?;
        let currency = read_currency(&self.currency, &what)?;
        let signed = if self.debit == BALANCE { -self.amount } else { self.amount };
        Ok(StatementLine {
            sequence: self.sequence,
            on: self.posted_on,
            code,
            msisdn: self.msisdn,
            period: self
                .period_start
                .zip(self.period_end)
                .map(|(start, end)| Period { start, end }),
            amount: Money::from_micros(signed, currency),
            balance_after: Money::from_micros(self.balance_after, currency),
            reference: find_reference(code, &self.idempotency_key).map(str::to_owned),
            reason: self.reason,
        })
    }
}

const POST_TRANSFERS: Sql = bulk_sql!(
    "INSERT INTO transfers (posted_on, posted_at, account_id, sequence, code, debit, credit, amount,
        currency, balance_after, idempotency_key, subscription, period_start, period_end,
        past_due_since, reason)
     SELECT $1, $2, new.*
     FROM",
    new from 3 (
        account_id BIGINT, sequence BIGINT, code TEXT, debit TEXT, credit TEXT, amount BIGINT,
        currency TEXT, balance_after BIGINT, idempotency_key TEXT, subscription BIGINT,
        period_start DATE, period_end DATE, past_due_since DATE, reason TEXT
    ),
    ""
);

/// Appends transfers of one moment, after the rows of their accounts.
pub(in crate::store) async fn post_transfers(
    transaction: &mut Transaction,
    transfers: &[&Transfer],
) -> Result<(), StoreError> {
    let Some(posted) = transfers.first().map(|transfer| transfer.posted) else {
        return Ok(());
    };
    assert!(transfers.iter().all(|it| it.posted == posted), "one write is of one moment");
    let rows = transfers.iter().map(|transfer| transfer_row(transfer)).collect();
    transaction
        .query(POST_TRANSFERS)
        .bind(posted.on)
        .bind(posted.at)
        .bind_rows(rows)
        .execute()
        .await?;
    Ok(())
}

type TransferRow<'a> = (
    i64,
    i64,
    &'static str,
    &'static str,
    &'static str,
    i64,
    &'static str,
    i64,
    &'a str,
    Option<i64>,
    Option<NaiveDate>,
    Option<NaiveDate>,
    Option<NaiveDate>,
    Option<&'a str>,
);

fn transfer_row(transfer: &Transfer) -> TransferRow<'_> {
    let entry = &transfer.entry;
    let house = entry.code.house_account();
    let (debit, credit) =
        if entry.amount.is_negative() { (BALANCE, house) } else { (house, BALANCE) };
    (
        transfer.account.to_i64(),
        transfer.sequence,
        entry.code.as_str(),
        debit,
        credit,
        entry.amount.micros().abs(),
        entry.amount.currency().code(),
        transfer.balance_after.micros(),
        &entry.idempotency_key,
        entry.paid.map(|paid| paid.subscription),
        entry.paid.map(|paid| paid.period.start),
        entry.paid.map(|paid| paid.period.end),
        entry.past_due_since,
        entry.reason.as_deref(),
    )
}

const STATEMENT: &str = "SELECT sequence, posted_on, code, debit, amount, currency, balance_after,
        idempotency_key, subscriptions.msisdn, period_start, period_end, reason
     FROM transfers
     LEFT JOIN subscriptions
        ON subscriptions.account_id = transfers.account_id
        AND subscriptions.ordinal = transfers.subscription
     WHERE transfers.account_id = $1
        AND ($2 IS NULL OR posted_on >= $2)
        AND ($3 IS NULL OR posted_on <= $3)
        AND sequence > $4
     ORDER BY sequence
     LIMIT $5";

impl Store {
    /// At most `limit` of the account's transfers, oldest first, after the one with the sequence number `after`. Both
    /// dates are included. Also returns the sequence number of the last one; none if there are no more.
    pub async fn statement_after(
        &self,
        account: AccountId,
        from: Option<NaiveDate>,
        to: Option<NaiveDate>,
        after: i64,
        limit: u32,
    ) -> Result<(Vec<StatementLine>, Option<i64>), StoreError> {
        let rows: Vec<StatementRow> = self
            .database
            .query(STATEMENT)
            .bind(account.to_i64())
            .bind(from)
            .bind(to)
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all()
            .await?;
        let is_full = u32::try_from(rows.len()).is_ok_and(|read| read >= limit);
        let last = rows.last().filter(|_| is_full).map(|row| row.sequence);
        let lines = rows.into_iter().map(|row| row.into_line(account)).collect::<Result<_, _>>()?;
        Ok((lines, last))
    }

    /// The same, with the opening balance and the current balance.
    pub async fn statement_with_balances(
        &self,
        account: AccountId,
        currency: Currency,
        from: Option<NaiveDate>,
        to: Option<NaiveDate>,
    ) -> Result<StatementRead, StoreError> {
        let mut snapshot = self.database.snapshot().await?;
        let rows: Vec<StatementRow> = snapshot
            .query(STATEMENT)
            .bind(account.to_i64())
            .bind(from)
            .bind(to)
            .bind(i64::from(0))
            .bind(i64::MAX)
            .fetch_all()
            .await?;
        let sums: Vec<(i64, i64)> = snapshot
            .query(
                "SELECT balance, CAST(COALESCE((
                     SELECT SUM(CASE WHEN debit = 'balance' THEN -amount ELSE amount END)
                     FROM transfers
                     WHERE transfers.account_id = accounts.account_id AND posted_on < $2
                 ), 0) AS BIGINT)
                 FROM accounts
                 WHERE account_id = $1",
            )
            .bind(account.to_i64())
            .bind(from)
            .fetch_all()
            .await?;
        snapshot.commit().await?;
        let gone =
            || StoreError::unreadable(format!("account {account}"), "the account does not exist");
        let (balance, opening) = sums.first().copied().ok_or_else(gone)?;
        let lines = rows.into_iter().map(|row| row.into_line(account)).collect::<Result<_, _>>()?;
        let money = |micros| Money::from_micros(micros, currency);
        Ok(StatementRead { opening: money(opening), lines, balance: money(balance) })
    }

    /// The amount that was posted under `idempotency_key`, positive if it increased the balance.
    pub async fn find_booked(
        &self,
        account: AccountId,
        idempotency_key: &str,
    ) -> Result<Option<Money>, StoreError> {
        let row: Option<(String, i64, String)> = self
            .database
            .query(
                "SELECT debit, amount, currency
                 FROM transfers
                 WHERE account_id = $1 AND idempotency_key = $2",
            )
            .bind(account.to_i64())
            .bind(idempotency_key)
            .fetch_optional()
            .await?;
        row.map(|(debit, amount, currency)| {
            let currency = read_currency(&currency, idempotency_key)?;
            Ok(Money::from_micros(if debit == BALANCE { -amount } else { amount }, currency))
        })
        .transpose()
    }
}
