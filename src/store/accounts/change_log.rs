//! The change log as rows. They are inserted in the transaction of the change, after its account's row is updated.

use chrono::{DateTime, NaiveDate, Utc};

use crate::change_log::{Change, ChangeLogEntry, StandingOrder};
use crate::clock::Moment;
use crate::history::Span;
use crate::ids::AccountId;
use crate::money::{Currency, Money};
use crate::store::engine::{Sql, Transaction, row_struct};
use crate::store::error::StoreError;
use crate::store::history::bind;
use crate::store::open::Store;

/// The entries of one change of an account, in order.
#[derive(Debug, Clone)]
pub struct ChangeLogEntries {
    pub account: AccountId,
    pub moment: Moment,
    pub entries: Vec<ChangeLogEntry>,
}

/// An entry, with when it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEntry {
    /// The account's version after the change. The entries of one change have the same.
    pub version: i64,
    pub entry: ChangeLogEntry,
    /// The number of the subscription that was changed.
    pub msisdn: Option<String>,
    /// The account's number of transfers at the time.
    pub transfer_count: i64,
    /// The billing date.
    pub on: NaiveDate,
    pub at: DateTime<Utc>,
}

/// The version and the number of transfers are those of the account's row, as this transaction updated it.
const INSERT: Sql = Sql {
    sqlite: "
        INSERT INTO change_log (account_id, version, ordinal, kind, subscription, threshold,
            amount_before, amount, effective_on, text_before, text, transfer_count, changed_on,
            changed_at)
        SELECT new.account_id, accounts.version, new.ordinal, new.kind, new.subscription,
            new.threshold, new.amount_before, new.amount, new.effective_on, new.text_before,
            new.text, accounts.transfer_count, $2, $3
        FROM (
            SELECT value ->> 0 AS account_id, value ->> 1 AS ordinal, value ->> 2 AS kind,
                value ->> 3 AS subscription, value ->> 4 AS threshold,
                value ->> 5 AS amount_before, value ->> 6 AS amount, value ->> 7 AS effective_on,
                value ->> 8 AS text_before, value ->> 9 AS text
            FROM jsonb_each($1)
        ) AS new
        JOIN accounts ON accounts.account_id = new.account_id",
    postgres: "
        INSERT INTO change_log (account_id, version, ordinal, kind, subscription, threshold,
            amount_before, amount, effective_on, text_before, text, transfer_count, changed_on,
            changed_at)
        SELECT new.account_id, accounts.version, new.ordinal, new.kind, new.subscription,
            new.threshold, new.amount_before, new.amount, new.effective_on, new.text_before,
            new.text, accounts.transfer_count, $11, $12
        FROM UNNEST($1::BIGINT[], $2::BIGINT[], $3::TEXT[], $4::BIGINT[], $5::BIGINT[],
            $6::BIGINT[], $7::BIGINT[], $8::DATE[], $9::TEXT[], $10::TEXT[])
            AS new (account_id, ordinal, kind, subscription, threshold, amount_before, amount,
                effective_on, text_before, text)
        JOIN accounts ON accounts.account_id = new.account_id",
};

/// Inserts the entries of several changes, all of one moment.
pub(in crate::store) async fn write(
    transaction: &mut Transaction,
    changes: &[&ChangeLogEntries],
) -> Result<(), StoreError> {
    let Some(moment) = changes.first().map(|change| change.moment) else { return Ok(()) };
    assert!(changes.iter().all(|change| change.moment == moment), "one write is of one moment");
    let rows: Vec<_> = changes.iter().flat_map(|change| rows_of(change)).collect();
    if rows.is_empty() {
        return Ok(());
    }
    transaction.query(INSERT).bind_rows(rows).bind(moment.on).bind(moment.at).execute().await?;
    Ok(())
}

type NewRow<'a> = (
    i64,
    i64,
    &'static str,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<NaiveDate>,
    Option<&'a str>,
    Option<&'a str>,
);

fn rows_of(change: &ChangeLogEntries) -> impl Iterator<Item = NewRow<'_>> {
    (1_i64..).zip(&change.entries).map(|(ordinal, entry)| {
        let it = Columns::of(entry);
        (
            change.account.to_i64(),
            ordinal,
            entry.as_str(),
            it.subscription,
            it.threshold,
            it.amount_before,
            it.amount,
            it.effective_on,
            it.text_before,
            it.text,
        )
    })
}

/// The columns of an entry; those that its kind does not use are NULL.
#[derive(Debug, Default)]
struct Columns<'a> {
    subscription: Option<i64>,
    threshold: Option<i64>,
    amount_before: Option<i64>,
    amount: Option<i64>,
    effective_on: Option<NaiveDate>,
    text_before: Option<&'a str>,
    text: Option<&'a str>,
}

impl<'a> Columns<'a> {
    fn of(entry: &'a ChangeLogEntry) -> Self {
        let nothing = Self::default();
        match entry {
            ChangeLogEntry::AutoReloadSet(order) | ChangeLogEntry::AutoReloadOff(order) => Self {
                threshold: Some(order.threshold.micros()),
                amount: Some(order.amount.micros()),
                text: Some(&order.payment_method),
                ..nothing
            },
            ChangeLogEntry::EndsAtPeriodEnd { subscription, on }
            | ChangeLogEntry::Kept { subscription, on } => {
                Self { subscription: Some(*subscription), effective_on: Some(*on), ..nothing }
            }
            ChangeLogEntry::Reinstated { subscription, ended_on } => {
                Self { subscription: Some(*subscription), effective_on: Some(*ended_on), ..nothing }
            }
            ChangeLogEntry::Cancelled { subscription } => {
                Self { subscription: Some(*subscription), ..nothing }
            }
            ChangeLogEntry::PriceAgreed { subscription, price, from } => Self {
                subscription: Some(*subscription),
                amount_before: Some(price.before.micros()),
                amount: Some(price.after.micros()),
                effective_on: Some(*from),
                ..nothing
            },
            ChangeLogEntry::NameChanged(change) | ChangeLogEntry::EmailChanged(change) => {
                Self { text_before: Some(&change.before), text: Some(&change.after), ..nothing }
            }
            ChangeLogEntry::LowBalanceChanged(change) => Self {
                amount_before: change.before.map(Money::micros),
                amount: change.after.map(Money::micros),
                ..nothing
            },
            ChangeLogEntry::NoticeSwitchedOff(kind) | ChangeLogEntry::NoticeSwitchedOn(kind) => {
                Self { text: Some(kind), ..nothing }
            }
            ChangeLogEntry::AccountClosed => nothing,
        }
    }
}

row_struct! {
    #[derive(Debug)]
    struct ChangeLogRow {
        version: i64,
        kind: String,
        subscription: Option<i64>,
        msisdn: Option<String>,
        threshold: Option<i64>,
        amount_before: Option<i64>,
        amount: Option<i64>,
        effective_on: Option<NaiveDate>,
        text_before: Option<String>,
        text: Option<String>,
        transfer_count: i64,
        changed_on: NaiveDate,
        changed_at: DateTime<Utc>,
    }
}

impl ChangeLogRow {
    fn read(self, span: &Span) -> Result<StoredEntry, StoreError> {
        let entry = self.entry(span.currency).ok_or_else(|| {
            let what =
                format!("the change log of version {} of account {}", self.version, span.account);
            StoreError::unreadable(what, format!("{self:?}"))
        })?;
        Ok(StoredEntry {
            version: self.version,
            entry,
            msisdn: self.msisdn,
            transfer_count: self.transfer_count,
            on: self.changed_on,
            at: self.changed_at,
        })
    }

    /// The entry, or none if the columns are not those of its kind.
    fn entry(&self, currency: Currency) -> Option<ChangeLogEntry> {
        let money = |micros: i64| Money::from_micros(micros, currency);
        let order = || {
            Some(StandingOrder {
                threshold: money(self.threshold?),
                amount: money(self.amount?),
                payment_method: self.text.clone()?,
            })
        };
        let text = || Some(Change { before: self.text_before.clone()?, after: self.text.clone()? });
        let (subscription, on) = (self.subscription, self.effective_on);
        Some(match self.kind.as_str() {
            "auto_reload_set" => ChangeLogEntry::AutoReloadSet(order()?),
            "auto_reload_off" => ChangeLogEntry::AutoReloadOff(order()?),
            "ends_at_period_end" => {
                ChangeLogEntry::EndsAtPeriodEnd { subscription: subscription?, on: on? }
            }
            "kept" => ChangeLogEntry::Kept { subscription: subscription?, on: on? },
            "reinstated" => {
                ChangeLogEntry::Reinstated { subscription: subscription?, ended_on: on? }
            }
            "cancelled" => ChangeLogEntry::Cancelled { subscription: subscription? },
            "price_agreed" => ChangeLogEntry::PriceAgreed {
                subscription: subscription?,
                price: Change { before: money(self.amount_before?), after: money(self.amount?) },
                from: on?,
            },
            "name_changed" => ChangeLogEntry::NameChanged(text()?),
            "email_changed" => ChangeLogEntry::EmailChanged(text()?),
            "low_balance_changed" => ChangeLogEntry::LowBalanceChanged(Change {
                before: self.amount_before.map(money),
                after: self.amount.map(money),
            }),
            "notice_switched_off" => ChangeLogEntry::NoticeSwitchedOff(self.text.clone()?),
            "notice_switched_on" => ChangeLogEntry::NoticeSwitchedOn(self.text.clone()?),
            "account_closed" => ChangeLogEntry::AccountClosed,
            _ => return None,
        })
    }
}

impl Store {
    /// The entries of `span`, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn change_log_in(&self, span: &Span) -> Result<Vec<StoredEntry>, StoreError> {
        let query = self.database.query(
            "SELECT version, kind, subscription, msisdn, threshold, amount_before, amount,
                effective_on, text_before, text, transfer_count, changed_on, changed_at
             FROM change_log
             LEFT JOIN subscriptions
                ON subscriptions.account_id = change_log.account_id
                AND subscriptions.ordinal = change_log.subscription
             WHERE change_log.account_id = $1
                AND ($2 IS NULL OR changed_on >= $2)
                AND ($3 IS NULL OR changed_on <= $3)
             ORDER BY version DESC, change_log.ordinal DESC
             LIMIT $4",
        );
        let rows: Vec<ChangeLogRow> = bind(query, span).fetch_all().await?;
        rows.into_iter().map(|row| row.read(span)).collect()
    }
}
