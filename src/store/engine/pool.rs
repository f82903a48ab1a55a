//! Pools of connections: how many, how long they are waited for, and what has to be looked after that
//! sqlx does not.

use std::io;
use std::time::Duration;

use sqlx::pool::PoolOptions;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection as _, Postgres, Sqlite};
use tokio::time::timeout;

/// How many connections there are, and how long they are waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSettings {
    /// How long a statement may wait for a connection; on SQLite, for another program's write, too.
    pub wait_max: Duration,
    /// How long PostgreSQL may take for an answer, until it is taken for gone.
    pub answer_max: Duration,
    /// Connections to PostgreSQL, at most.
    pub connections_max: u32,
}

/// A pool whose connections live until they break; each is tried before it is used.
///
/// sqlx closes connections that are old or idle in a task of its own, which counts them wrong after a wait
/// was given up: it then goes round for ever, and keeps a core busy and the program from ending.
fn pool_of<DB: sqlx::Database>(connections_max: u32, pool: PoolSettings) -> PoolOptions<DB> {
    PoolOptions::new()
        .max_connections(connections_max)
        .acquire_timeout(pool.wait_max)
        .idle_timeout(None)
        .max_lifetime(None)
}

/// On a full disk SQLite takes a transaction back by itself, of which sqlx knows nothing: such a connection
/// would begin no other any more.
pub(super) fn sqlite_pool_of(connections_max: u32, pool: PoolSettings) -> PoolOptions<Sqlite> {
    pool_of(connections_max, pool).before_acquire(|connection: &mut SqliteConnection, _| {
        let is_sound = !connection.is_in_transaction();
        Box::pin(async move { Ok(is_sound) })
    })
}

/// A server that is a standby is not the one that is meant: a name, or an address, still points to it after
/// another took its place. Connections to it would last for ever, and no write would succeed.
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

/// How far a pool of connections is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolUse {
    /// What its connections are for: `writer` and `readers` on SQLite, `all` on PostgreSQL.
    pub name: &'static str,
    /// Connections that wait for work.
    pub idle: u64,
    /// Connections at work.
    pub in_use: u64,
    /// Connections, at most.
    pub max: u64,
}

impl PoolUse {
    pub(super) fn of<DB: sqlx::Database>(name: &'static str, pool: &sqlx::Pool<DB>) -> Self {
        let open = u64::from(pool.size());
        // The count of those that are idle may be wrong for a moment.
        let idle = (pool.num_idle() as u64).min(open);
        let max = u64::from(pool.options().get_max_connections());
        Self { name, idle, in_use: open - idle, max }
    }
}

/// What PostgreSQL answers within `answer_max`. A server that vanished without a word, as one does that
/// another takes the place of, would be waited for until the end of days.
pub(super) async fn answered<T>(
    answer_max: Duration,
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    timeout(answer_max, answer).await.unwrap_or_else(|_| {
        let silence = io::Error::new(io::ErrorKind::TimedOut, "the server does not answer");
        Err(sqlx::Error::Io(silence))
    })
}
