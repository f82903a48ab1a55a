//! What can go wrong in the database, as far as a caller acts on it.

use std::fmt;
use std::io::ErrorKind;
use std::path::PathBuf;

use thiserror::Error;

/// Why the database did not do as it was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Somebody else's change came first, or the engine broke a deadlock: compute again.
    #[error("the data changed meanwhile")]
    Conflict,
    /// Somebody else took over this slice of the run.
    #[error("the lease on the slice was lost")]
    LeaseLost,
    /// Somebody else rented the number first, or it was taken out of sale.
    #[error("the number is no longer to be had")]
    NumberTaken,
    /// The database as a whole cannot be used now.
    #[error("the database cannot be used\nhint: {remedy}")]
    Unavailable {
        /// What the operator can do.
        remedy: &'static str,
        /// What the engine said.
        #[source]
        source: EngineError,
    },
    /// One SQLite file takes one daemon.
    #[error(
        "another linerentd is at work on this database, it holds {}\nhint: stop that one, or use PostgreSQL, which takes several", .0.display()
    )]
    AnotherDaemon(PathBuf),
    /// The URL is of neither engine.
    #[error("`{shown}` is not a database URL\nhint: {hint}")]
    Url {
        /// The URL, as far as it may be shown.
        shown: String,
        /// How to write it.
        hint: String,
    },
    /// It holds something else, or another version of this.
    #[error("{0}")]
    Schema(String),
    /// A row that cannot be understood.
    #[error("{what} cannot be read: {why}")]
    Unreadable {
        /// Which row.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// A statement was refused.
    #[error("the database refused a statement")]
    Refused(#[source] EngineError),
}

/// What went wrong: the engine's own message, or ours in place of the driver's.
#[derive(Debug)]
pub struct EngineError(sqlx::Error);

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
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
    /// A row `what` that cannot be understood, `why`.
    pub(crate) fn unreadable(what: impl ToString, why: impl ToString) -> Self {
        Self::Unreadable { what: what.to_string(), why: why.to_string() }
    }

    /// Whether it may pass by itself: a server that is away, starting or full, a file that another
    /// program is writing to. What a person has to mend does not.
    pub fn is_passing(&self) -> bool {
        let Self::Unavailable { source: EngineError(source), .. } = self else { return false };
        match source {
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed => true,
            sqlx::Error::Database(error) => {
                let code = error.code().unwrap_or_default();
                match sqlite_code(&code) {
                    // Busy, locked, or another's locks.
                    Some(primary) => matches!(primary, 5 | 6 | 15),
                    // Shutting down, crashed, starting; too many connections; a standby that a name
                    // still points to; the connection was lost.
                    None => {
                        matches!(&*code, "57P01" | "57P02" | "57P03" | "53300" | "25006")
                            || code.starts_with("08")
                    }
                }
            }
            _ => false,
        }
    }

    /// Whether the fault lies with the database as a whole and not with one account's rows.
    pub const fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Schema(_) | Self::Url { .. })
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(source: sqlx::Error) -> Self {
        use sqlx::Error::{Io, PoolClosed, PoolTimedOut, Protocol, Tls, WorkerCrashed};
        match &source {
            Io(_) | Tls(_) | PoolTimedOut | PoolClosed | Protocol(_) | WorkerCrashed => {
                Self::Unavailable {
                    remedy: "check `database.url`, and that the server runs and can be reached",
                    source: EngineError(source),
                }
            }
            sqlx::Error::Database(error) => {
                let code = error.code().unwrap_or_default();
                match fault_of(&code, error.message()) {
                    Fault::Conflict => Self::Conflict,
                    Fault::Unavailable(remedy) => {
                        Self::Unavailable { remedy, source: EngineError(source) }
                    }
                    Fault::Statement => Self::Refused(EngineError(source)),
                }
            }
            _ => Self::Refused(EngineError(source)),
        }
    }
}

enum Fault {
    Conflict,
    Unavailable(&'static str),
    Statement,
}

/// SQLite's primary code, which is the low byte: a full disk, a locked file. PostgreSQL's have five
/// characters.
fn sqlite_code(code: &str) -> Option<u32> {
    code.parse::<u32>().ok().filter(|_| code.len() < 5).map(|code| code & 0xff)
}

/// Reads an error code: five characters of SQLSTATE, or the decimal of an SQLite result code.
fn fault_of(code: &str, message: &str) -> Fault {
    match (sqlite_code(code), code) {
        (Some(5 | 6 | 15), _) => {
            Fault::Unavailable("another program is writing to it: try again, or stop that one")
        }
        (Some(8), _) => Fault::Unavailable(
            "it is read-only: check `database.url`, and the permissions of the file and its folder",
        ),
        (Some(10 | 13), _) => {
            Fault::Unavailable("the disk is full or failing: make room, then run the command again")
        }
        (Some(14), _) => Fault::Unavailable(
            "there is no such file or it may not be opened: run `linerent init`, or check `database.url`",
        ),
        (Some(11 | 26), _) => Fault::Unavailable(
            "the file is damaged or not an SQLite database: check `database.url`",
        ),
        (None, "40001" | "40P01" | "55P03") => Fault::Conflict,
        (None, "3D000") => Fault::Unavailable(
            "there is no such database: create it (`createdb NAME`), then run `linerent init`",
        ),
        (None, "28P01" | "28000") => Fault::Unavailable(
            "check the user and password in `database.url`: write @ as %40, : as %3A, / as %2F, # as %23, ? as %3F and % as %25",
        ),
        (None, "25006") => {
            Fault::Unavailable("the server is read-only: point `database.url` at the primary")
        }
        // What a row can be to blame for: a value, a key or check, a trigger's no. All else is the
        // database's own trouble, and must not be taken for the fault of one account.
        (Some(18..=20), _) | (None, "P0001") => Fault::Statement,
        (None, code) if code.starts_with("22") || code.starts_with("23") => Fault::Statement,
        _ if message.contains("unable to open database file") => {
            Fault::Unavailable("run `linerent init`, or check `database.url`")
        }
        _ => Fault::Unavailable("see the server's log, and the rights of the database's user"),
    }
}
