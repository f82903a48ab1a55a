//! What became of a number, read back from the ledger.

use anyhow::{Context as _, Result};
use chrono::NaiveDate;

use super::cast::{CARDS, STORIES};
use crate::calendar::date_at;
use crate::ledger::Code;
use crate::operations::accounts::statement::statement;
use crate::operations::{App, reload, rentals::list};
use crate::reload::OrderStatus;
use crate::rental::{EndReason, Subscription};
use crate::statement::StatementLine;

/// The stories of some numbers, each in a sentence or two.
pub(super) async fn stories(app: &App) -> Result<Vec<String>> {
    let mut stories = Vec::new();
    for (key, msisdn) in STORIES {
        stories
            .push(story(app, key, msisdn).await.with_context(|| format!("telling of {msisdn}"))?);
    }
    for key in CARDS {
        stories.push(card_story(app, key).await.with_context(|| format!("telling of {key}"))?);
    }
    Ok(stories)
}

/// The charges to an account's card, and the declines.
async fn card_story(app: &App, key: &str) -> Result<String> {
    let account = app.account(key.parse()?).await?;
    let mut reloads = reload::list(app, Some(key.parse()?), None, 100).await?;
    reloads.reverse();
    let zone = app.settings.zone;
    let days = |status: &str| -> Vec<String> {
        let settled = reloads.iter().filter(|it| it.status.as_str() == status);
        settled.filter_map(|it| it.settled).map(|it| day(date_at(it.at, zone))).collect()
    };
    let (captured, declined) = (days("captured"), days("declined"));
    let mut parts = Vec::new();
    if !captured.is_empty() {
        let each = reloads.first().map(|it| it.amount.to_string());
        parts.push(format!("was charged {} on {}", each.unwrap_or_default(), in_words(&captured)));
    }
    if !declined.is_empty() {
        parts.push(format!("was declined on {}", in_words(&declined)));
    }
    let end = match account.auto_reload.map(|order| order.status) {
        Some(OrderStatus::On) => "",
        _ => ", and is not charged any more",
    };
    Ok(format!("The card of {} {}{end}.", account.name, in_words(&parts)))
}

async fn story(app: &App, key: &str, msisdn: &str) -> Result<String> {
    let account = app.account(key.parse()?).await?;
    let name = account.name;
    let lines = statement(app, account.id, None, None).await?;
    let subscriptions = list::list(app, Some(key.parse()?), None, None).await?;
    let rentals = subscriptions.iter().map(|record| &record.subscription);
    let rentals = rentals.filter(|rental| rental.msisdn.as_str() == msisdn);
    let mut sentences = Vec::new();
    for (index, rental) in rentals.enumerate() {
        let verb = if index == 0 {
            format!("{msisdn} was rented by {name} on {}", day(rental.started_on))
        } else {
            format!("It was rented again on {}", day(rental.started_on))
        };
        let mut parts = vec![verb];
        parts.extend(renewals(rental, &lines));
        parts.extend(end(rental));
        sentences.push(in_words(&parts) + ".");
    }
    Ok(sentences.join(" "))
}

/// `renewed on 28 February, 31 March (paid on 3 April) and 30 April`.
fn renewals(rental: &Subscription, lines: &[StatementLine]) -> Option<String> {
    let mut days = Vec::new();
    for line in lines.iter().filter(|line| line.code == Code::Rental) {
        let is_of_this = line.msisdn.as_deref() == Some(rental.msisdn.as_str());
        let Some(start) = line.period.map(|it| it.start).filter(|_| is_of_this) else { continue };
        // The first period came with the rental; what follows its end is another rental's.
        if start <= rental.started_on || rental.ended.is_some_and(|(end, _)| start >= end) {
            continue;
        }
        let paid =
            if line.on == start { String::new() } else { format!(" (paid on {})", day(line.on)) };
        days.push(day(start) + &paid);
    }
    (!days.is_empty()).then(|| format!("renewed on {}", in_words(&days)))
}

fn end(rental: &Subscription) -> Vec<String> {
    let since = rental.past_due_since.map(|since| format!("past due from {}", day(since)));
    let end = rental.ended.map(|(on, reason)| {
        let verb = if reason == EndReason::Unfunded { "released" } else { "cancelled" };
        format!("{verb} on {}", day(on))
    });
    since.into_iter().chain(end).collect()
}

/// `28 February`.
fn day(date: NaiveDate) -> String {
    date.format("%-d %B").to_string()
}

/// `a, b and c`.
fn in_words<T: AsRef<str>>(parts: &[T]) -> String {
    let parts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
    match parts.as_slice() {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
