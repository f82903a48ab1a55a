//! `subscription list`.

use anyhow::Result;
use chrono::NaiveDate;

use super::views::SubscriptionView;
use super::{App, Refusal};
use crate::rental::SubscriptionFilter;

/// What a subscription's status can be.
pub const STATUSES: [&str; 3] = ["active", "past_due", "ended"];

/// The subscriptions of one account or all, of one status or any, by account and start.
///
/// # Errors
/// Refuses an unknown account or status.
pub async fn list(
    app: &App,
    key: Option<&str>,
    status: Option<&str>,
    due_by: Option<NaiveDate>,
) -> Result<Vec<SubscriptionView>> {
    if let Some(unknown) = status.filter(|status| !STATUSES.contains(status)) {
        return Err(Refusal::with_hint(
            format!("`{unknown}` is not a status of a subscription"),
            format!("use {}", STATUSES.join(", ")),
        )
        .into());
    }
    let account = match key {
        Some(key) => Some(app.account(super::account_id(key)?).await?.id),
        None => None,
    };
    let filter = SubscriptionFilter {
        account,
        status: status.map(str::to_owned),
        due_by,
        ..Default::default()
    };
    Ok(app.store.subscriptions(&filter).await?.iter().map(SubscriptionView::from).collect())
}
