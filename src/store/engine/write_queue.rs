//! The order in which programs write to an SQLite file.
//!
//! SQLite has no queue for its lock: a program that waits looks at it again after a pause of up to a tenth of a
//! second. A run that writes one transaction after the other leaves the lock free only for an instant each time, so the
//! others would find it taken again and again. So a program that wants to write first locks a file beside the database,
//! and unlocks it once its transaction has begun: while it waits for SQLite's lock, no other program can begin.

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tracing::debug;

use crate::private_files::FILE_MODE;

#[derive(Debug, Clone)]
pub(in crate::store) struct WriteQueue {
    path: PathBuf,
    wait_max: Duration,
}

/// The right to begin the next transaction. The operating system takes it back if the program ends for any reason.
pub(super) struct Turn {
    _file: File,
}

impl WriteQueue {
    pub(super) fn beside(database: &Path, wait_max: Duration) -> Self {
        let mut name = database.as_os_str().to_owned();
        name.push("-queue");
        Self { path: PathBuf::from(name), wait_max }
    }

    /// Waits for the right to begin a transaction. There is none if files cannot be locked here: then SQLite's own
    /// lock is all that there is.
    ///
    /// # Errors
    /// [`sqlx::Error::PoolTimedOut`] after the longest wait.
    pub(super) async fn turn(&self) -> Result<Option<Turn>, sqlx::Error> {
        match timeout(self.wait_max, self.lock()).await {
            Ok(Ok(file)) => Ok(Some(Turn { _file: file })),
            Ok(Err(error)) => {
                debug!(%error, path = %self.path.display(), "the file cannot be locked");
                Ok(None)
            }
            Err(_) => Err(sqlx::Error::PoolTimedOut),
        }
    }

    /// Each turn opens the file anew, because the lock belongs to the open file: if the wait has ended by then, the
    /// thread that waits closes the file, and so unlocks it.
    async fn lock(&self) -> io::Result<File> {
        let file = File::options().create(true).append(true).mode(FILE_MODE).open(&self.path)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::Error(error)) => Err(error),
            Err(TryLockError::WouldBlock) => {
                let locked = spawn_blocking(move || file.lock().map(|()| file));
                locked.await.map_err(io::Error::other)?
            }
        }
    }
}
