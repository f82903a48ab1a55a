//! Connection pools: their limits, and the checks that sqlx does not make.

use std::io;
use std::time::Duration;

use sqlx::pool::PoolOptions;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection as _, Postgres, Sqlite};
use tokio::time::timeout;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSettings {
    /// How long a statement may wait for a connection and, on SQLite, for the write of another program.
    pub wait_max: Duration,
    /// How long PostgreSQL may take to answer before the connection counts as lost.
    pub answer_max: Duration,
    /// Maximum number of connections to PostgreSQL.
    pub connections_max: u32,
}

/// Connections stay open until they fail, and are checked before use.
///
/// sqlx closes old or idle connections in a background task, which miscounts connections after a wait
/// has timed out: it then loops forever, keeps one core busy and prevents the program from ending.
fn pool_of<DB: sqlx::Database>(connections_max: u32, pool: PoolSettings) -> PoolOptions<DB> {
    PoolOptions::new()
        .max_connections(connections_max)
        .acquire_timeout(pool.wait_max)
        .idle_timeout(None)
        .max_lifetime(None)
}

/// If the disk is full, SQLite rolls a transaction back by itself and sqlx does not notice: the
/// connection could not begin another transaction.
pub(super) fn sqlite_pool_of(connections_max: u32, pool: PoolSettings) -> PoolOptions<Sqlite> {
    pool_of(connections_max, pool).before_acquire(|connection: &mut SqliteConnection, _| {
        let is_sound = !connection.is_in_transaction();
        Box::pin(async move { Ok(is_sound) })
    })
}

/// Rejects a standby: after a failover, a host name may still refer to the old server. Connections to
/// it would stay open, and every write would fail.
pub(super) fn postgres_pool_of(pool: PoolSettings) -> PoolOptions<Postgres> {
    pool_of(pool.connections_max, pool).after_connect(|connection, _| {
        Box::pin(async move {
            let (is_standby,): (bool,) =
                sqlx::query_as("SELECT pg_is_in_recovery()").fetch_one(connection).await?;
            if is_standby {
                return Err(sqlx::Error::Io(io::Error::other("the server is a standby")));
            }
            Ok(())
        })
    })
}

/// How many connections of a pool are in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolUse {
    /// `writer` and `readers` on SQLite, `all` on PostgreSQL.
    pub name: &'static str,
    /// Open connections that are not in use.
    pub idle: u64,
    pub in_use: u64,
    /// Maximum number of connections.
    pub max: u64,
}

impl PoolUse {
    pub(super) fn of<DB: sqlx::Database>(name: &'static str, pool: &sqlx::Pool<DB>) -> Self {
        let open = u64::from(pool.size());
        // The number of idle connections may be wrong for a moment.
        let idle = (pool.num_idle() as u64).min(open);
        let max = u64::from(pool.options().get_max_connections());
        Self { name, idle, in_use: open - idle, max }
    }
}

/// Limits the wait for PostgreSQL's answer. Without this limit a query to a server that failed over
/// would hang forever.
pub(super) async fn answered<T>(
    answer_max: Duration,
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    timeout(answer_max, answer).await.unwrap_or_else(|_| {
        let silence = io::Error::new(io::ErrorKind::TimedOut, "the server does not answer");
        Err(sqlx::Error::Io(silence))
    })
}
