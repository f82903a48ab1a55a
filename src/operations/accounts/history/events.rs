//! Each row in words; those of the ledger are in `ledger`, those of the change log in `change_log`.

use chrono::{DateTime, NaiveDate, Utc};

use super::EventView;
use super::change_log::REQUESTED;
use super::order::{Place, Placed};
use crate::change_log::ChangeLogEntry;
use crate::history::{HeldFact, RentalFact, Span};
use crate::money::{Currency, Money};
use crate::notice::{Content, NoticeStatus, StoredNotice};
use crate::operations::notice::ShownNotice;
use crate::reload::{Reload, ReloadStatus};
use crate::store::accounts::change_log::StoredEntry;

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
        creation: Option<(NaiveDate, DateTime<Utc>, String)>,
    ) -> Option<Placed> {
        let (on, at, name) = creation?;
        let text = format!("account created for {name}, in {}", self.currency.code());
        Some(placed(Place::First, event(on, Some(at), "account_created", text)))
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

    /// How the rental ended, or that it will, where the change log does not tell.
    pub(super) fn ended(&self, rental: &RentalFact, notices: &[StoredNotice]) -> Placed {
        let (msisdn, renewal) = (&rental.msisdn, rental.next_renewal_on);
        let mut view = match &rental.ended {
            Some((on, reason)) if reason == "unfunded" => {
                let (at, until) = told_of_release(notices, msisdn, *on);
                let until = until.map(|until| format!("; it can be rented again until {until}"));
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
                let text = if rental.ends_at_period_end {
                    "ended with its period"
                } else {
                    "cancelled, without refund"
                };
                let mut view = event(*on, None, "cancelled", format!("{msisdn} {text}"));
                view.because = Some(REQUESTED.to_owned());
                view
            }
            None => {
                let text = format!("{msisdn} will end instead of renewing");
                let mut view = event(renewal, None, "ends_at_period_end", text);
                view.because = Some(REQUESTED.to_owned());
                view
            }
        };
        view.number = Some(msisdn.clone());
        placed(Place::Outcome(ENDED), view)
    }

    /// That it was asked for, and what came of it; its capture is in the ledger.
    pub(super) fn reload(
        &self,
        reload: &Reload,
        change_log: &[StoredEntry],
        span: &Span,
    ) -> Vec<Placed> {
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
        let asked = format!("reload of {amount} requested from {method}");
        let why = Some("low balance");
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
        let is_of_hand = change_log.iter().any(|fact| is_order_of(fact, reload));
        told.into_iter()
            .filter(|(_, view)| is_within(view.on, span))
            .map(|(outcome, view)| match view.at == Some(requested.at) && is_of_hand {
                true => placed(Place::OutcomeByHand(outcome), view),
                false => placed(Place::Outcome(outcome), view),
            })
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
    pub(super) fn mail(&self, shown: &ShownNotice) -> Placed {
        let notice = &shown.notice;
        let subject = shown.subject.as_deref().unwrap_or(notice.id.kind.as_str());
        let to = shown.recipient.as_deref().unwrap_or("an unknown address");
        let (name, what) = match notice.status {
            NoticeStatus::Sent => ("mail_sent", "sent to"),
            NoticeStatus::Failed => ("mail_failed", "not delivered to"),
            NoticeStatus::Pending => ("mail_pending", "waits to be sent to"),
        };
        let text = format!("mail \"{subject}\" {what} {to}");
        let mut view = event(notice.queued.on, Some(notice.queued.at), name, text);
        view.reference = Some(notice.id.to_string());
        view.because = notice.answer.clone();
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
        // The approval has the time of this machine, which in a sandbox is not the billing date.
        let end = if held.approved_at.is_some() { ", then approved" } else { "" };
        let text =
            format!("the releases of the run of {on} were held back by the release guard{end}");
        let view = event(on, None, "run_held", text);
        placed(Place::Outcome(HELD), view)
    }

    pub(super) fn about(&self, amount: Money, view: EventView) -> EventView {
        let currency = Some(self.currency.code().to_owned());
        EventView { amount: Some(amount.amount()), currency, ..view }
    }
}

pub(super) fn placed(place: Place, event: EventView) -> Placed {
    Placed { place, event }
}

pub(super) fn event(
    on: NaiveDate,
    at: Option<DateTime<Utc>>,
    event: &'static str,
    text: String,
) -> EventView {
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

/// Whether this entry set the order that requested the reload: they are of the same instant.
fn is_order_of(fact: &StoredEntry, reload: &Reload) -> bool {
    let ChangeLogEntry::AutoReloadSet(order) = &fact.entry else { return false };
    fact.at == reload.requested.at && order.payment_method == reload.payment_method.id
}

/// When the account was notified of the release, and until when it can rent the number again.
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
