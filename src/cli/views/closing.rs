//! Accounts that are closed, and what prevents closing them.

use chrono::NaiveDate;
use serde::Serialize;

use crate::billing::close_account::Obligations;
use crate::cli::refusals::Explanation;
use crate::cli::views::accounts::{AccountView, AutoReloadView};
use crate::cli::views::subscriptions::SubscriptionView;
use crate::ids::AccountId;
use crate::operations::accounts::close::Closing;
use crate::rental::{EndReason, Msisdn, SubscriptionRecord};

/// An account that was closed, or that a dry run examined.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct ClosedView {
    /// The account.
    #[serde(flatten)]
    pub account: AccountView,
    /// The rentals that end with it.
    pub ended_rentals: Vec<SubscriptionView>,
    /// The standing order that ends with it, as it was before.
    pub ended_auto_reload: Option<AutoReloadView>,
    /// The numbers that are held for it, which it cannot rent back once it is closed.
    pub held_numbers: Vec<HeldView>,
    /// What prevents closing even with `--yes`; empty once the account is closed.
    pub in_the_way: Vec<Obstacle>,
    /// Notices that are still to be sent.
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

/// Something that an account still has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Obstacle {
    /// `rental`, `auto_reload`, `due`, `hold`, `balance` or `reload`.
    pub kind: &'static str,
    /// What it is.
    pub text: String,
    /// What can be done about it if `--yes` does not end it.
    pub hint: Option<String>,
}

/// How many obstacles of each kind a refusal lists.
const NAMED_MAX: usize = 50;

impl From<&Closing> for ClosedView {
    fn from(it: &Closing) -> Self {
        let (account, left) = (it.account.id, &it.obligations);
        let rental = |subscription: &crate::rental::Subscription| {
            let subscription = subscription.clone();
            let mut view = SubscriptionView::from(&SubscriptionRecord { account, subscription });
            if let Some(on) = it.closed_on {
                view.status = "ended";
                view.next_renewal_on = None;
                view.ended_on = Some(on);
                view.end_reason = Some(EndReason::Cancelled.as_str());
            }
            view
        };
        Self {
            account: AccountView::from(&it.account),
            ended_rentals: left.rentals.iter().map(rental).collect(),
            ended_auto_reload: left.order.as_ref().map(AutoReloadView::from),
            held_numbers: left.holds.iter().map(held).collect(),
            in_the_way: staying(account, left),
            notices_pending: it.notices_pending,
        }
    }
}

fn held((number, until): &(Msisdn, NaiveDate)) -> HeldView {
    HeldView { number: number.to_string(), held_until: *until }
}

/// The sentence and the hints of a refusal to close the account.
pub fn explain(account: AccountId, left: &Obligations) -> Explanation {
    let (ending, staying) = (ending(left), staying(account, left));
    let all = [lines(&ending), lines(&staying)].concat();
    let message = format!("account {account} is not closed, it has\n  {}", all.join("\n  "));
    let mut hints: Vec<_> = reload_hint(left).into_iter().collect();
    hints.extend(balance_hints(account, left));
    if !ending.is_empty() {
        let then = if hints.is_empty() { "" } else { "then " };
        let end = match left.rentals.is_empty() {
            true => "",
            false => ": the rentals end today, without refund",
        };
        hints.push(format!("{then}run `linerent account close {account} --yes`{end}"));
    }
    Explanation { message, hints }
}

/// A line for each obstacle, up to a maximum.
pub fn lines(obstacles: &[Obstacle]) -> Vec<String> {
    let mut lines: Vec<_> = obstacles.iter().take(NAMED_MAX).map(|it| it.text.clone()).collect();
    if let Some(more) = obstacles.len().checked_sub(NAMED_MAX).filter(|more| *more > 0) {
        lines.push(format!("and {more} more"));
    }
    lines
}

/// What closing the account can end.
pub fn ending(left: &Obligations) -> Vec<Obstacle> {
    let obstacle = |kind, text| Obstacle { kind, text, hint: None };
    let mut obstacles = Vec::new();
    for rental in &left.rentals {
        let msisdn = &rental.msisdn;
        let price = rental.present_price().unwrap_or(rental.prices.agreed());
        let paid = match (rental.past_due_since, rental.next_renewal_on()) {
            (Some(since), _) => format!("past due since {since}"),
            (None, Ok(until)) => format!("next renewal on {until}"),
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
        let text = format!("{number} held for it until {until}; it can no longer be rented again");
        obstacles.push(obstacle("hold", text));
    }
    obstacles
}

/// What prevents closing the account.
fn staying(key: AccountId, left: &Obligations) -> Vec<Obstacle> {
    let mut obstacles = Vec::new();
    if let Some(id) = left.open_reload {
        obstacles.push(Obstacle {
            kind: "reload",
            text: format!("the reload {id}, which is not settled"),
            hint: reload_hint(left),
        });
    }
    if !left.balance.is_zero() {
        obstacles.push(Obstacle {
            kind: "balance",
            text: format!("a balance of {}", left.balance),
            hint: Some(balance_hints(key, left).join("; then ")),
        });
    }
    obstacles
}

fn reload_hint(left: &Obligations) -> Option<String> {
    left.open_reload.map(|_| "`linerent reload check` asks the gateway about it".to_owned())
}

/// The steps that bring the balance to zero. A refund is refused while renewals are due or auto-reload is on.
fn balance_hints(key: AccountId, left: &Obligations) -> Vec<String> {
    let balance = left.balance;
    if balance.is_zero() {
        return Vec::new();
    }
    if balance.is_negative() {
        return vec![format!(
            "`linerent account adjust {key} {} --reason … --reference …` writes the debt off, `top-up` books what was paid",
            balance.amount().abs()
        )];
    }
    let mut hints = Vec::new();
    if left.due.is_some() {
        let text = "`linerent cancel NUMBER --account";
        hints.push(format!("{text} {key}` ends a rental with a renewal that is due"));
    }
    if left.order.is_some() {
        let text = format!("`linerent account auto-reload {key} --off` ends the standing order");
        hints.push(text);
    }
    hints.push(format!(
        "`linerent account refund {key} --all --reference …` books that the balance was paid back"
    ));
    hints
}
