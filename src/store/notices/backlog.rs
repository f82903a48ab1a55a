//! Counts of pending and failed notices.

use crate::notice::Backlog;
use chrono::{DateTime, Utc};

use crate::store::error::StoreError;
use crate::store::open::Store;

impl Store {
    pub async fn notice_backlog(&self) -> Result<Backlog, StoreError> {
        // One query per status: each has a partial index without the sent notices.
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
