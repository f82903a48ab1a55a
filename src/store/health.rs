//! What the database says of its own health, and what has waited in it for long.

use chrono::{DateTime, Utc};

use crate::notice::WaitingNotices;
use crate::store::engine::Sql;
use crate::store::error::StoreError;
use crate::store::open::Store;

const ENGINE: Sql = Sql {
    sqlite: "SELECT 'SQLite ' || sqlite_version()",
    postgres: "SELECT 'PostgreSQL ' || split_part(current_setting('server_version'), ' ', 1)",
};

impl Store {
    /// The engine and its version, such as `PostgreSQL 15.14`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn engine(&self) -> Result<String, StoreError> {
        let (engine,): (String,) = self.database.query(ENGINE).fetch_one().await?;
        Ok(engine)
    }

    /// The time by the server's clock; none where there is no server.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find_server_time(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        if self.database.is_sqlite() {
            return Ok(None);
        }
        // The one statement that asks for the time. Nothing is stored by it: it is compared with ours.
        let (time,): (DateTime<Utc>,) =
            self.database.query("SELECT clock_timestamp()").fetch_one().await?;
        Ok(Some(time))
    }

    /// Finds out whether anything can be written, and leaves everything as it is.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot.
    pub async fn try_to_write(&self) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        transaction.query("UPDATE installation SET kind = kind").execute().await?;
        // It is dropped: nothing has changed.
        Ok(())
    }

    /// The notices that were queued before an instant and are still to be sent, if there are any.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find_waiting_notices(
        &self,
        queued_before: DateTime<Utc>,
    ) -> Result<Option<WaitingNotices>, StoreError> {
        let (notices, since): (i64, Option<DateTime<Utc>>) = self
            .database
            .query(
                "SELECT COUNT(*), MIN(created_at)
                 FROM notices
                 WHERE status = 'pending' AND created_at < $1",
            )
            .bind(queued_before)
            .fetch_one()
            .await?;
        let count = u64::try_from(notices).unwrap_or_default();
        Ok(since.map(|since| WaitingNotices { count, since }))
    }

    /// How many accounts have a standing order that is on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_standing_orders(&self) -> Result<u64, StoreError> {
        let (orders,): (i64,) = self
            .database
            .query("SELECT COUNT(*) FROM auto_reloads WHERE status = 'on'")
            .fetch_one()
            .await?;
        Ok(u64::try_from(orders).unwrap_or_default())
    }
}
