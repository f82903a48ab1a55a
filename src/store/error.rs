//! The errors of the database, one for each way in which a caller reacts.

use std::fmt;
use std::io::ErrorKind;
use std::path::PathBuf;

use thiserror::Error;

use crate::store::schema::SchemaError;
use crate::text::{quoted, shortened};

/// Why the database did not do what was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Another change was committed first, or the engine broke a deadlock: compute the change again.
    #[error("the data changed meanwhile")]
    Conflict,
    /// Another worker took over this slice of the run.
    #[error("the lease on the slice was lost")]
    LeaseLost,
    /// Another account rented the number first, or it was taken out of sale.
    #[error("the number is no longer available")]
    NumberTaken,
    /// Another reload has this identifier of a charge at the gateway.
    #[error("another reload has the gateway's identifier of this charge")]
    ReferenceTaken,
    /// The database as a whole cannot be used now.
    #[error("the database cannot be used")]
    Unavailable {
        fault: DatabaseFault,
        #[source]
        source: EngineError,
    },
    /// Another process has been initialising the database for longer than this one waits.
    #[error("another process is initialising this database")]
    BeingInitialised,
    /// Only one daemon may use an SQLite file. The path is that of its lock file.
    #[error("another linerentd is at work on this database, it holds {}", .0.display())]
    AnotherDaemon(PathBuf),
    #[error("{} is not a database URL", quoted(.shown))]
    Url {
        /// The URL without anything that may be secret.
        shown: String,
        mistake: UrlMistake,
    },
    /// The tables are not those of this program and version.
    #[error("{0}")]
    Schema(SchemaError),
    /// A row that cannot be understood.
    #[error("{what} cannot be read: {why}")]
    Unreadable { what: String, why: String },
    /// A statement was refused.
    #[error("the database refused a statement")]
    Refused(#[source] EngineError),
}

/// Why the database as a whole cannot be used, as far as the engine says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseFault {
    /// No connection to the server, or it was lost.
    Unreachable,
    /// Another program has locked the SQLite file.
    Locked,
    /// The SQLite file cannot be written.
    ReadOnlyFile,
    /// The disk is full or fails.
    Disk,
    /// The SQLite file does not exist or cannot be opened.
    FileMissing,
    /// The file is damaged, or is not an SQLite database.
    FileDamaged,
    /// The server has no database of this name.
    DatabaseMissing,
    /// The server refuses the user or the password.
    Credentials,
    /// The server is a standby, or the database is set to read-only.
    ReadOnlyServer,
    Other,
}

/// Why a text is not a database URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UrlMistake {
    /// It is of neither engine, or malformed.
    Malformed,
    /// The user or the password seems to contain this character, which must be percent-encoded.
    Unencoded(char),
}

/// The most characters of a message of the engine. It is stored and logged, and PostgreSQL's may contain a whole row.
const MESSAGE_CHARS_MAX: usize = 1_000;

/// The engine's own message, shortened, or ours in place of the driver's.
#[derive(Debug)]
pub struct EngineError(sqlx::Error);

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = Message(&self.0).to_string();
        f.write_str(&shortened(&message, MESSAGE_CHARS_MAX))
    }
}

/// The whole message.
struct Message<'a>(&'a sqlx::Error);

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            sqlx::Error::Database(error) => f.write_str(error.message()),
            sqlx::Error::Io(error) => match error.kind() {
                ErrorKind::ConnectionRefused => f.write_str("connection refused"),
                ErrorKind::TimedOut => f.write_str("the server does not answer"),
                ErrorKind::UnexpectedEof
                | ErrorKind::ConnectionReset
                | ErrorKind::ConnectionAborted
                | ErrorKind::BrokenPipe => f.write_str("the server closed the connection"),
                _ => error.fmt(f),
            },
            sqlx::Error::PoolTimedOut => f.write_str("no connection could be had in time"),
            sqlx::Error::PoolClosed => f.write_str("the program is closing its connections"),
            sqlx::Error::WorkerCrashed => f.write_str("the thread that uses the file has stopped"),
            sqlx::Error::Tls(error) => write!(f, "TLS failed: {error}"),
            sqlx::Error::Protocol(what) => {
                write!(f, "the server's answer is not understood: {what}")
            }
            other => other.fmt(f),
        }
    }
}

impl std::error::Error for EngineError {}

impl StoreError {
    pub(crate) fn unreadable(what: impl ToString, why: impl ToString) -> Self {
        Self::Unreadable { what: what.to_string(), why: why.to_string() }
    }

    /// Whether it may end without an operator's action: the server is unreachable, starting or full, or another
    /// program is writing to the file.
    pub fn is_passing(&self) -> bool {
        let Self::Unavailable { source: EngineError(source), .. } = self else { return false };
        match source {
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed => true,
            sqlx::Error::Database(error) => {
                let code = error.code().unwrap_or_default();
                match sqlite_code(&code) {
                    // Busy, locked, or the locking protocol failed.
                    Some(primary) => matches!(primary, 5 | 6 | 15),
                    // Shutting down, crashed, starting; too many connections; a standby that the host
                    // name still points to; the connection was lost.
                    None => {
                        matches!(&*code, "57P01" | "57P02" | "57P03" | "53300" | "25006")
                            || code.starts_with("08")
                    }
                }
            }
            _ => false,
        }
    }

    /// Whether the whole database is affected, not only the rows of one account.
    pub const fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Schema(_) | Self::Url { .. })
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(source: sqlx::Error) -> Self {
        use sqlx::Error::{Io, PoolClosed, PoolTimedOut, Protocol, Tls, WorkerCrashed};
        match &source {
            Io(_) | Tls(_) | PoolTimedOut | PoolClosed | Protocol(_) | WorkerCrashed => {
                Self::Unavailable { fault: DatabaseFault::Unreachable, source: EngineError(source) }
            }
            sqlx::Error::Database(error) => {
                let code = error.code().unwrap_or_default();
                match failure_of(&code, error.message()) {
                    Failure::Conflict => Self::Conflict,
                    Failure::Database(fault) => {
                        Self::Unavailable { fault, source: EngineError(source) }
                    }
                    Failure::Statement if is_taken_reference(&**error) => Self::ReferenceTaken,
                    Failure::Statement => Self::Refused(EngineError(source)),
                }
            }
            _ => Self::Refused(EngineError(source)),
        }
    }
}

/// Whether the key of the gateway's references refused a row. SQLite names the columns of a key, not the key.
fn is_taken_reference(error: &dyn sqlx::error::DatabaseError) -> bool {
    error.constraint() == Some("reloads_reference")
        || error.message().ends_with("reloads.gateway, reloads.reference")
}

enum Failure {
    Conflict,
    Database(DatabaseFault),
    Statement,
}

/// SQLite's primary code, the low byte of its result code. PostgreSQL's codes have five characters.
fn sqlite_code(code: &str) -> Option<u32> {
    code.parse::<u32>().ok().filter(|_| code.len() < 5).map(|code| code & 0xff)
}

/// Reads an error code: five characters of SQLSTATE, or the decimal of an SQLite result code.
fn failure_of(code: &str, message: &str) -> Failure {
    let fault = match (sqlite_code(code), code) {
        (None, "40001" | "40P01" | "55P03") => return Failure::Conflict,
        // Errors that the data of one account can cause: a value, a key or a check, a trigger's refusal. All
        // other errors are the database's, and must not be reported as the fault of one account.
        (Some(18..=20), _) | (None, "P0001") => return Failure::Statement,
        (None, code) if code.starts_with("22") || code.starts_with("23") => {
            return Failure::Statement;
        }
        (Some(5 | 6 | 15), _) => DatabaseFault::Locked,
        (Some(8), _) => DatabaseFault::ReadOnlyFile,
        (Some(10 | 13), _) => DatabaseFault::Disk,
        (Some(14), _) => DatabaseFault::FileMissing,
        (Some(11 | 26), _) => DatabaseFault::FileDamaged,
        (None, "3D000") => DatabaseFault::DatabaseMissing,
        (None, "28P01" | "28000") => DatabaseFault::Credentials,
        (None, "25006") => DatabaseFault::ReadOnlyServer,
        _ if message.contains("unable to open database file") => DatabaseFault::FileMissing,
        _ => DatabaseFault::Other,
    };
    Failure::Database(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_of_the_engine_is_shortened() {
        let long = sqlx::Error::Protocol("\u{f6}".repeat(1 << 20));
        let shown = EngineError(long).to_string();
        assert_eq!(shown.chars().count(), MESSAGE_CHARS_MAX);
        assert!(
            shown.starts_with("the server's answer is not understood: öö") && shown.ends_with("ö…")
        );
    }
}
