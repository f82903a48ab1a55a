//! `account update`: what is known of an account's owner.

use anyhow::Result;

use super::account_create::{email_of, name_of};
use super::views::AccountView;
use super::{App, Refusal, refused};
use crate::account::Account;
use crate::change_log::{Change, ChangeLogEntry};
use crate::money::Money;
use crate::store::accounts::change_log::ChangeLogEntries;

/// What shall be otherwise; what is not named stays.
#[derive(Debug, Clone, Default)]
pub struct AccountUpdate {
    /// The customer's name.
    pub name: Option<String>,
    /// Where notices go; those that wait go there, too.
    pub email: Option<String>,
    /// The balance below which it is told; an empty text for none.
    pub low_balance: Option<String>,
}

/// Changes what is known of an account's owner.
///
/// # Errors
/// Refuses a closed account, malformed values, a negative threshold, and a change of nothing.
pub async fn update(app: &App, key: &str, asked: &AccountUpdate) -> Result<AccountView> {
    let moment = app.moment();
    let before = app.open_account(super::account_id(key)?).await?;
    if asked.name.is_none() && asked.email.is_none() && asked.low_balance.is_none() {
        return Err(Refusal::with_hint(
            "there is nothing to change",
            "use `--name`, `--email` or `--low-balance`",
        )
        .into());
    }
    let mut account = before.clone();
    if let Some(name) = &asked.name {
        account.name = name_of(name)?;
    }
    if let Some(email) = &asked.email {
        account.email = email_of(email)?;
    }
    match asked.low_balance.as_deref() {
        None => {}
        Some("") => account.low_balance = None,
        Some(text) => {
            let threshold = Money::parse(text, account.balance.currency()).map_err(refused)?;
            if threshold.is_negative() {
                return Err(Refusal::new(format!("the low balance `{text}` is negative")).into());
            }
            account.low_balance = Some(threshold);
        }
    }
    let entries = changes(&before, &account);
    let change = ChangeLogEntries { account: account.id, moment, entries };
    app.store.update_account(&account, &change).await.map_err(super::Error::from)?;
    Ok(AccountView::from(&app.account(super::account_id(key)?).await?))
}

fn changes(before: &Account, after: &Account) -> Vec<ChangeLogEntry> {
    let name = Change::find(&before.name, &after.name).map(ChangeLogEntry::NameChanged);
    let email = Change::find(&before.email, &after.email).map(ChangeLogEntry::EmailChanged);
    let low_balance = Change::find(&before.low_balance, &after.low_balance);
    let low_balance = low_balance.map(ChangeLogEntry::LowBalanceChanged);
    [name, email, low_balance].into_iter().flatten().collect()
}
