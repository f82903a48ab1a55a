//! Applies new prices to the subscriptions of an account, and builds the notice of it.

use super::{AccountSnapshot, BrokenSnapshot};
use crate::clock::Moment;
use crate::money::Money;
use crate::notice::{Content, Listing, Notice, PriceChange, Repriced};
use crate::rental::{NewPrice, PriceStep};

/// The result of [`AccountSnapshot::reprice`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    /// The number of subscriptions whose price changes.
    pub subscriptions: u64,
    /// The sum of their monthly prices today.
    pub before: Money,
    /// The sum of their monthly prices after the last change.
    pub after: Money,
    pub notices: Vec<Notice>,
}

impl AccountSnapshot {
    /// Applies `prices`, in the order in which they were set, to the subscriptions `ordinals` that had begun by
    /// then. Applying the same prices again changes nothing.
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
        let contents = if subscriptions > 0 { vec![self.prices_ahead()?] } else { Vec::new() };
        let notices = self.notices(contents, moment);
        Ok(Agreed { subscriptions, before, after, notices })
    }

    /// All coming price changes of the account. Each notice lists them all, so the latest notice is complete.
    fn prices_ahead(&self) -> Result<Content, BrokenSnapshot> {
        let zero = Money::zero(self.book.balance.currency());
        let (mut steps, mut total_now) = (Vec::new(), zero);
        for subscription in self.subscriptions.iter().filter(|it| it.ended.is_none()) {
            let ahead = subscription.price_steps()?;
            let Some(last) = ahead.last().copied() else { continue };
            total_now = total_now.plus(subscription.present_price()?)?;
            for step in ahead {
                // The total counts the last price of each number.
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
