//! `account update`: the customer's name, address and low balance.

use super::create::{email_of, not_negative};
use crate::account::Account;
use crate::change_log::{Change, ChangeLogEntry};
use crate::ids::AccountId;
use crate::money::Amount;
use crate::operations::error::Result;
use crate::operations::texts::one_line;
use crate::operations::{App, Refusal};
use crate::store::accounts::change_log::ChangeLogEntries;

/// The new values. `None` leaves a value as it is.
#[derive(Debug, Clone, Default)]
pub struct AccountUpdate {
    pub name: Option<String>,
    /// Where notices go, pending ones included.
    pub email: Option<String>,
    /// The balance below which the customer gets a notice; `Some(None)` for never.
    pub low_balance: Option<Option<Amount>>,
}

/// Changes an account.
///
/// # Errors
/// Refuses a closed account, invalid values, a negative low balance, and an update without values.
pub async fn update(app: &App, account: AccountId, asked: &AccountUpdate) -> Result<Account> {
    let moment = app.moment();
    let before = app.open_account(account).await?;
    if asked.name.is_none() && asked.email.is_none() && asked.low_balance.is_none() {
        return Err(Refusal::NothingToChange.into());
    }
    let mut account = before.clone();
    if let Some(name) = &asked.name {
        account.name = one_line(name, "name")?.to_owned();
    }
    if let Some(email) = &asked.email {
        account.email = email_of(email)?;
    }
    if let Some(low_balance) = asked.low_balance {
        let currency = account.balance.currency();
        account.low_balance = low_balance
            .map(|amount| not_negative(amount.of(currency), "low balance"))
            .transpose()?;
    }
    let entries = changes(&before, &account);
    let change = ChangeLogEntries { account: account.id, moment, entries };
    app.store.update_account(&account, &change).await?;
    app.account(account.id).await
}

fn changes(before: &Account, after: &Account) -> Vec<ChangeLogEntry> {
    let name = Change::find(&before.name, &after.name).map(ChangeLogEntry::NameChanged);
    let email = Change::find(&before.email, &after.email).map(ChangeLogEntry::EmailChanged);
    let low_balance = Change::find(&before.low_balance, &after.low_balance);
    let low_balance = low_balance.map(ChangeLogEntry::LowBalanceChanged);
    [name, email, low_balance].into_iter().flatten().collect()
}
