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
use super::refusal::{InvalidValue, Refusal};
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

const LINE_CHARS_MAX: usize = 200;

/// The text without spaces around it, which must be one line that is neither empty nor too long.
pub(crate) fn one_line<'a>(text: &'a str, what: &'static str) -> Result<&'a str, Refusal> {
    let text = text.trim();
    if text.is_empty()
        || text.chars().count() > LINE_CHARS_MAX
        || text.chars().any(char::is_control)
    {
        let reason = InvalidValue::NotOneLine { max: LINE_CHARS_MAX };
        return Err(Refusal::InvalidValue { what, reason });
    }
    Ok(text)
}
