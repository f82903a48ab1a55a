//! Only one daemon may use an SQLite file. Admin commands may use it at the same time.

use std::fs::{File, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use crate::private_files::FILE_MODE;
use crate::store::error::StoreError;
use crate::store::open::Store;

/// Held while the daemon runs. The operating system releases it when the process ends for any reason,
/// so nothing has to be cleaned up.
#[derive(Debug)]
pub struct DaemonLock {
    _file: Option<File>,
}

impl Store {
    /// Locks the database for this daemon. PostgreSQL allows several daemons, so there is no lock.
    ///
    /// # Errors
    /// [`StoreError::AnotherDaemon`] if another daemon holds the lock.
    pub fn lock_for_daemon(&self) -> Result<DaemonLock, StoreError> {
        let Some(database) = self.database.sqlite_file() else {
            return Ok(DaemonLock { _file: None });
        };
        // A file beside the database, because SQLite has its own locks on the database file.
        let mut name = database.canonicalize().map_err(sqlx::Error::Io)?.into_os_string();
        name.push("-daemon");
        let path = PathBuf::from(name);
        let file = File::options()
            .create(true)
            .append(true)
            .mode(FILE_MODE)
            .open(&path)
            .map_err(sqlx::Error::Io)?;
        match file.try_lock() {
            Ok(()) => Ok(DaemonLock { _file: Some(file) }),
            Err(TryLockError::WouldBlock) => Err(StoreError::AnotherDaemon(path)),
            Err(TryLockError::Error(error)) => Err(sqlx::Error::Io(error).into()),
        }
    }
}
