//! The journal as rows. They are appended in the transaction of the change that they note, after their
//! account's row.

use chrono::{DateTime, NaiveDate, Utc};

use crate::clock::Moment;
use crate::history::Span;
use crate::ids::AccountId;
use crate::journal::{Change, Event, StandingOrder};
use crate::money::{Currency, Money};
use crate::store::engine::{Sql, Transaction, row_struct};
use crate::store::error::StoreError;
use crate::store::history::bind;
use crate::store::open::Store;

/// What is to be noted of one change of an account.
#[derive(Debug, Clone)]
pub struct Note {
    /// Whose.
    pub account: AccountId,
    /// When.
    pub moment: Moment,
    /// What was changed, in order.
    pub events: Vec<Event>,
}

/// What was noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotedFact {
    /// Which of the account's changes it belongs to.
    pub version: i64,
    /// What was changed.
    pub event: Event,
    /// The number of the subscription that it is about.
    pub msisdn: Option<String>,
    /// How many transfers the account had then.
    pub transfer_count: i64,
    /// The billing date.
    pub on: NaiveDate,
    /// The instant.
    pub at: DateTime<Utc>,
}

/// The version and the count of transfers are those of the account's row, as this transaction wrote it.
const NOTE: Sql = Sql {
    sqlite: "
        INSERT INTO journal (account_id, version, ordinal, event, subscription, threshold,
            amount_before, amount, effective_on, words_before, words, transfer_count, noted_on,
            noted_at)
        SELECT new.account_id, accounts.version, new.ordinal, new.event, new.subscription,
            new.threshold, new.amount_before, new.amount, new.effective_on, new.words_before,
            new.words, accounts.transfer_count, $2, $3
        FROM (
            SELECT value ->> 0 AS account_id, value ->> 1 AS ordinal, value ->> 2 AS event,
                value ->> 3 AS subscription, value ->> 4 AS threshold,
                value ->> 5 AS amount_before, value ->> 6 AS amount, value ->> 7 AS effective_on,
                value ->> 8 AS words_before, value ->> 9 AS words
            FROM jsonb_each($1)
        ) AS new
        JOIN accounts ON accounts.account_id = new.account_id",
    postgres: "
        INSERT INTO journal (account_id, version, ordinal, event, subscription, threshold,
            amount_before, amount, effective_on, words_before, words, transfer_count, noted_on,
            noted_at)
        SELECT new.account_id, accounts.version, new.ordinal, new.event, new.subscription,
            new.threshold, new.amount_before, new.amount, new.effective_on, new.words_before,
            new.words, accounts.transfer_count, $11, $12
        FROM UNNEST($1::BIGINT[], $2::BIGINT[], $3::TEXT[], $4::BIGINT[], $5::BIGINT[],
            $6::BIGINT[], $7::BIGINT[], $8::DATE[], $9::TEXT[], $10::TEXT[])
            AS new (account_id, ordinal, event, subscription, threshold, amount_before, amount,
                effective_on, words_before, words)
        JOIN accounts ON accounts.account_id = new.account_id",
};

/// Appends what the `notes` say, all of one moment.
pub(in crate::store) async fn write(
    transaction: &mut Transaction,
    notes: &[&Note],
) -> Result<(), StoreError> {
    let Some(moment) = notes.first().map(|note| note.moment) else { return Ok(()) };
    assert!(notes.iter().all(|note| note.moment == moment), "one write is of one moment");
    let rows: Vec<_> = notes.iter().flat_map(|note| rows_of(note)).collect();
    if rows.is_empty() {
        return Ok(());
    }
    transaction.query(NOTE).bind_rows(rows).bind(moment.on).bind(moment.at).execute().await?;
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

fn rows_of(note: &Note) -> impl Iterator<Item = NewRow<'_>> {
    (1_i64..).zip(&note.events).map(|(ordinal, event)| {
        let it = Columns::of(event);
        (
            note.account.to_i64(),
            ordinal,
            event.as_str(),
            it.subscription,
            it.threshold,
            it.amount_before,
            it.amount,
            it.effective_on,
            it.words_before,
            it.words,
        )
    })
}

/// What the columns say of an event; those that are not named have nothing to say.
#[derive(Debug, Default)]
struct Columns<'a> {
    subscription: Option<i64>,
    threshold: Option<i64>,
    amount_before: Option<i64>,
    amount: Option<i64>,
    effective_on: Option<NaiveDate>,
    words_before: Option<&'a str>,
    words: Option<&'a str>,
}

impl<'a> Columns<'a> {
    fn of(event: &'a Event) -> Self {
        let nothing = Self::default();
        match event {
            Event::AutoReloadSet(order) | Event::AutoReloadOff(order) => Self {
                threshold: Some(order.threshold.micros()),
                amount: Some(order.amount.micros()),
                words: Some(&order.payment_method),
                ..nothing
            },
            Event::EndsAtPeriodEnd { subscription, on } | Event::Kept { subscription, on } => {
                Self { subscription: Some(*subscription), effective_on: Some(*on), ..nothing }
            }
            Event::Cancelled { subscription } => {
                Self { subscription: Some(*subscription), ..nothing }
            }
            Event::PriceAgreed { subscription, price, from } => Self {
                subscription: Some(*subscription),
                amount_before: Some(price.before.micros()),
                amount: Some(price.after.micros()),
                effective_on: Some(*from),
                ..nothing
            },
            Event::NameChanged(change) | Event::EmailChanged(change) => {
                Self { words_before: Some(&change.before), words: Some(&change.after), ..nothing }
            }
            Event::LowBalanceChanged(change) => Self {
                amount_before: change.before.map(Money::micros),
                amount: change.after.map(Money::micros),
                ..nothing
            },
            Event::NoticeSwitchedOff(kind) | Event::NoticeSwitchedOn(kind) => {
                Self { words: Some(kind), ..nothing }
            }
            Event::AccountClosed => nothing,
        }
    }
}

row_struct! {
    #[derive(Debug)]
    struct JournalRow {
        version: i64,
        event: String,
        subscription: Option<i64>,
        msisdn: Option<String>,
        threshold: Option<i64>,
        amount_before: Option<i64>,
        amount: Option<i64>,
        effective_on: Option<NaiveDate>,
        words_before: Option<String>,
        words: Option<String>,
        transfer_count: i64,
        noted_on: NaiveDate,
        noted_at: DateTime<Utc>,
    }
}

impl JournalRow {
    fn read(self, span: &Span) -> Result<NotedFact, StoreError> {
        let event = self.event(span.currency).ok_or_else(|| {
            let what = format!("what version {} of account {} notes", self.version, span.account);
            StoreError::unreadable(what, format!("{self:?}"))
        })?;
        Ok(NotedFact {
            version: self.version,
            event,
            msisdn: self.msisdn,
            transfer_count: self.transfer_count,
            on: self.noted_on,
            at: self.noted_at,
        })
    }

    /// What the columns mean, if they mean anything.
    fn event(&self, currency: Currency) -> Option<Event> {
        let money = |micros: i64| Money::from_micros(micros, currency);
        let order = || {
            Some(StandingOrder {
                threshold: money(self.threshold?),
                amount: money(self.amount?),
                payment_method: self.words.clone()?,
            })
        };
        let words =
            || Some(Change { before: self.words_before.clone()?, after: self.words.clone()? });
        let (subscription, on) = (self.subscription, self.effective_on);
        Some(match self.event.as_str() {
            "auto_reload_set" => Event::AutoReloadSet(order()?),
            "auto_reload_off" => Event::AutoReloadOff(order()?),
            "ends_at_period_end" => Event::EndsAtPeriodEnd { subscription: subscription?, on: on? },
            "kept" => Event::Kept { subscription: subscription?, on: on? },
            "cancelled" => Event::Cancelled { subscription: subscription? },
            "price_agreed" => Event::PriceAgreed {
                subscription: subscription?,
                price: Change { before: money(self.amount_before?), after: money(self.amount?) },
                from: on?,
            },
            "name_changed" => Event::NameChanged(words()?),
            "email_changed" => Event::EmailChanged(words()?),
            "low_balance_changed" => Event::LowBalanceChanged(Change {
                before: self.amount_before.map(money),
                after: self.amount.map(money),
            }),
            "notice_switched_off" => Event::NoticeSwitchedOff(self.words.clone()?),
            "notice_switched_on" => Event::NoticeSwitchedOn(self.words.clone()?),
            "account_closed" => Event::AccountClosed,
            _ => return None,
        })
    }
}

impl Store {
    /// What was noted in `span`, newest first.
    pub async fn noted_in(&self, span: &Span) -> Result<Vec<NotedFact>, StoreError> {
        let query = self.database.query(
            "SELECT version, event, subscription, msisdn, threshold, amount_before, amount,
                effective_on, words_before, words, transfer_count, noted_on, noted_at
             FROM journal
             LEFT JOIN subscriptions
                ON subscriptions.account_id = journal.account_id
                AND subscriptions.ordinal = journal.subscription
             WHERE journal.account_id = $1
                AND ($2 IS NULL OR noted_on >= $2)
                AND ($3 IS NULL OR noted_on <= $3)
             ORDER BY version DESC, journal.ordinal DESC
             LIMIT $4",
        );
        let rows: Vec<JournalRow> = bind(query, span).fetch_all().await?;
        rows.into_iter().map(|row| row.read(span)).collect()
    }
}
