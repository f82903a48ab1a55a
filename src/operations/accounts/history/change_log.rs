//! The entries of the change log in words.

use std::collections::HashSet;

use super::EventView;
use super::events::{Teller, event, placed};
use super::order::{Place, Placed};
use crate::change_log::{Change, ChangeLogEntry, StandingOrder};
use crate::money::Money;
use crate::store::accounts::change_log::StoredEntry;

/// Why a rental ends, or stays.
pub(super) const REQUESTED: &str = "on request";
const CLOSED: &str = "the account was closed";

impl Teller {
    /// The `entries`, which are newest first, oldest first.
    pub(super) fn change_log(&self, entries: &[StoredEntry]) -> Vec<Placed> {
        // What ended with the account is of the same change.
        let closings = entries.iter().filter(|fact| fact.entry == ChangeLogEntry::AccountClosed);
        let closings: HashSet<_> = closings.map(|fact| fact.version).collect();
        let told = entries.iter().rev().map(|fact| {
            let place = Place::Ledger(fact.transfer_count.saturating_mul(2).saturating_add(1));
            placed(place, self.entry(fact, closings.contains(&fact.version)))
        });
        told.collect()
    }

    fn entry(&self, fact: &StoredEntry, closes: bool) -> EventView {
        let msisdn = fact.msisdn.as_deref().unwrap_or("a number");
        let view = |text| EventView {
            number: fact.msisdn.clone(),
            ..event(fact.on, Some(fact.at), fact.entry.as_str(), text)
        };
        let because = |why: &str, view| EventView { because: Some(why.to_owned()), ..view };
        match &fact.entry {
            ChangeLogEntry::AutoReloadSet(order) => {
                let text = format!("auto-reload set to charge {}", in_words(order));
                self.about(order.amount, view(text))
            }
            ChangeLogEntry::AutoReloadOff(order) => {
                let text = format!("auto-reload taken off, it charged {}", in_words(order));
                let view = self.about(order.amount, view(text));
                if closes { because(CLOSED, view) } else { view }
            }
            ChangeLogEntry::EndsAtPeriodEnd { on, .. } => {
                let text = format!("{msisdn} will end on {on} instead of renewing");
                because(REQUESTED, EventView { period_end: Some(*on), ..view(text) })
            }
            ChangeLogEntry::Kept { on, .. } => {
                let text = format!("{msisdn} is kept, and renews on {on}");
                because(REQUESTED, EventView { period_start: Some(*on), ..view(text) })
            }
            ChangeLogEntry::Cancelled { .. } => {
                let view = view(format!("{msisdn} cancelled, without refund"));
                because(if closes { CLOSED } else { REQUESTED }, view)
            }
            ChangeLogEntry::Reinstated { ended_on, .. } => {
                let text = format!("{msisdn} is rented again as if it had not ended on {ended_on}");
                because("a run was undone", view(text))
            }
            ChangeLogEntry::PriceAgreed { price: Change { before, after }, from, .. } => {
                let text = format!(
                    "{msisdn} costs {after} instead of {before} from its renewal of {from} on"
                );
                let view = EventView { period_start: Some(*from), ..view(text) };
                self.about(*after, view)
            }
            ChangeLogEntry::NameChanged(Change { before, after }) => {
                view(format!("the name changed from \"{before}\" to \"{after}\""))
            }
            ChangeLogEntry::EmailChanged(Change { before, after }) => {
                view(format!("the e-mail address changed from {before} to {after}"))
            }
            ChangeLogEntry::LowBalanceChanged(Change { before, after }) => {
                let (from, to) = (threshold(*before), threshold(*after));
                let view = view(format!("the low balance changed from {from} to {to}"));
                match after {
                    Some(after) => self.about(*after, view),
                    None => view,
                }
            }
            ChangeLogEntry::NoticeSwitchedOff(kind) => {
                view(format!("notices `{kind}` switched off"))
            }
            ChangeLogEntry::NoticeSwitchedOn(kind) => view(format!("notices `{kind}` switched on")),
            ChangeLogEntry::AccountClosed => view("account closed".to_owned()),
        }
    }
}

fn in_words(order: &StandingOrder) -> String {
    let StandingOrder { threshold, amount, payment_method } = order;
    format!("{amount} to {payment_method} below {threshold}")
}

fn threshold(money: Option<Money>) -> String {
    money.map_or_else(|| "none".to_owned(), |money| money.to_string())
}
