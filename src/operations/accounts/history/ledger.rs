//! Each row of the ledger in words. They come newest first, and what belongs together is told together.

use std::collections::HashSet;

use chrono::NaiveDate;

use super::EventView;
use super::events::{Teller, event, placed};
use super::order::{Place, Placed};
use crate::history::{RentalFact, TransferFact};
use crate::ledger::Code;

impl Teller {
    /// Adds what the transfer tells to what the newer ones `told`.
    pub(super) fn transfer(&self, fact: &TransferFact, told: &mut Vec<Placed>, each_renewal: bool) {
        let is_first =
            fact.rental.as_ref().map(|(_, since)| *since) == fact.period.map(|period| period.start);
        let mut view = match fact.code {
            // The first period tells of the rental, and of the setup price before it.
            Code::Setup if told.last().is_some_and(|newer| is_of_rental(newer, fact)) => {
                return join_setup(told, fact);
            }
            Code::Rental if !is_first => renewed(fact),
            Code::Rental | Code::Setup => rented(fact),
            Code::TopUp => booked(fact, "top_up", "topped up"),
            Code::Refund => booked(fact, "refunded", "paid back"),
            Code::Adjustment => booked(fact, "adjusted", "corrected"),
            Code::Reload => captured(fact),
            Code::Reversal => reversed(fact),
        };
        view.amount = Some(fact.amount.amount());
        view.balance_after = Some(fact.balance_after.amount());
        view.currency = Some(self.currency.code().to_owned());
        let place = Place::Ledger(fact.sequence.saturating_mul(2));
        match told.last_mut() {
            Some(newer) if !each_renewal && is_renewed_with(newer, &view) => {
                join_renewal(newer, &view);
                newer.place = place;
            }
            _ => told.push(placed(place, view)),
        }
    }
}

fn paid_for(fact: &TransferFact, name: &'static str, text: String) -> EventView {
    let mut view = event(fact.on, Some(fact.at), name, text);
    view.number = fact.rental.as_ref().map(|(msisdn, _)| msisdn.clone());
    view.period_start = fact.period.map(|period| period.start);
    view.period_end = fact.period.map(|period| period.end);
    view
}

fn number_of(fact: &TransferFact) -> &str {
    fact.rental.as_ref().map_or("a number", |(msisdn, _)| msisdn)
}

fn rented(fact: &TransferFact) -> EventView {
    let until = fact.period.map(|period| format!(", next renewal on {}", period.end));
    paid_for(fact, "rented", format!("{} rented{}", number_of(fact), until.unwrap_or_default()))
}

fn renewed(fact: &TransferFact) -> EventView {
    let until = fact.period.map(|period| format!(" until {}", period.end));
    let text = format!("{} renewed{}", number_of(fact), until.unwrap_or_default());
    let mut view = paid_for(fact, "renewed", text);
    let due_on = fact.period.map(|period| period.start).filter(|due_on| *due_on != fact.on);
    view.because = due_on.map(|due_on| format!("due on {due_on}"));
    view
}

fn reversed(fact: &TransferFact) -> EventView {
    let of = fact.period.map(|period| format!(" from {} to {}", period.start, period.end));
    let text = format!("the charge for {}{} was reversed", number_of(fact), of.unwrap_or_default());
    let mut view = paid_for(fact, "reversed", text);
    view.because = Some(fact.reason.clone().unwrap_or_else(|| "a run was undone".to_owned()));
    view
}

/// Says of each renewal what paid for it: money that came in the same step, or the run of its date.
/// `told` is newest first.
pub(super) fn say_what_paid(told: &mut [Placed], run_dates: &HashSet<NaiveDate>) {
    let mut came = None;
    for view in told.iter_mut().rev().map(|it| &mut it.event) {
        let instant = (view.on, view.at);
        let source = match view.event {
            "top_up" => Some("a top-up paid"),
            "adjusted" => Some("a correction paid"),
            "reload_captured" => Some("a reload paid"),
            "renewed" => {
                let money = came.filter(|(when, _)| *when == instant).map(|(_, money)| money);
                let run =
                    || run_dates.contains(&view.on).then(|| format!("the run of {}", view.on));
                let paid = money.map(str::to_owned).or_else(run);
                let parts: Vec<_> = paid.into_iter().chain(view.because.take()).collect();
                view.because = (!parts.is_empty()).then(|| parts.join(", "));
                continue;
            }
            _ => None,
        };
        came = source.map(|money| (instant, money));
    }
}

/// Says of a rental that the account had the number before.
pub(super) fn say_again(told: &mut [Placed], rental: &RentalFact) {
    if rental.before.is_none() {
        return;
    }
    let of_this = told.iter_mut().map(|it| &mut it.event).filter(|view| {
        view.event == "rented"
            && view.on == rental.started_on
            && view.number.as_ref() == Some(&rental.msisdn)
    });
    for view in of_this {
        view.text = view.text.replacen("rented", "rented again", 1);
    }
}

fn booked(fact: &TransferFact, name: &'static str, what: &str) -> EventView {
    let mut view = event(fact.on, Some(fact.at), name, what.to_owned());
    if let Some(reference) = &fact.reference {
        view.text = format!("{what} ({reference})");
    }
    view.reference = fact.reference.clone();
    view.because = fact.reason.clone();
    view
}

fn captured(fact: &TransferFact) -> EventView {
    let (reference, noted) = &fact.reload;
    let by = reference.as_ref().map(|it| format!(" ({it})")).unwrap_or_default();
    let text = format!("reloaded by card{by}");
    let mut view = event(fact.on, Some(fact.at), "reload_captured", text);
    view.reference = fact.reference.clone();
    view.because = noted.clone();
    view
}

/// Whether the setup price `fact` belongs to the rental that was told last.
fn is_of_rental(newer: &Placed, fact: &TransferFact) -> bool {
    let view = &newer.event;
    view.event == "rented"
        && view.number.as_deref() == Some(number_of(fact))
        && view.at == Some(fact.at)
}

fn join_setup(told: &mut [Placed], fact: &TransferFact) {
    let Some(rental) = told.last_mut() else { return };
    rental.event.amount = rental.event.amount.map(|amount| amount + fact.amount.amount());
    rental.event.text.push_str(&format!(", {} of it setup", fact.amount.amount().abs()));
}

/// Whether the renewal `older` is told with the newer one: both of one date and step.
fn is_renewed_with(newer: &Placed, older: &EventView) -> bool {
    let newer = &newer.event;
    newer.event == "renewed"
        && older.event == "renewed"
        && newer.on == older.on
        && newer.at == older.at
}

fn join_renewal(newer: &mut Placed, older: &EventView) {
    let view = &mut newer.event;
    view.count += 1;
    view.text = format!("{} renewals", view.count);
    view.amount = view.amount.zip(older.amount).map(|(sum, amount)| sum + amount);
    view.number = None;
    if view.period_start != older.period_start {
        view.period_start = None;
    }
    if view.period_end != older.period_end {
        view.period_end = None;
    }
    view.because = older.because.clone();
}
