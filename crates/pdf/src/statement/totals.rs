//! Totals by kind, and the check that a statement adds up. The check sums the amounts; it does not rely on the
//! printed balances.

use linerent_core::money::Money;

use super::{Statement, StatementError};

/// The rows of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Total {
    pub kind: &'static str,
    pub count: usize,
    pub amount: Money,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Totals {
    /// The kinds that occur, in the order of [`Statement::kinds`].
    pub by_kind: Vec<Total>,
    pub sum: Money,
}

impl Statement {
    /// Checks that each balance is the previous balance plus the amount of its row, that the last balance is the
    /// closing balance, and that the opening balance plus the totals is the closing balance.
    pub(super) fn verified_totals(&self) -> Result<Totals, StatementError> {
        let mut balance = self.opening_balance;
        for (index, row) in self.rows.iter().enumerate() {
            balance = balance.plus(row.amount)?;
            let place = || format!("after row {} of {}", index + 1, row.on);
            verify(balance, row.balance, place)?;
        }
        let totals = self.totals()?;
        let by_totals = self.opening_balance.plus(totals.sum)?;
        verify(by_totals, self.closing_balance, || "by its totals".to_owned())?;
        verify(balance, self.closing_balance, || "at its end".to_owned())?;
        Ok(totals)
    }

    fn totals(&self) -> Result<Totals, StatementError> {
        let zero = Money::zero(self.opening_balance.currency());
        let mut by_kind: Vec<Total> = Vec::new();
        for row in &self.rows {
            let index = by_kind.iter().position(|total| total.kind == row.kind);
            let index = index.unwrap_or_else(|| {
                by_kind.push(Total { kind: row.kind, count: 0, amount: zero });
                by_kind.len() - 1
            });
            by_kind[index].count += 1;
            by_kind[index].amount = by_kind[index].amount.plus(row.amount)?;
        }
        by_kind.sort_by_key(|total| self.kinds.iter().position(|kind| *kind == total.kind));
        let sum = by_kind.iter().try_fold(zero, |sum, total| sum.plus(total.amount))?;
        Ok(Totals { by_kind, sum })
    }
}

fn verify(
    expected: Money,
    found: Money,
    place: impl FnOnce() -> String,
) -> Result<(), StatementError> {
    if expected == found {
        return Ok(());
    }
    Err(StatementError::DoesNotAddUp { place: place(), expected, found })
}
