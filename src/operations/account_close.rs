//! `account close`: says what an account has left, and ends it if that is wanted.

use anyhow::Result;
use chrono::NaiveDate;
use serde::Serialize;

use super::refusal::settle_refusal_for;
use super::views::{AccountView, AutoReloadView, SubscriptionView};
use super::{App, Refusal};
use crate::account::Account;
use crate::billing::close_account::{self, CloseError, EndRentals, Obligations};
use crate::ids::AccountId;
use crate::rental::{Msisdn, SubscriptionRecord};

/// An account that is closed, or that a dry run looked at.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct ClosedView {
    /// The account.
    #[serde(flatten)]
    pub account: AccountView,
    /// The rentals that end with it.
    pub ended_rentals: Vec<SubscriptionView>,
    /// The standing order that ends with it, as it was.
    pub ended_auto_reload: Option<AutoReloadView>,
    /// The numbers that are held for it, which it cannot rent back once it is closed.
    pub held_numbers: Vec<HeldView>,
    /// What stands in the way even of `--yes`; nothing once it is closed.
    pub in_the_way: Vec<Obstacle>,
    /// Notices that wait and are sent all the same.
    pub notices_pending: u64,
}

/// A number that is held for the account.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct HeldView {
    /// The number.
    pub number: String,
    /// The day on which it goes back on sale.
    pub held_until: NaiveDate,
}

/// Something that an account has left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Obstacle {
    /// `rental`, `auto_reload`, `due`, `hold`, `balance` or `reload`.
    pub kind: &'static str,
    /// What it is.
    pub text: String,
    /// What can be done about it, where `--yes` does not end it.
    pub hint: Option<String>,
}

/// How many rentals a refusal names.
const NAMED_MAX: usize = 50;

/// Closes the account, and ends what it has left as far as `rest` says so: all of it or nothing.
///
/// # Errors
/// Refuses where something is left that nobody ended, and says all that is.
pub async fn close(app: &App, key: &str, rest: EndRentals) -> Result<ClosedView> {
    let moment = app.moment();
    let account = app.open_account(super::account_id(key)?).await?;
    match close_account::close(&app.account_writer(moment), account.id, rest).await {
        Ok(ended) => {
            let mut view = view(app, account.id, &ended).await?;
            for rental in &mut view.ended_rentals {
                rental.status = "ended";
                rental.next_renewal_on = None;
                rental.ended_on = Some(moment.on);
                rental.end_reason = Some(crate::rental::EndReason::Cancelled.as_str());
            }
            Ok(view)
        }
        Err(CloseError::Left(left)) => Err(refusal(&account, &left).into()),
        Err(CloseError::Settle(error)) => {
            Err(settle_refusal_for(app, account.id, error).await.into())
        }
    }
}

/// What closing the account would end, and what stands in the way.
///
/// # Errors
/// Refuses an unknown account, and one that is closed.
pub async fn dry_run(app: &App, key: &str) -> Result<ClosedView> {
    let account = app.open_account(super::account_id(key)?).await?;
    view(app, account.id, &obligations(app, &account).await?).await
}

/// What a person who is asked reads: what would end, a line each; nothing where nothing is left.
///
/// # Errors
/// Refuses what not even a person can end here.
pub async fn what_would_end(app: &App, key: &str) -> Result<Vec<String>> {
    let account = app.open_account(super::account_id(key)?).await?;
    let left = obligations(app, &account).await?;
    if !left.can_close(EndRentals::Yes) {
        return Err(refusal(&account, &left).into());
    }
    Ok(lines(&ending(&left)))
}

async fn obligations(app: &App, account: &Account) -> Result<Obligations> {
    match close_account::obligations(&app.account_writer(app.moment()), account.id).await {
        Ok(left) => Ok(left),
        Err(error) => Err(settle_refusal_for(app, account.id, error).await.into()),
    }
}

async fn view(app: &App, account: AccountId, left: &Obligations) -> Result<ClosedView> {
    let rental = |subscription: &crate::rental::Subscription| {
        let subscription = subscription.clone();
        SubscriptionView::from(&SubscriptionRecord { account, subscription })
    };
    Ok(ClosedView {
        account: AccountView::from(&app.account(account).await?),
        ended_rentals: left.rentals.iter().map(rental).collect(),
        ended_auto_reload: left.order.as_ref().map(AutoReloadView::from),
        held_numbers: left.holds.iter().map(held).collect(),
        in_the_way: staying(account, left),
        notices_pending: app.store.count_pending_notices(account).await?,
    })
}

fn held((number, until): &(Msisdn, NaiveDate)) -> HeldView {
    HeldView { number: number.to_string(), held_until: *until }
}

/// Says all that is left, and what to do about each.
fn refusal(account: &Account, left: &Obligations) -> Refusal {
    let key = account.id;
    let (ending, staying) = (ending(left), staying(key, left));
    let all = [lines(&ending), lines(&staying)].concat();
    let message = format!("account {key} is not closed, it has\n  {}", all.join("\n  "));
    let mut hints: Vec<_> = staying.into_iter().filter_map(|it| it.hint).collect();
    if !ending.is_empty() {
        let (when, what) = match hints.is_empty() {
            true => ("", "all of it"),
            false => ("after that ", "the rest"),
        };
        hints.push(format!(
            "{when}`linerent account close {key} --yes` ends {what} today, without refund"
        ));
    }
    Refusal::with_hint(message, hints.join("\nhint: "))
}

/// One line each, of the first so many.
fn lines(obstacles: &[Obstacle]) -> Vec<String> {
    let mut lines: Vec<_> = obstacles.iter().take(NAMED_MAX).map(|it| it.text.clone()).collect();
    if let Some(more) = obstacles.len().checked_sub(NAMED_MAX).filter(|more| *more > 0) {
        lines.push(format!("and {more} more"));
    }
    lines
}

/// What ends where it is wanted.
fn ending(left: &Obligations) -> Vec<Obstacle> {
    let obstacle = |kind, text| Obstacle { kind, text, hint: None };
    let mut obstacles = Vec::new();
    for rental in &left.rentals {
        let msisdn = &rental.msisdn;
        let price = rental.present_price().unwrap_or(rental.prices.agreed());
        let paid = match (rental.past_due_since, rental.next_renewal_on()) {
            (Some(since), _) => format!("past due since {since}"),
            (None, Ok(until)) => format!("paid until {until}"),
            (None, Err(_)) => "paid".to_owned(),
        };
        obstacles.push(obstacle("rental", format!("{msisdn} rented for {price} a month, {paid}")));
    }
    if let Some(due) = left.due {
        let text = format!("renewals of {due} that are due and not paid; they end unpaid");
        obstacles.push(obstacle("due", text));
    }
    if let Some(order) = &left.order {
        let (threshold, amount) = (order.threshold, order.amount);
        let method = &order.payment_method.id;
        let text = format!("a standing order: below {threshold} charge {amount} to {method}");
        obstacles.push(obstacle("auto_reload", text));
    }
    for (number, until) in &left.holds {
        let text = format!("{number} held for it until {until}; it can no longer be rented back");
        obstacles.push(obstacle("hold", text));
    }
    obstacles
}

/// What stays in the way.
fn staying(key: AccountId, left: &Obligations) -> Vec<Obstacle> {
    let mut obstacles = Vec::new();
    if let Some(id) = left.open_reload {
        obstacles.push(Obstacle {
            kind: "reload",
            text: format!("the reload {id}, which is not settled"),
            hint: Some("`linerent reload check` asks the gateway about it".to_owned()),
        });
    }
    let balance = left.balance;
    if !balance.is_zero() {
        let hint = if balance.is_negative() {
            format!(
                "`linerent account adjust {key} {} --reason … --reference …` writes the debt off, `top-up` books what was paid",
                balance.amount().abs()
            )
        } else if left.due.is_some() || left.order.is_some() {
            format!(
                "`linerent cancel` and `linerent account auto-reload {key} --off` first, then `linerent account refund {key} --all --reference …` books that the balance was paid back"
            )
        } else {
            format!(
                "`linerent account refund {key} --all --reference …` books that the balance was paid back"
            )
        };
        let text = format!("a balance of {balance}");
        obstacles.push(Obstacle { kind: "balance", text, hint: Some(hint) });
    }
    obstacles
}
