//! Statements: the transfers of one account as the account sees them.

use chrono::NaiveDate;

use crate::calendar::Period;
use crate::ledger::Code;
use crate::money::Money;

/// What a statement on paper is made of, all of the same instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementRead {
    /// The sum of all that was booked before its first date.
    pub opening: Money,
    /// What was booked on its dates, oldest first.
    pub lines: Vec<StatementLine>,
    /// What the account has.
    pub balance: Money,
}

/// One line of an account's statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementLine {
    /// The account's how-many-eth transfer.
    pub sequence: i64,
    /// The billing date it counts for.
    pub on: NaiveDate,
    /// Why money moved.
    pub code: Code,
    /// The number that was paid for.
    pub msisdn: Option<String>,
    /// The days that were paid for.
    pub period: Option<Period>,
    /// As the account sees it: negative where the balance went down.
    pub amount: Money,
    /// The balance afterwards.
    pub balance_after: Money,
    /// The operator's reference.
    pub reference: Option<String>,
    /// The operator's words.
    pub reason: Option<String>,
}
