//! What a subscription's periods cost: the price agreed at rental, and those agreed since.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::money::Money;

/// The prices of one subscription, all in one currency. What was agreed once stays known, so that
/// every period that was ever charged can be checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prices {
    agreed: Money,
    changes: BTreeMap<NaiveDate, Money>,
}

/// A price that the operator sets for numbers that are rented already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewPrice {
    /// What a period costs.
    pub monthly_price: Money,
    /// The first day on which a period begins at that price.
    pub from: NaiveDate,
    /// When it was set. Later rentals began at the price of their day.
    pub agreed_on: NaiveDate,
}

/// A renewal from which on something else is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceStep {
    /// Its day.
    pub on: NaiveDate,
    /// What the period before it costs.
    pub before: Money,
    /// What it costs.
    pub price: Money,
}

impl Prices {
    /// The price agreed at rental, for all periods.
    pub const fn fixed(agreed: Money) -> Self {
        Self { agreed, changes: BTreeMap::new() }
    }

    /// The price agreed at rental, and others for the periods that begin on their dates or later.
    pub const fn new(agreed: Money, changes: BTreeMap<NaiveDate, Money>) -> Self {
        Self { agreed, changes }
    }

    /// What was agreed at rental.
    pub const fn agreed(&self) -> Money {
        self.agreed
    }

    /// The price of a period that begins on `start`.
    pub fn on(&self, start: NaiveDate) -> Money {
        self.changes.range(..=start).next_back().map_or(self.agreed, |(_, price)| *price)
    }

    /// What was agreed after the rental, by the date from which periods begin with it.
    pub fn changes(&self) -> impl Iterator<Item = (NaiveDate, Money)> {
        self.changes.iter().map(|(from, price)| (*from, *price))
    }

    /// Agrees on `price` for all periods that begin on `from` or later, in place of what was agreed for
    /// them before.
    pub fn change(&mut self, from: NaiveDate, price: Money) {
        self.changes.split_off(&from);
        if self.on(from) != price {
            self.changes.insert(from, price);
        }
    }

    /// The dates from which something else holds than `before`, with what holds then. Where a change was
    /// only taken back, the date is that of the change.
    pub fn differences(&self, before: &Self) -> Vec<(NaiveDate, Money)> {
        let is_new = |(from, price): &(NaiveDate, Money)| before.changes.get(from) != Some(price);
        let new: Vec<_> = self.changes().filter(is_new).collect();
        if !new.is_empty() {
            return new;
        }
        let taken_back = before.changes().map(|(from, _)| from);
        let first = taken_back.filter(|from| !self.changes.contains_key(from)).min();
        first.map(|from| (from, self.on(from))).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use proptest::prelude::*;

    fn day(offset: u64) -> NaiveDate {
        NaiveDate::MIN + chrono::Days::new(offset)
    }

    fn eur(micros: i64) -> Money {
        Money::from_micros(micros, Currency::EUR)
    }

    #[test]
    fn a_price_holds_from_its_date_on() {
        let mut prices = Prices::fixed(eur(1));
        prices.change(day(10), eur(2));
        prices.change(day(20), eur(3));
        let on: Vec<_> = [9, 10, 19, 20, 99].map(|it| prices.on(day(it)).micros()).into();
        assert_eq!(on, [1, 2, 2, 3, 3]);
    }

    #[test]
    fn what_is_agreed_last_holds_for_all_later_days() {
        let mut prices = Prices::fixed(eur(1));
        prices.change(day(20), eur(3));
        prices.change(day(10), eur(2));
        assert_eq!((prices.on(day(9)), prices.on(day(20))), (eur(1), eur(2)));
        // Back to what it was: nothing is ahead any more.
        let before = prices.clone();
        prices.change(day(10), eur(1));
        assert_eq!(prices, Prices::fixed(eur(1)));
        assert_eq!(prices.differences(&before), [(day(10), eur(1))]);
    }

    proptest! {
        /// Against the naive model: one price for each day.
        #[test]
        fn every_day_has_the_price_that_was_agreed_for_it_last(
            changes in prop::collection::vec((0_u64..30, 1_i64..4), 0..8)
        ) {
            let mut prices = Prices::fixed(eur(1));
            let mut days = vec![1; 30];
            for (from, micros) in changes {
                let before = prices.clone();
                let from_index = usize::try_from(from).expect("a small number");
                days[from_index..].fill(micros);
                prices.change(day(from), eur(micros));
                let is: Vec<_> = (0..30).map(|it| prices.on(day(it)).micros()).collect();
                prop_assert_eq!(&is, &days);
                prop_assert_eq!(prices.differences(&before).is_empty(), prices == before);
                // The same once more changes nothing.
                let once = prices.clone();
                prices.change(day(from), eur(micros));
                prop_assert_eq!(&prices, &once);
            }
        }
    }
}
