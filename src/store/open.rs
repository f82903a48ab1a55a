//! Opening and closing the database.

use crate::store::engine::Database;
use crate::store::engine::pool::{PoolSettings, PoolUse};
use crate::store::error::StoreError;

/// An open database. Each file of the store adds the functions of its subject.
#[derive(Debug, Clone)]
pub struct Store {
    pub(in crate::store) database: Database,
}

impl Store {
    /// Checks the syntax of a database URL without connecting.
    pub fn check_url(url: &str) -> Result<(), StoreError> {
        Database::check(url)
    }

    /// Connects to the existing database at `url` (`sqlite:PATH` or `postgres://…`).
    pub async fn connect(url: &str, pool: PoolSettings) -> Result<Self, StoreError> {
        Ok(Self { database: Database::connect(url, pool, false).await? })
    }

    /// Connects as [`Store::connect`] does, and creates the SQLite file if it does not exist.
    pub async fn connect_or_create(url: &str, pool: PoolSettings) -> Result<Self, StoreError> {
        Ok(Self { database: Database::connect(url, pool, true).await? })
    }

    /// How many connections of each pool are in use.
    pub fn pools(&self) -> Vec<PoolUse> {
        self.database.pools()
    }

    /// Whether the database accepts connections now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.database.ping().await
    }

    /// Closes all connections. SQLite writes its log back to the database file.
    pub async fn close(&self) {
        self.database.close().await;
    }
}
