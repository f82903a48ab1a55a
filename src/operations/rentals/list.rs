//! `subscription list`.

use chrono::NaiveDate;

use crate::ids::AccountId;
use crate::operations::App;
use crate::operations::error::Result;
use crate::operations::pages::{Pages, place_after};
use crate::rental::{SubscriptionFilter, SubscriptionRecord, SubscriptionStatus};

/// The subscriptions of one account or of all, of one status or of any, by account and start.
pub async fn pages(
    app: &App,
    account: Option<AccountId>,
    status: Option<SubscriptionStatus>,
    due_by: Option<NaiveDate>,
) -> Result<Pages<'_, SubscriptionRecord>> {
    if let Some(account) = account {
        app.account(account).await?;
    }
    let filter = SubscriptionFilter { account, status, due_by, ..Default::default() };
    Ok(Pages::new(None, move |after, count| {
        let filter = filter.clone();
        async move {
            let records = app.store.subscriptions_after(&filter, after, count).await?;
            let last = place_after(&records, count, |it| (it.account, it.subscription.ordinal));
            Ok((records, last))
        }
    }))
}

/// As [`pages`], the whole list.
pub async fn list(
    app: &App,
    account: Option<AccountId>,
    status: Option<SubscriptionStatus>,
    due_by: Option<NaiveDate>,
) -> Result<Vec<SubscriptionRecord>> {
    pages(app, account, status, due_by).await?.all().await
}
