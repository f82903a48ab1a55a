//! `account history`: what happened to an account, and why, as a story to be read out.
//!
//! Its sources are the tables that billing keeps anyway and the change log: `store::history` and
//! `store::accounts::change_log` read them, `events` and its siblings put each row into words, `order` puts cause
//! before effect. How a number was configured is not recorded, nor is a renewal that costs nothing.

mod change_log;
mod events;
mod ledger;
mod order;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::calendar::date_at;
use crate::history::Span;
use crate::ids::AccountId;
use crate::operations::App;
use crate::operations::accounts::statement::require_order;
use crate::operations::error::Result;
use crate::operations::notice::with_mail;
use events::Teller;
use ledger::{say_again, say_what_paid};
use order::{Placed, in_order};

/// How many transfers are read at once.
const PAGE: u32 = 500;
/// How many runs are known by their dates: those of some ten years.
const RUNS_MAX: u32 = 4_000;

/// Which part of the history.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// The first date.
    pub from: Option<NaiveDate>,
    /// The last date.
    pub to: Option<NaiveDate>,
    /// The newest so many events.
    pub limit: u32,
    /// Whether each renewal is an event of its own; those of one date are one else.
    pub each_renewal: bool,
}

/// The history of an account, oldest first.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct HistoryView {
    /// The account's key.
    pub key: String,
    /// The customer's name.
    pub name: String,
    /// What happened.
    pub events: Vec<EventView>,
    /// Whether older events of the same dates were left out.
    pub older_left_out: bool,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct EventView {
    /// The billing date.
    pub on: NaiveDate,
    /// The instant; none where only the date is known.
    pub at: Option<DateTime<Utc>>,
    /// `account_created`, `rented`, `renewed`, `top_up`, `adjusted`, `refunded`, `reload_requested`,
    /// `reload_captured`, `reload_declined`, `reload_in_doubt`, `reload_lapsed`, `auto_reload_set`,
    /// `auto_reload_off`, `auto_reload_switched_off`, `past_due`, `released`, `price_agreed`, `cancelled`,
    /// `ends_at_period_end`, `kept`, `name_changed`, `email_changed`, `low_balance_changed`,
    /// `notice_switched_off`, `notice_switched_on`, `account_closed`, `run_held`, `run_failed`,
    /// `mail_pending`, `mail_sent` or `mail_failed`. `ends_at_period_end` is of the date on which that was
    /// ordered; if the change log does not have it, it is of the date on which the rental ends, and `at` is null.
    pub event: &'static str,
    /// The number that it is about.
    pub number: Option<String>,
    /// Signed as the account sees it where the balance moved, else what it is about.
    pub amount: Option<Decimal>,
    /// ISO 4217, of `amount` and `balance_after`.
    pub currency: Option<String>,
    /// The balance afterwards, where it moved.
    pub balance_after: Option<Decimal>,
    /// The first day that was paid for, or was to be.
    pub period_start: Option<NaiveDate>,
    /// The first day after them.
    pub period_end: Option<NaiveDate>,
    /// The operator's reference, the id of the reload or of the notice.
    pub reference: Option<String>,
    /// How many renewals it stands for; 1 for everything else.
    pub count: u64,
    /// What happened, in words.
    pub text: String,
    /// Why.
    pub because: Option<String>,
}

/// The history of the account, or the newest part of it.
///
/// # Errors
/// Refuses an unknown account, and dates in the wrong order.
pub async fn history(app: &App, account: AccountId, part: Part) -> Result<HistoryView> {
    let account = app.account(account).await?;
    let Part { from, to, limit, .. } = part;
    require_order(from, to)?;
    // One more than wanted shows whether something is left out.
    let limit = limit.saturating_add(1);
    let span = Span { account: account.id, currency: account.balance.currency(), from, to, limit };
    let teller = Teller { currency: span.currency };
    let mut placed = transfers(app, &span, &teller, part.each_renewal).await?;
    let store = &app.store;
    say_what_paid(&mut placed, &store.run_dates(RUNS_MAX).await?.into_iter().collect());
    placed.extend(teller.created(created(app, &span).await?));
    let change_log = store.change_log_in(&span).await?;
    placed.extend(teller.change_log(&change_log));
    let notices = store.notices_in(&span).await?;
    placed.extend(notices.iter().flat_map(|notice| teller.told_facts(notice)));
    for notice in &notices {
        placed.push(teller.mail(&with_mail(app, notice.clone()).await?));
    }
    let begun = store.rentals_begun(&span).await?;
    placed.extend(begun.iter().rev().filter_map(|rental| teller.rented_for_nothing(rental)));
    begun.iter().for_each(|rental| say_again(&mut placed, rental));
    for rental in store.rentals_ended(&span).await?.iter().rev() {
        placed.push(teller.ended(rental, &notices));
    }
    for reload in &store.reloads_in(&span).await? {
        placed.extend(teller.reload(reload, &change_log, &span));
    }
    placed.extend(store.failures_in(&span).await?.iter().map(|(on, why)| teller.failed(*on, why)));
    placed.extend(store.held_runs_in(&span).await?.iter().map(|held| teller.held(held)));
    let mut events = in_order(placed);
    let excess = events.len().saturating_sub(usize::try_from(part.limit).unwrap_or(usize::MAX));
    events.drain(..excess);
    Ok(HistoryView {
        key: account.id.to_string(),
        name: account.name,
        events,
        older_left_out: excess > 0,
    })
}

/// When the account was created, and under which name, if that was within `span`.
async fn created(app: &App, span: &Span) -> Result<Option<(NaiveDate, DateTime<Utc>, String)>> {
    let (at, name) = app.store.creation_of(span.account).await?;
    let on = date_at(at, app.settings.zone);
    let is_within = span.from.is_none_or(|from| on >= from) && span.to.is_none_or(|to| on <= to);
    Ok(is_within.then_some((on, at, name)))
}

/// What the ledger tells, newest first, until there is enough of it. Renewals that follow each other
/// on one date become one as they are read, so that it never holds more than it tells.
async fn transfers(
    app: &App,
    span: &Span,
    teller: &Teller,
    each_renewal: bool,
) -> Result<Vec<Placed>> {
    let wanted = usize::try_from(span.limit).unwrap_or(usize::MAX);
    let span = Span { limit: span.limit.min(PAGE), ..*span };
    let mut told: Vec<Placed> = Vec::new();
    let mut before = i64::MAX;
    loop {
        let page = app.store.transfers_before(&span, before).await?;
        let is_last = u32::try_from(page.len()).is_ok_and(|read| read < span.limit);
        for fact in page {
            before = fact.sequence;
            teller.transfer(&fact, &mut told, each_renewal);
            // One more than is told: what comes before it may still be part of it.
            if told.len() > wanted {
                told.truncate(wanted);
                return Ok(told);
            }
        }
        if is_last {
            return Ok(told);
        }
    }
}
