//! Applies a reload to a snapshot: requested, then captured, declined or lapsed.

use super::{AccountSnapshot, BrokenSnapshot};
use crate::clock::Moment;
use crate::ids::ReloadId;
use crate::ledger::{Entry, Transfer};
use crate::money::Money;
use crate::reload::{OrderStatus, Reload, ReloadPolicy};

impl AccountSnapshot {
    /// Requests a reload of `amount`. It is open from now on.
    pub fn request_reload(&mut self, amount: Money, id: ReloadId, moment: Moment) -> Reload {
        let order = self.reloads.auto_reload.as_ref();
        let payment_method = order
            .expect("only an account with auto-reload requests reloads")
            .payment_method
            .clone();
        assert!(self.reloads.open.is_none(), "an account has at most one open reload");
        self.reloads.open = Some(id);
        Reload::requested(id, amount, payment_method, moment)
    }

    /// Credits a captured reload and resets the count of declines.
    pub fn capture(&mut self, reload: &Reload, moment: Moment) -> Result<Transfer, BrokenSnapshot> {
        let transfer = self.book.post(Entry::reload(reload.amount, reload.id), moment)?;
        // If this reload had been closed before, another one may be open.
        self.reloads.open = self.reloads.open.filter(|open| *open != reload.id);
        self.reloads.captured_today += 1;
        if let Some(order) = &mut self.reloads.auto_reload {
            order.declines = 0;
            order.declined_at = None;
        }
        Ok(transfer)
    }

    /// Counts a decline; after `failures_max` in a row auto-reload is switched off. A decline of an earlier
    /// payment method does not count. Returns whether it counted.
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

    /// Closes a reload that never reached the gateway. It counts as neither captured nor declined.
    pub const fn lapse(&mut self) {
        self.reloads.open = None;
    }
}
