//! One SQLite file takes one daemon: a second one is refused. The admin program works beside it.

use std::fs::{File, TryLockError};
use std::path::PathBuf;

use crate::store::error::StoreError;
use crate::store::open::Store;

/// Held for as long as the daemon lives. The system takes it back from a process that dies, however it
/// dies, so there is nothing to clean up.
#[derive(Debug)]
pub struct DaemonLock {
    _file: Option<File>,
}

impl Store {
    /// Makes this process the daemon of its database; PostgreSQL takes as many as there are.
    ///
    /// # Errors
    /// [`StoreError::AnotherDaemon`] where there is one.
    pub fn lock_for_daemon(&self) -> Result<DaemonLock, StoreError> {
        let Some(database) = self.database.sqlite_file() else {
            return Ok(DaemonLock { _file: None });
        };
        // Beside the database, never the database itself: SQLite has locks of its own on that.
        let mut name = database.canonicalize().map_err(sqlx::Error::Io)?.into_os_string();
        name.push("-daemon");
        let path = PathBuf::from(name);
        let file =
            File::options().create(true).append(true).open(&path).map_err(sqlx::Error::Io)?;
        match file.try_lock() {
            Ok(()) => Ok(DaemonLock { _file: Some(file) }),
            Err(TryLockError::WouldBlock) => Err(StoreError::AnotherDaemon(path)),
            Err(TryLockError::Error(error)) => Err(sqlx::Error::Io(error).into()),
        }
    }
}
