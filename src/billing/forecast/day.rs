//! What the run of one day will do, in one currency.

use crate::money::{Currency, Money, MoneyError};

/// Counts and sums of one day. `amount` is `by_balance`, `by_reload` and `short` together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayCounts {
    /// Periods that fall due; on the first day, all that are due until then and not charged.
    pub renewals: u64,
    /// The sum of their prices.
    pub amount: Money,
    /// The part of `amount` that is paid on the day by the balances at the beginning of the forecast.
    pub by_balance: Money,
    /// The part of `amount` that is paid on the day by money from cards.
    pub by_reload: Money,
    /// The part of `amount` that is not paid on the day.
    pub short: Money,
    /// What was short on an earlier day and is paid on this one.
    pub paid_late: Money,
    /// Reloads captured.
    pub reloads: u64,
    /// The sum of the reloads.
    pub reload_amount: Money,
    /// Accounts with a part of `short`.
    pub short_accounts: u64,
    /// Subscriptions with a part of `short`.
    pub short_numbers: u64,
    /// Subscriptions released for insufficient funds.
    pub released: u64,
    /// Subscriptions that end as requested by the account.
    pub ended: u64,
}

impl DayCounts {
    /// A day on which nothing happens.
    pub const fn none(currency: Currency) -> Self {
        let nothing = Money::zero(currency);
        Self {
            renewals: 0,
            amount: nothing,
            by_balance: nothing,
            by_reload: nothing,
            short: nothing,
            paid_late: nothing,
            reloads: 0,
            reload_amount: nothing,
            short_accounts: 0,
            short_numbers: 0,
            released: 0,
            ended: 0,
        }
    }

    /// Adds other accounts of the same day.
    ///
    /// # Errors
    /// [`MoneyError`].
    pub fn add(&mut self, other: &Self) -> Result<(), MoneyError> {
        for (sum, amount) in [
            (&mut self.amount, other.amount),
            (&mut self.by_balance, other.by_balance),
            (&mut self.by_reload, other.by_reload),
            (&mut self.short, other.short),
            (&mut self.paid_late, other.paid_late),
            (&mut self.reload_amount, other.reload_amount),
        ] {
            *sum = sum.plus(amount)?;
        }
        self.renewals += other.renewals;
        self.reloads += other.reloads;
        self.short_accounts += other.short_accounts;
        self.short_numbers += other.short_numbers;
        self.released += other.released;
        self.ended += other.ended;
        Ok(())
    }

    /// The part of `amount` that is paid on the day.
    ///
    /// # Errors
    /// [`MoneyError`].
    pub fn funded(&self) -> Result<Money, MoneyError> {
        self.by_balance.plus(self.by_reload)
    }
}
