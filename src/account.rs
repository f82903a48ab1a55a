//! Accounts.

use crate::ids::AccountId;
use crate::money::Money;
use crate::notice::Kind;
use crate::reload::AutoReload;

/// An account as it stands in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id, shown as its key.
    pub id: AccountId,
    /// The customer's name.
    pub name: String,
    /// Where notices go.
    pub email: String,
    /// What is left.
    pub balance: Money,
    /// How far below zero the balance may go.
    pub credit_limit: Money,
    /// Its own threshold for being told of a low balance.
    pub low_balance: Option<Money>,
    /// Kinds of notices that it does without.
    pub notices_off: Vec<Kind>,
    /// Its standing order for reloads, in force or not.
    pub auto_reload: Option<AutoReload>,
    /// Closed accounts keep their history and nothing else.
    pub is_open: bool,
    /// Counts the changes to the account.
    pub version: i64,
}

/// An account to be.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Its id, shown as its key.
    pub id: AccountId,
    /// The customer's name.
    pub name: String,
    /// Where notices go.
    pub email: String,
    /// How far below zero the balance may go; says the account's currency too.
    pub credit_limit: Money,
    /// Its own threshold for being told of a low balance.
    pub low_balance: Option<Money>,
}
