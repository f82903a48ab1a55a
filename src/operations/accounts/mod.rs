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

use tokio_util::sync::CancellationToken;

use super::App;
use super::error::Result;
use crate::account::Account;
use crate::billing::account_pages::AccountPages;

/// How many accounts are read at once.
const PAGE: u32 = 10_000;

/// All accounts, ordered by key.
pub async fn list(app: &App) -> Result<Vec<Account>> {
    let mut accounts = Vec::new();
    let never = CancellationToken::new();
    let mut pages = AccountPages::new(PAGE, &never);
    while let Some(page) = pages.next(|first, _, limit| app.store.accounts(first, limit)).await? {
        accounts.extend(page);
    }
    Ok(accounts)
}
