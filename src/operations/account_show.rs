//! `account show`, `account list`.

use anyhow::Result;

use super::App;
use super::views::AccountView;
use crate::ids::AccountId;

/// The account with this key.
///
/// # Errors
/// Refuses an unknown key.
pub async fn show(app: &App, key: &str) -> Result<AccountView> {
    Ok(AccountView::from(&app.account(super::account_id(key)?).await?))
}

/// Every account, by key.
///
/// # Errors
/// Where the database fails.
pub async fn list(app: &App) -> Result<Vec<AccountView>> {
    const PAGE: u32 = 10_000;
    let mut views = Vec::new();
    let mut next = Some(AccountId::MIN);
    while let Some(first) = next {
        let page = app.store.accounts(first, PAGE).await?;
        next = page.last().and_then(|last| AccountId::from_i64(last.id.to_i64() + 1).ok());
        views.extend(page.iter().map(AccountView::from));
    }
    Ok(views)
}
