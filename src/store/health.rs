//! The state of the database, and what has waited in it for a long time.

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
    pub async fn engine(&self) -> Result<String, StoreError> {
        let (engine,): (String,) = self.database.query(ENGINE).fetch_one().await?;
        Ok(engine)
    }

    /// The server's time; `None` for SQLite.
    pub async fn find_server_time(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        if self.database.is_sqlite() {
            return Ok(None);
        }
        // The only statement that reads the database's clock. The result is compared with ours and not
        // stored.
        let (time,): (DateTime<Utc>,) =
            self.database.query("SELECT clock_timestamp()").fetch_one().await?;
        Ok(Some(time))
    }

    /// Checks that the database can be written to, without changing it.
    pub async fn try_to_write(&self) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        transaction.query("UPDATE installation SET kind = kind").execute().await?;
        // Dropped without a commit.
        Ok(())
    }

    /// The pending notices that were queued before an instant; `None` if there are none.
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

    pub async fn count_standing_orders(&self) -> Result<u64, StoreError> {
        let (orders,): (i64,) = self
            .database
            .query("SELECT COUNT(*) FROM auto_reloads WHERE status = 'on'")
            .fetch_one()
            .await?;
        Ok(u64::try_from(orders).unwrap_or_default())
    }
}
