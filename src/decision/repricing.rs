//! Prices that change for what an account rents already, and what it is told of that.

use super::{BrokenStanding, Standing};
use crate::clock::Moment;
use crate::money::Money;
use crate::notice::{Content, Listing, Notice, PriceChange, Repriced};
use crate::rental::NewPrice;

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

impl Standing {
    /// Agrees on `prices`, in the order in which they were set, for those of the subscriptions
    /// `ordinals` that had begun by then. Where all is agreed already nothing changes, so it can be done
    /// any number of times.
    ///
    /// # Errors
    /// [`BrokenStanding`] where the account's own data do not add up.
    pub fn reprice(
        &mut self,
        ordinals: &[i64],
        prices: &[NewPrice],
        moment: Moment,
    ) -> Result<Agreed, BrokenStanding> {
        let zero = Money::zero(self.book.balance.currency());
        let (mut subscriptions, mut before, mut after) = (0, zero, zero);
        let mut told = Vec::new();
        for subscription in
            self.subscriptions.iter_mut().filter(|it| ordinals.contains(&it.ordinal))
        {
            let was = subscription.prices.clone();
            for price in prices.iter().filter(|it| it.agreed_on >= subscription.started_on) {
                subscription.prices.change(price.from, price.monthly_price);
            }
            let differences = subscription.prices.differences(&was);
            let Some((_, last)) = differences.last() else { continue };
            let now = subscription.present_price()?;
            subscriptions += 1;
            before = before.plus(now)?;
            after = after.plus(*last)?;
            for (from, price) in differences {
                let number = subscription.msisdn.to_string();
                let on = subscription.first_renewal_from(from)?;
                told.push(Repriced { number, on, now, price });
            }
        }
        told.sort_by(|a, b| (a.on, &a.number).cmp(&(b.on, &b.number)));
        let mut numbers = Listing::empty(zero);
        for repriced in told {
            let price = repriced.price;
            numbers.push(repriced, price)?;
        }
        let change = PriceChange { numbers, total_now: before };
        let told = (subscriptions > 0).then_some(Content::PriceChange(change));
        let notices = self.notices(told.into_iter().collect(), moment);
        Ok(Agreed { subscriptions, before, after, notices })
    }
}
