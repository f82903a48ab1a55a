//! Accounts.

use crate::ids::AccountId;
use crate::money::Money;
use crate::notice::Kind;
use crate::reload::AutoReload;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub id: AccountId,
    pub name: String,
    /// The address for notices.
    pub email: String,
    pub balance: Money,
    /// The balance may go down to the negative of this.
    pub credit_limit: Money,
    /// The account's own threshold for the low-balance notice.
    pub low_balance: Option<Money>,
    /// Kinds of notices that are switched off.
    pub notices_off: Vec<Kind>,
    /// The standing order, whatever its status.
    pub auto_reload: Option<AutoReload>,
    /// A closed account keeps its history and cannot be changed.
    pub is_open: bool,
    /// The number of changes to the account so far.
    pub version: i64,
}

/// An account to create.
#[derive(Debug, Clone)]
pub struct NewAccount {
    pub id: AccountId,
    pub name: String,
    /// The address for notices.
    pub email: String,
    /// Also gives the account's currency.
    pub credit_limit: Money,
    /// The account's own threshold for the low-balance notice.
    pub low_balance: Option<Money>,
}
