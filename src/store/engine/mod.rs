//! The only module that knows that there are two engines.
//!
//! A `Database` is a connection pool of either engine, a `Transaction` a transaction of either, and
//! a `Query` has the interface of sqlx's and binds parameters for either. A statement is one text
//! with `$1` parameters; if the engines need different texts, `Sql` has both.
//!
//! `Query::bind_rows` binds many rows, in a statement made by `bulk_sql!`. PostgreSQL receives one
//! array per column (`UNNEST($1, $2, …)`), SQLite one JSON array of rows (`jsonb_each($1)`, which
//! returns each row parsed; `json_each` would format and parse it again for each column).

mod bulk;
pub mod init_lock;
pub mod pool;
mod query;
mod row;
mod sql;
mod url;
mod write_queue;

use std::path::PathBuf;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqliteSynchronous};
use sqlx::{Connection as _, Postgres, SqlSafeStr as _, Sqlite};

use crate::private_files;
use crate::store::error::StoreError;
use pool::{PoolSettings, PoolUse, answered, postgres_pool_of, sqlite_pool_of};
pub(in crate::store) use query::Query;
use query::Target;
pub(in crate::store) use row::{column, row_struct};
pub(in crate::store) use sql::{Sql, bulk_sql};
use url::Address;
use write_queue::WriteQueue;

const READERS_MAX: u32 = 4;

/// A connection pool of either engine.
#[derive(Debug, Clone)]
pub(in crate::store) enum Database {
    /// SQLite allows one writer at a time: one connection writes, a pool reads. The tasks of this program get the
    /// connection in the order in which they ask for it, and programs take turns by the `queue`.
    Sqlite { writer: SqlitePool, readers: SqlitePool, queue: WriteQueue },
    /// `answer_max` is how long PostgreSQL may take to answer.
    Postgres { pool: PgPool, answer_max: Duration },
}

/// A transaction of either engine. It is rolled back if it is dropped without [`Transaction::commit`].
pub(in crate::store) enum Transaction {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres { transaction: sqlx::Transaction<'static, Postgres>, answer_max: Duration },
}

impl Database {
    pub(in crate::store) async fn connect(
        url: &str,
        pool: PoolSettings,
        create: bool,
    ) -> Result<Self, StoreError> {
        match Address::of(url)? {
            Address::Sqlite(options) => Self::connect_sqlite(*options, pool, create).await,
            Address::Postgres(options) => Self::connect_postgres(*options, pool).await,
        }
    }

    /// Checks the URL without connecting.
    pub(in crate::store) fn check(url: &str) -> Result<(), StoreError> {
        Address::of(url).map(|_| ())
    }

    async fn connect_sqlite(
        options: SqliteConnectOptions,
        pool: PoolSettings,
        create: bool,
    ) -> Result<Self, StoreError> {
        let options = options
            .create_if_missing(create)
            .foreign_keys(true)
            .busy_timeout(pool.wait_max)
            // A committed transaction survives a power failure.
            .synchronous(SqliteSynchronous::Full)
            // Keep the rollback data of statements in memory: in a file, each page that a bulk
            // statement changes would be written once more.
            .pragma("temp_store", "MEMORY")
            // 64 MiB instead of 2: the upper pages of the indexes that a run reads.
            .pragma("cache_size", "-65536")
            // 32 MiB of log instead of 4, which one or two batches would fill: they would wait for the
            // checkpoint.
            .pragma("wal_autocheckpoint", "8192");
        let queue = WriteQueue::beside(options.get_filename(), pool.wait_max);
        let writing = options.clone().journal_mode(SqliteJournalMode::Wal);
        let writer = sqlite_pool_of(1, pool).connect_lazy_with(writing);
        if create {
            // The log and its index take the permissions of the file.
            private_files::make_file(options.get_filename()).map_err(sqlx::Error::Io)?;
            drop(writer.acquire().await?);
        }
        let readers = sqlite_pool_of(READERS_MAX, pool);
        let readers = readers.connect_with(options.create_if_missing(false)).await?;
        Ok(Self::Sqlite { writer, readers, queue })
    }

    async fn connect_postgres(
        options: PgConnectOptions,
        pool: PoolSettings,
    ) -> Result<Self, StoreError> {
        let options = options
            .application_name("linerent")
            .options([("lock_timeout", "5s"), ("idle_in_transaction_session_timeout", "60s")]);
        // Without this connection the pool would retry a server that rejects it, and report its own
        // time-out.
        let first = tokio::time::timeout(pool.wait_max, PgConnection::connect_with(&options)).await;
        first.map_err(|_| sqlx::Error::PoolTimedOut)??.close().await?;
        let answer_max = pool.answer_max;
        let pool = postgres_pool_of(pool).connect_with(options).await?;
        Ok(Self::Postgres { pool, answer_max })
    }

    /// Connects once, and at once: a pool waits longer and longer between attempts.
    pub(in crate::store) async fn ping(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite { readers, .. } => drop(readers.acquire().await?),
            Self::Postgres { pool, .. } => {
                PgConnection::connect_with(&pool.connect_options()).await?.close().await?;
            }
        }
        Ok(())
    }

    pub(in crate::store) async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers, .. } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres { pool, .. } => pool.close().await,
        }
    }

    pub(in crate::store) fn pools(&self) -> Vec<PoolUse> {
        match self {
            Self::Sqlite { writer, readers, .. } => {
                vec![PoolUse::of("writer", writer), PoolUse::of("readers", readers)]
            }
            Self::Postgres { pool, .. } => vec![PoolUse::of("all", pool)],
        }
    }

    /// Begins a transaction that writes.
    pub(in crate::store) async fn begin(&self) -> Result<Transaction, StoreError> {
        Ok(match self {
            Self::Sqlite { writer, queue, .. } => {
                let connection = writer.acquire().await?;
                let turn = queue.turn().await?;
                // A transaction that reads first and then writes would fail instead of waiting for the
                // lock.
                let begin = "BEGIN IMMEDIATE".into_sql_str();
                let transaction = sqlx::Transaction::begin(connection, Some(begin)).await?;
                drop(turn);
                Transaction::Sqlite(transaction)
            }
            Self::Postgres { pool, answer_max } => Transaction::Postgres {
                transaction: answered(*answer_max, pool.begin()).await?,
                answer_max: *answer_max,
            },
        })
    }

    /// Begins a read-only transaction whose statements all read the same snapshot.
    pub(in crate::store) async fn snapshot(&self) -> Result<Transaction, StoreError> {
        Ok(match self {
            Self::Sqlite { readers, .. } => Transaction::Sqlite(readers.begin().await?),
            Self::Postgres { pool, answer_max } => {
                let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                Transaction::Postgres {
                    transaction: answered(*answer_max, pool.begin_with(begin)).await?,
                    answer_max: *answer_max,
                }
            }
        })
    }

    /// A statement that reads.
    pub(in crate::store) fn query(&self, sql: impl Into<Sql>) -> Query<'_> {
        let target = match self {
            Self::Sqlite { readers, .. } => Target::SqlitePool(readers),
            Self::Postgres { pool, answer_max } => Target::PostgresPool(pool, *answer_max),
        };
        Query::new(target, sql.into())
    }

    /// Runs the migrations that are missing.
    pub(in crate::store) async fn migrate(
        &self,
        migrator: &sqlx::migrate::Migrator,
    ) -> Result<(), sqlx::migrate::MigrateError> {
        match self {
            Self::Sqlite { writer, .. } => migrator.run(writer).await,
            Self::Postgres { pool, .. } => migrator.run(pool).await,
        }
    }

    /// The path of the SQLite file; `None` for PostgreSQL.
    pub(in crate::store) fn sqlite_file(&self) -> Option<PathBuf> {
        match self {
            Self::Sqlite { writer, .. } => {
                Some(writer.connect_options().get_filename().to_path_buf())
            }
            Self::Postgres { .. } => None,
        }
    }

    pub(in crate::store) const fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite { .. })
    }
}

impl Transaction {
    pub(in crate::store) fn query(&mut self, sql: impl Into<Sql>) -> Query<'_> {
        let target = match self {
            Self::Sqlite(transaction) => Target::Sqlite(transaction),
            Self::Postgres { transaction, answer_max } => {
                Target::Postgres(transaction, *answer_max)
            }
        };
        Query::new(target, sql.into())
    }

    pub(in crate::store) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await?,
            Self::Postgres { transaction, answer_max } => {
                answered(answer_max, transaction.commit()).await?;
            }
        }
        Ok(())
    }
}
