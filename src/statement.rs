//! Statements: the transfers of one account as the account sees them.

use chrono::NaiveDate;

use crate::calendar::Period;
use crate::ledger::Code;
use crate::money::Money;

/// A statement with its balances, read at one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementRead {
    /// The balance before the first line.
    pub opening: Money,
    /// Oldest first.
    pub lines: Vec<StatementLine>,
    /// The account's balance now.
    pub balance: Money,
}

/// One line of an account's statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementLine {
    /// Sequence number of the transfer within the account: 1-based, without gaps.
    pub sequence: i64,
    /// The billing date.
    pub on: NaiveDate,
    pub code: Code,
    /// The number that was charged for.
    pub msisdn: Option<String>,
    /// The period that was charged for.
    pub period: Option<Period>,
    /// As the account sees it: negative if the balance went down.
    pub amount: Money,
    pub balance_after: Money,
    pub reference: Option<String>,
    /// The operator's explanation.
    pub reason: Option<String>,
}
