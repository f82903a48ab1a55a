//! `subscription list`.

use chrono::NaiveDate;

use crate::ids::AccountId;
use crate::operations::App;
use crate::operations::error::Result;
use crate::rental::{SubscriptionFilter, SubscriptionRecord, SubscriptionStatus};

/// The subscriptions of one account or of all, of one status or of any, by account and start.
pub async fn list(
    app: &App,
    account: Option<AccountId>,
    status: Option<SubscriptionStatus>,
    due_by: Option<NaiveDate>,
) -> Result<Vec<SubscriptionRecord>> {
    if let Some(account) = account {
        app.account(account).await?;
    }
    let filter = SubscriptionFilter { account, status, due_by, ..Default::default() };
    Ok(app.store.subscriptions(&filter).await?)
}
