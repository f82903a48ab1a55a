//! Cause before effect. What billing does in one step is all of one instant, and in a sandbox a whole
//! day is, so the instant alone does not tell what led to what.

use chrono::{DateTime, NaiveDate, Utc};

use super::EventView;

/// Where an event stands among those of its instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// Before all else.
    First,
    /// Where the ledger has the transfer of this sequence, which is told by an even number; what was
    /// noted or asked for after it follows by an odd one.
    Ledger(i64),
    /// What the ledger led to: a card that did not pay, then what became past due, then what was lost.
    Outcome(u8),
    /// What the operator booked or changed after a day's work, and what followed from it in the ledger.
    ByHand(i64),
    /// What else that led to: a card that did not pay under an order that was just set.
    OutcomeByHand(u8),
    /// Mails, which tell all of it.
    Mail,
}

/// An event and its place.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) place: Place,
    pub(super) event: EventView,
}

type Key = (NaiveDate, bool, Option<DateTime<Utc>>, Place);

impl Placed {
    /// What has no instant comes after what has one.
    fn key(&self) -> Key {
        (self.event.on, self.event.at.is_none(), self.event.at, self.place)
    }
}

/// The events, oldest first; cause before effect.
pub(super) fn in_order(mut placed: Vec<Placed>) -> Vec<EventView> {
    ask_before_capture(&mut placed);
    placed.sort_by_key(Placed::key);
    by_hand_last(&mut placed);
    placed.sort_by_key(Placed::key);
    placed.into_iter().map(|it| it.event).collect()
}

/// A reload was asked for just before the ledger has its money, where both are of one instant.
fn ask_before_capture(placed: &mut [Placed]) {
    let captured: std::collections::HashMap<_, _> = placed
        .iter()
        .filter(|it| it.event.event == "reload_captured")
        .map(|it| ((it.event.reference.clone(), it.event.at), it.place))
        .collect();
    for it in placed.iter_mut().filter(|it| it.event.event == "reload_requested") {
        if let Some(Place::Ledger(sequence)) =
            captured.get(&(it.event.reference.clone(), it.event.at))
        {
            it.place = Place::Ledger(sequence - 1);
        }
    }
}

/// In a sandbox the operator's hand is of the same instant as the day's run, and comes after it.
fn by_hand_last(placed: &mut [Placed]) {
    let mut by_hand_since = None;
    for it in placed {
        let Place::Ledger(sequence) = it.place else { continue };
        let is_by_itself =
            matches!(it.event.event, "renewed" | "reload_requested" | "reload_captured");
        let instant = (it.event.on, it.event.at);
        if !is_by_itself || by_hand_since == Some(instant) {
            by_hand_since = Some(instant);
            it.place = Place::ByHand(sequence);
        }
    }
}
