//! One process at a time initialises a database or brings it up to date.

use std::fs::{File, TryLockError};
use std::path::Path;

use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Row as _};

use crate::store::engine::pool::PoolSettings;
use crate::store::engine::url::Address;
use crate::store::error::StoreError;

/// The right to initialise a database, once it is [taken](Self::try_take). The operating system or the server releases
/// it when it is dropped or the process ends for any reason.
pub struct InitLock(Holder);

enum Holder {
    /// The folder of an SQLite file: the file may not exist yet, and SQLite has its own locks on it.
    Folder(File),
    /// A folder that cannot be opened; opening the database in it says why.
    None,
    Postgres(Box<PgConnection>),
}

/// The key of the lock on PostgreSQL, which is of one database.
const KEY: i64 = 0x6c69_6e65_7265_6e74;

impl InitLock {
    /// The lock of the database at `url`, not yet taken.
    ///
    /// # Errors
    /// Those of connecting.
    pub async fn of(url: &str, pool: PoolSettings) -> Result<Self, StoreError> {
        let holder = match Address::of(url)? {
            Address::Sqlite(options) => {
                let folder = options.get_filename().parent();
                let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
                let folder = File::open(folder.unwrap_or(Path::new(".")));
                folder.map_or(Holder::None, Holder::Folder)
            }
            Address::Postgres(options) => {
                let connection = PgConnection::connect_with(&options);
                let connection = tokio::time::timeout(pool.wait_max, connection).await;
                let connection = connection.map_err(|_| sqlx::Error::PoolTimedOut)??;
                Holder::Postgres(Box::new(connection))
            }
        };
        Ok(Self(holder))
    }

    /// Takes the lock without waiting. Returns false if another process has it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn try_take(&mut self) -> Result<bool, StoreError> {
        match &mut self.0 {
            Holder::Folder(folder) => match folder.try_lock() {
                Err(TryLockError::WouldBlock) => Ok(false),
                // A file system without locks has one process at a time, or none at all.
                Ok(()) | Err(TryLockError::Error(_)) => Ok(true),
            },
            Holder::None => Ok(true),
            Holder::Postgres(connection) => {
                let query = sqlx::query("SELECT pg_try_advisory_lock($1)").bind(KEY);
                Ok(query.fetch_one(&mut **connection).await?.try_get(0)?)
            }
        }
    }
}
