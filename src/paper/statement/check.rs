//! Whether a statement adds up, by a calculation of its own: sums of plain integers, not of the balances
//! that stand in it.

use super::{Statement, StatementError};
use crate::ledger::Code;
use crate::money::Money;

/// What was booked for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Total {
    pub code: Code,
    pub count: usize,
    pub amount: Money,
}

/// What was booked, by its reason and in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Totals {
    /// Only those of which there is any.
    pub by_code: Vec<Total>,
    pub sum: Money,
}

impl Statement {
    /// The totals of a statement that adds up: each balance is the one before it and the line's amount, the
    /// last is the closing balance, and the opening balance and the totals are, too.
    pub(super) fn check(&self) -> Result<Totals, StatementError> {
        let mut balance = self.opening;
        for (index, line) in self.lines.iter().enumerate() {
            balance = balance.plus(line.amount)?;
            self.agrees(balance, line.balance, || {
                format!("after line {} of {}", index + 1, line.on)
            })?;
        }
        let by_code = Code::ALL.into_iter().map(|code| self.total_of(code));
        let by_code = by_code.filter(|total| !matches!(total, Ok(Total { count: 0, .. })));
        let by_code = by_code.collect::<Result<Vec<_>, _>>()?;
        let zero = Money::zero(self.opening.currency());
        let sum = by_code.iter().try_fold(zero, |sum, total| sum.plus(total.amount))?;
        self.agrees(self.opening.plus(sum)?, self.closing, || "by its totals".to_owned())?;
        self.agrees(balance, self.closing, || "at its end".to_owned())?;
        Ok(Totals { by_code, sum })
    }

    fn total_of(&self, code: Code) -> Result<Total, StatementError> {
        let zero = Money::zero(self.opening.currency());
        let of_code = || self.lines.iter().filter(|line| line.code == code);
        let amount = of_code().try_fold(zero, |sum, line| sum.plus(line.amount))?;
        Ok(Total { code, count: of_code().count(), amount })
    }

    fn agrees(
        &self,
        expected: Money,
        found: Money,
        place: impl FnOnce() -> String,
    ) -> Result<(), StatementError> {
        if expected == found {
            return Ok(());
        }
        Err(StatementError::DoesNotAddUp { place: place(), expected, found })
    }
}
