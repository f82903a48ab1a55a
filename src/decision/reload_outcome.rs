//! What a reload makes of a snapshot: asked for, and then captured, declined or lapsed.

use super::{AccountSnapshot, BrokenSnapshot};
use crate::clock::Moment;
use crate::ids::ReloadId;
use crate::ledger::{Entry, Transfer};
use crate::money::Money;
use crate::reload::{OrderStatus, Reload, ReloadPolicy};

impl AccountSnapshot {
    /// Asks for a reload of `amount` under the name `id`. From now on it is open.
    pub fn request_reload(&mut self, amount: Money, id: ReloadId, moment: Moment) -> Reload {
        let order = self.reloads.auto_reload.as_ref();
        let payment_method = order.expect("only an order asks for reloads").payment_method.clone();
        assert!(self.reloads.open.is_none(), "an account has one open reload at most");
        self.reloads.open = Some(id);
        Reload::requested(id, amount, payment_method, moment)
    }

    /// Credits what was captured; the count of declines begins anew.
    ///
    /// # Errors
    /// [`BrokenSnapshot`] where the ledger refuses; the snapshot is to be dropped then.
    pub fn capture(&mut self, reload: &Reload, moment: Moment) -> Result<Transfer, BrokenSnapshot> {
        let transfer = self.book.post(Entry::reload(reload.amount, reload.id), moment)?;
        // Another may be open by now, where this one had been closed.
        self.reloads.open = self.reloads.open.filter(|open| *open != reload.id);
        self.reloads.captured_today += 1;
        if let Some(order) = &mut self.reloads.auto_reload {
            order.declines = 0;
            order.declined_at = None;
        }
        Ok(transfer)
    }

    /// Counts a decline; too many in a row switch the order off. What another payment method was
    /// declined does not count against the present one: says whether it counts.
    pub fn decline(&mut self, reload: &Reload, moment: Moment, policy: &ReloadPolicy) -> bool {
        self.reloads.open = None;
        let Some(order) = &mut self.reloads.auto_reload else { return false };
        if order.status != OrderStatus::On || order.payment_method != reload.payment_method {
            return false;
        }
        order.declines += 1;
        order.declined_at = Some(moment.at);
        if order.declines >= policy.failures_max {
            order.status = OrderStatus::SwitchedOff;
        }
        true
    }

    /// Forgets a reload that never reached the gateway: it is neither paid nor declined.
    pub const fn lapse(&mut self) {
        self.reloads.open = None;
    }
}
