//! Notices that did not leave yet, or never will, counted.

use crate::notice::Backlog;
use chrono::{DateTime, Utc};

use crate::store::error::StoreError;
use crate::store::open::Store;

impl Store {
    /// Counts the notices that did not leave.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn notice_backlog(&self) -> Result<Backlog, StoreError> {
        // Each by an index of its own, of which those that were sent are no part.
        let (pending, oldest_pending_at): (i64, Option<DateTime<Utc>>) = self
            .database
            .query("SELECT COUNT(*), MIN(created_at) FROM notices WHERE status = 'pending'")
            .fetch_one()
            .await?;
        let (failed,): (i64,) = self
            .database
            .query("SELECT COUNT(*) FROM notices WHERE status = 'failed'")
            .fetch_one()
            .await?;
        Ok(Backlog {
            pending: pending.unsigned_abs(),
            failed: failed.unsigned_abs(),
            oldest_pending_at,
        })
    }
}
