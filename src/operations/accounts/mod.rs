//! Accounts, and the money that is booked to them by hand.
//!
//! To add an operation: a file here, and its command in `cli::account`.

pub mod auto_reload;
pub mod book;
pub mod close;
pub mod create;
pub mod history;
pub mod notices;
pub mod refund;
pub mod statement;
pub mod statement_pdf;
pub mod update;

use super::App;
use super::error::Result;
use super::pages::{Pages, place_after};
use crate::account::Account;
use crate::ids::AccountId;

/// All accounts, ordered by key.
pub fn pages(app: &App) -> Pages<'_, Account> {
    Pages::new(None, move |after: Option<AccountId>, count| async move {
        let first = after.map_or(Some(AccountId::MIN), AccountId::next);
        let Some(first) = first else { return Ok((Vec::new(), None)) };
        let accounts = app.store.accounts(first, count).await?;
        let last = place_after(&accounts, count, |account| account.id);
        Ok((accounts, last))
    })
}

/// As [`pages`], the whole list.
pub async fn list(app: &App) -> Result<Vec<Account>> {
    pages(app).all().await
}
