//! The values that monitoring reads from the database, apart from those of runs.
//!
//! To add one: a field of [`DatabaseStatus`] with its statement here, and its metric in `metrics::database_metrics`.

use chrono::NaiveDate;

use crate::ids::AccountId;
use crate::notice::Backlog;
use crate::store::error::StoreError;
use crate::store::open::Store;

#[derive(Debug, Clone)]
pub struct DatabaseStatus {
    /// The oldest due date that is not charged yet.
    pub oldest_unbilled_on: Option<NaiveDate>,
    /// Reloads with an outcome that is not known yet.
    pub open_reloads: u64,
    /// Notices that are not sent.
    pub notices: Backlog,
}

impl Store {
    /// Reads all values. `today` is the billing date.
    pub async fn status(&self, today: NaiveDate) -> Result<DatabaseStatus, StoreError> {
        let (first, last) = (AccountId::MIN, AccountId::MAX);
        Ok(DatabaseStatus {
            oldest_unbilled_on: self.oldest_due(first, last, today).await?,
            open_reloads: self.count_open_reloads(first, last).await?,
            notices: self.notice_backlog().await?,
        })
    }
}
