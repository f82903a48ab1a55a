//! Each row in words.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};

use super::EventView;
use super::order::{Place, Placed};
use crate::ledger::Code;
use crate::money::{Currency, Money};
use crate::notice::Content;
use crate::operations::notice::NoticeView;
use crate::reload::{Reload, ReloadStatus};
use crate::store::{HeldFact, NoticeStatus, RentalFact, Span, StoredNotice, TransferFact};

/// Outcomes of one instant, in the order in which one leads to the next.
const UNPAID_BY_CARD: u8 = 1;
const SWITCHED_OFF: u8 = 2;
const PAST_DUE: u8 = 3;
const HELD: u8 = 4;
const ENDED: u8 = 5;
const RUN_FAILED: u8 = 6;

/// Who tells of one account.
pub(super) struct Teller {
    /// The account's.
    pub(super) currency: Currency,
}

impl Teller {
    pub(super) fn created(
        &self,
        name: &str,
        when: Option<(NaiveDate, DateTime<Utc>)>,
    ) -> Option<Placed> {
        let (on, at) = when?;
        let text = format!("account created for {name}, in {}", self.currency.code());
        Some(placed(Place::First, event(on, Some(at), "account_created", text)))
    }

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

    /// A rental without a price, of which the ledger knows nothing.
    pub(super) fn rented_for_nothing(&self, rental: &RentalFact) -> Option<Placed> {
        if !rental.prices.agreed().is_zero() {
            return None;
        }
        let text = format!("{} rented, which costs nothing a month", rental.msisdn);
        let mut view = event(rental.started_on, None, "rented", text);
        view.number = Some(rental.msisdn.clone());
        Some(placed(Place::First, view))
    }

    /// How the rental ended, or that it will.
    pub(super) fn ended(&self, rental: &RentalFact, notices: &[StoredNotice]) -> Placed {
        let (msisdn, renewal) = (&rental.msisdn, rental.next_renewal_on);
        let mut view = match &rental.ended {
            Some((on, reason)) if reason == "unfunded" => {
                let (at, until) = told_of_release(notices, msisdn, *on);
                let until = until.map(|until| format!("; it can be bought back until {until}"));
                let text = format!("{msisdn} released{}", until.unwrap_or_default());
                let since = rental.past_due_since.filter(|since| since != on);
                let since = since.map(|it| format!(", past due since {it}")).unwrap_or_default();
                let mut view = event(*on, at, "released", text);
                let price = rental.prices.on(renewal);
                view.because = Some(format!("{price} due on {renewal} was not paid{since}"));
                view.period_start = Some(renewal);
                view
            }
            Some((on, _)) => {
                let (text, because) = if rental.ends_at_period_end {
                    ("ended with its period", "the customer wished so")
                } else {
                    ("cancelled, without refund", "the customer wished so")
                };
                let mut view = event(*on, None, "cancelled", format!("{msisdn} {text}"));
                view.because = Some(because.to_owned());
                view
            }
            None => {
                let text = format!("{msisdn} will end instead of renewing");
                let mut view = event(renewal, None, "ends_at_period_end", text);
                view.because = Some("the customer wishes so".to_owned());
                view
            }
        };
        view.number = Some(msisdn.clone());
        placed(Place::Outcome(ENDED), view)
    }

    /// That it was asked for, and what came of it; its capture is in the ledger.
    pub(super) fn reload(&self, reload: &Reload, span: &Span) -> Vec<Placed> {
        let (id, amount) = (reload.id.to_string(), reload.amount);
        let view = |on, at, event_name, text, because: Option<&str>| {
            let mut view = event(on, Some(at), event_name, text);
            view.amount = Some(amount.amount());
            view.currency = Some(amount.currency().code().to_owned());
            view.reference = Some(id.clone());
            view.because = because.map(str::to_owned);
            view
        };
        let requested = reload.requested;
        let method = &reload.payment_method.id;
        let asked = format!("a reload of {amount} from {method} asked for");
        let why = Some("the balance was too low");
        let mut told = vec![(0, view(requested.on, requested.at, "reload_requested", asked, why))];
        let reason = reload.reason.as_deref();
        match (reload.status, reload.settled) {
            (ReloadStatus::Declined, Some(end)) => {
                let text = format!("the reload of {amount} declined");
                let declined = view(end.on, end.at, "reload_declined", text, reason);
                told.push((UNPAID_BY_CARD, declined));
            }
            (ReloadStatus::Lapsed, Some(end)) => {
                let text = format!("the reload of {amount} lapsed, nothing was charged");
                told.push((UNPAID_BY_CARD, view(end.on, end.at, "reload_lapsed", text, reason)));
            }
            (ReloadStatus::InDoubt, _) => {
                let asked = reload.attempts;
                let times = if asked == 1 { "once".to_owned() } else { format!("{asked} times") };
                let text =
                    format!("the reload of {amount} is in doubt, the gateway was asked {times}");
                let doubt = view(requested.on, requested.at, "reload_in_doubt", text, reason);
                told.push((UNPAID_BY_CARD, doubt));
            }
            (ReloadStatus::Requested | ReloadStatus::Captured, _)
            | (ReloadStatus::Declined | ReloadStatus::Lapsed, None) => {}
        }
        told.into_iter()
            .filter(|(_, view)| is_within(view.on, span))
            .map(|(outcome, view)| placed(Place::Outcome(outcome), view))
            .collect()
    }

    /// What a notice knows that no table does any more.
    pub(super) fn told_facts(&self, notice: &StoredNotice) -> Vec<Placed> {
        let (on, at) = (notice.queued.on, Some(notice.queued.at));
        match &notice.content {
            Content::PastDue(told) => {
                let numbers = told.numbers.first.iter().map(|unpaid| {
                    let text = format!("{} past due", unpaid.number);
                    let mut view = self.about(unpaid.price, event(on, at, "past_due", text));
                    view.number = Some(unpaid.number.clone());
                    view.period_start = Some(unpaid.due_on);
                    view.because = Some(format!(
                        "{} due on {} could not be paid from {}",
                        unpaid.price, unpaid.due_on, told.balance
                    ));
                    view
                });
                let mut views: Vec<_> = numbers.collect();
                let named = u64::try_from(views.len()).unwrap_or(u64::MAX);
                if let Some(more) = told.numbers.count.checked_sub(named).filter(|more| *more > 0) {
                    let mut view = event(on, at, "past_due", format!("{more} more past due"));
                    view.count = more;
                    views.push(view);
                }
                views.into_iter().map(|view| placed(Place::Outcome(PAST_DUE), view)).collect()
            }
            Content::AutoReloadSwitchedOff(told) => {
                let text = format!("auto-reload switched off after {} declines", told.declines);
                let mut view = event(on, at, "auto_reload_switched_off", text);
                view.because = Some(told.reason.clone());
                vec![placed(Place::Outcome(SWITCHED_OFF), view)]
            }
            _ => Vec::new(),
        }
    }

    /// What became of a mail.
    pub(super) fn mail(&self, notice: &StoredNotice, shown: &NoticeView) -> Placed {
        let subject = shown.subject.as_deref().unwrap_or(shown.kind);
        let to = shown.to.as_deref().unwrap_or("nobody");
        let (name, what) = match notice.status {
            NoticeStatus::Sent => ("mail_sent", "sent to"),
            NoticeStatus::Failed => ("mail_failed", "not delivered to"),
            NoticeStatus::Pending => ("mail_pending", "waits to be sent to"),
        };
        let text = format!("mail \"{subject}\" {what} {to}");
        let mut view = event(notice.queued.on, Some(notice.queued.at), name, text);
        view.reference = Some(shown.id.clone());
        view.because = shown.answer.clone();
        placed(Place::Mail, view)
    }

    pub(super) fn failed(&self, on: NaiveDate, why: &str) -> Placed {
        let mut view =
            event(on, None, "run_failed", format!("the run of {on} could not bill the account"));
        view.because = Some(why.to_owned());
        placed(Place::Outcome(RUN_FAILED), view)
    }

    pub(super) fn held(&self, held: &HeldFact) -> Placed {
        let on = held.on;
        let end = match held.approved_at {
            Some(at) => format!(", and were approved on {}", at.date_naive()),
            None => String::new(),
        };
        let text = format!("the releases of the run of {on} were held{end}");
        let mut view = event(on, None, "run_held", text);
        view.because = Some("they were unusually many".to_owned());
        placed(Place::Outcome(HELD), view)
    }

    fn about(&self, amount: Money, view: EventView) -> EventView {
        let currency = Some(self.currency.code().to_owned());
        EventView { amount: Some(amount.amount()), currency, ..view }
    }
}

fn placed(place: Place, event: EventView) -> Placed {
    Placed { place, event }
}

fn event(on: NaiveDate, at: Option<DateTime<Utc>>, event: &'static str, text: String) -> EventView {
    EventView {
        on,
        at,
        event,
        number: None,
        amount: None,
        currency: None,
        balance_after: None,
        period_start: None,
        period_end: None,
        reference: None,
        count: 1,
        text,
        because: None,
    }
}

fn is_within(on: NaiveDate, span: &Span) -> bool {
    span.from.is_none_or(|from| on >= from) && span.to.is_none_or(|to| on <= to)
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
    let until = fact.period.map(|period| format!(", paid until {}", period.end));
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
    let Some(before) = &rental.before else { return };
    let word = if before == "unfunded" { "bought back" } else { "rented again" };
    let of_this = told.iter_mut().map(|it| &mut it.event).filter(|view| {
        view.event == "rented"
            && view.on == rental.started_on
            && view.number.as_ref() == Some(&rental.msisdn)
    });
    for view in of_this {
        view.text = view.text.replacen("rented", word, 1);
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

/// When the account was told of the release, and until when it can buy the number back.
fn told_of_release(
    notices: &[StoredNotice],
    msisdn: &str,
    on: NaiveDate,
) -> (Option<DateTime<Utc>>, Option<NaiveDate>) {
    for notice in notices.iter().filter(|notice| notice.id.on == on) {
        let Content::Released(told) = &notice.content else { continue };
        if let Some(freed) = told.numbers.first.iter().find(|freed| freed.number == msisdn) {
            return (Some(notice.queued.at), freed.buy_back_until);
        }
    }
    (None, None)
}
