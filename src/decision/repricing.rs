//! Prices that change for what an account rents already, and what it is told of that.

use super::{AccountSnapshot, BrokenSnapshot};
use crate::clock::Moment;
use crate::money::Money;
use crate::notice::{Content, Listing, Notice, PriceChange, Repriced};
use crate::rental::{NewPrice, PriceStep};

/// What became of an account's subscriptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    /// How many cost something else from some renewal on.
    pub subscriptions: u64,
    /// What a period of all of them costs now.
    pub before: Money,
    /// What it will cost in the end.
    pub after: Money,
    /// What the account is told; nothing where nothing changes.
    pub notices: Vec<Notice>,
}

impl AccountSnapshot {
    /// Agrees on `prices`, in the order in which they were set, for those of the subscriptions
    /// `ordinals` that had begun by then. Where all is agreed already nothing changes, so it can be done
    /// any number of times.
    ///
    /// # Errors
    /// [`BrokenSnapshot`] where the account's own data do not add up.
    pub fn reprice(
        &mut self,
        ordinals: &[i64],
        prices: &[NewPrice],
        moment: Moment,
    ) -> Result<Agreed, BrokenSnapshot> {
        let zero = Money::zero(self.book.balance.currency());
        let (mut subscriptions, mut before, mut after) = (0, zero, zero);
        for subscription in
            self.subscriptions.iter_mut().filter(|it| ordinals.contains(&it.ordinal))
        {
            let was = subscription.prices.clone();
            for price in prices.iter().filter(|it| it.agreed_on >= subscription.started_on) {
                subscription.prices.change(price.from, price.monthly_price);
            }
            let differences = subscription.prices.differences(&was);
            let Some((_, last)) = differences.last() else { continue };
            subscriptions += 1;
            before = before.plus(subscription.present_price()?)?;
            after = after.plus(*last)?;
        }
        let told = if subscriptions > 0 { vec![self.prices_ahead()?] } else { Vec::new() };
        let notices = self.notices(told, moment);
        Ok(Agreed { subscriptions, before, after, notices })
    }

    /// What all that is rented will cost, as far as that changes: a letter tells the whole, so that the
    /// latest holds whatever others said before.
    fn prices_ahead(&self) -> Result<Content, BrokenSnapshot> {
        let zero = Money::zero(self.book.balance.currency());
        let (mut steps, mut total_now) = (Vec::new(), zero);
        for subscription in self.subscriptions.iter().filter(|it| it.ended.is_none()) {
            let ahead = subscription.price_steps()?;
            let Some(last) = ahead.last().copied() else { continue };
            total_now = total_now.plus(subscription.present_price()?)?;
            for step in ahead {
                // The sum is of what holds in the end.
                let counted = if step == last { step.price } else { zero };
                let number = subscription.msisdn.to_string();
                let PriceStep { on, before: now, price } = step;
                steps.push((Repriced { number, on, now, price }, counted));
            }
        }
        steps.sort_by(|(a, _), (b, _)| (a.on, &a.number).cmp(&(b.on, &b.number)));
        let mut numbers = Listing::empty(zero);
        for (step, counted) in steps {
            numbers.push(step, counted)?;
        }
        Ok(Content::PriceChange(PriceChange { numbers, total_now }))
    }
}
