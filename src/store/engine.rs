//! The one file that knows that there are two engines.
//!
//! A [`Database`] is a pool of either, a [`Transaction`] one of either, and a [`Query`] has the
//! surface of sqlx's own and binds into either's arguments. A statement is one text with `$1`
//! parameters; where the engines need their own words, [`Sql`] holds both side by side.
//!
//! Many rows at once are bound by [`Query::bind_rows`]: PostgreSQL gets one array for each column
//! (`UNNEST($1, $2, …)`), SQLite one JSON array of rows (`jsonb_each($1)`, which hands each row over
//! ready to be taken apart; `json_each` would write and parse its text for every column).

mod pool;
mod url;

use std::path::PathBuf;
use std::time::Duration;

use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgPool, PgRow};
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool,
    SqliteRow, SqliteSynchronous,
};
use sqlx::{
    Arguments as _, AssertSqlSafe, Connection as _, Encode, FromRow, Postgres, SqlSafeStr as _,
    SqlStr, Sqlite, Type,
};

use super::error::StoreError;
pub use pool::{PoolSettings, PoolUse};
use pool::{answered, postgres_pool_of, sqlite_pool_of};
use url::Address;

const READERS_MAX: u32 = 4;

/// A pool of either engine.
#[derive(Debug, Clone)]
pub(super) enum Database {
    /// SQLite takes one writer at a time: one connection writes, a pool reads.
    Sqlite { writer: SqlitePool, readers: SqlitePool },
    /// PostgreSQL, which may take so long for an answer.
    Postgres { pool: PgPool, answer_max: Duration },
}

/// A transaction of either engine; dropped without [`Transaction::commit`], it never was.
pub(super) enum Transaction {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres { transaction: sqlx::Transaction<'static, Postgres>, answer_max: Duration },
}

/// A statement in the words of each engine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sql {
    pub(super) sqlite: &'static str,
    pub(super) postgres: &'static str,
}

/// The same words for both.
impl From<&'static str> for Sql {
    fn from(text: &'static str) -> Self {
        Self { sqlite: text, postgres: text }
    }
}

/// What a row is read into, from either engine.
pub(super) trait Record:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

impl<T> Record for T where
    T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

impl Database {
    pub(super) async fn connect(
        url: &str,
        pool: PoolSettings,
        create: bool,
    ) -> Result<Self, StoreError> {
        match Address::of(url)? {
            Address::Sqlite(options) => Self::connect_sqlite(*options, pool, create).await,
            Address::Postgres(options) => Self::connect_postgres(*options, pool).await,
        }
    }

    /// Reads the URL, and connects to nothing.
    pub(super) fn check(url: &str) -> Result<(), StoreError> {
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
            // Full, so that what was said to be committed outlasts a power cut.
            .synchronous(SqliteSynchronous::Full)
            // What a statement would have to take back if it failed is kept in memory: in a file, each
            // page that a bulk statement touches would be written once more.
            .pragma("temp_store", "MEMORY")
            // 64 MiB in place of 2: the upper pages of the indexes that a run walks through.
            .pragma("cache_size", "-65536")
            // 32 MiB of log in place of 4: a batch or two would fill that, and wait for the copy.
            .pragma("wal_autocheckpoint", "8192");
        let writing = options.clone().journal_mode(SqliteJournalMode::Wal);
        let writer = sqlite_pool_of(1, pool).connect_lazy_with(writing);
        if create {
            drop(writer.acquire().await?);
        }
        let readers = sqlite_pool_of(READERS_MAX, pool);
        let readers = readers.connect_with(options.create_if_missing(false)).await?;
        Ok(Self::Sqlite { writer, readers })
    }

    async fn connect_postgres(
        options: PgConnectOptions,
        pool: PoolSettings,
    ) -> Result<Self, StoreError> {
        let options = options
            .application_name("linerent")
            .options([("lock_timeout", "5s"), ("idle_in_transaction_session_timeout", "60s")]);
        // The pool would go on trying a server that refuses it, and then speak of its own time-out.
        let first = tokio::time::timeout(pool.wait_max, PgConnection::connect_with(&options)).await;
        first.map_err(|_| sqlx::Error::PoolTimedOut)??.close().await?;
        let answer_max = pool.answer_max;
        let pool = postgres_pool_of(pool).connect_with(options).await?;
        Ok(Self::Postgres { pool, answer_max })
    }

    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres { pool, .. } => pool.close().await,
        }
    }

    pub(super) fn pools(&self) -> Vec<PoolUse> {
        match self {
            Self::Sqlite { writer, readers } => {
                vec![PoolUse::of("writer", writer), PoolUse::of("readers", readers)]
            }
            Self::Postgres { pool, .. } => vec![PoolUse::of("all", pool)],
        }
    }

    /// Begins a transaction that writes.
    pub(super) async fn begin(&self) -> Result<Transaction, StoreError> {
        Ok(match self {
            // Immediate: a transaction that reads first and then writes could not be let wait.
            Self::Sqlite { writer, .. } => {
                Transaction::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?)
            }
            Self::Postgres { pool, answer_max } => Transaction::Postgres {
                transaction: answered(*answer_max, pool.begin()).await?,
                answer_max: *answer_max,
            },
        })
    }

    /// Begins a transaction whose statements all read the same instant, and none of which writes.
    pub(super) async fn snapshot(&self) -> Result<Transaction, StoreError> {
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
    pub(super) fn query(&self, sql: impl Into<Sql>) -> Query<'_> {
        let sql = sql.into();
        match self {
            Self::Sqlite { readers, .. } => Query {
                target: Target::SqlitePool(readers),
                sql: sql.sqlite.into_sql_str(),
                arguments: Ok(Arguments::Sqlite(SqliteArguments::default())),
            },
            Self::Postgres { pool, answer_max } => Query {
                target: Target::PostgresPool(pool, *answer_max),
                sql: sql.postgres.into_sql_str(),
                arguments: Ok(Arguments::Postgres(PgArguments::default())),
            },
        }
    }

    /// Brings the schema up to the last of `migrations`.
    pub(super) async fn migrate(
        &self,
        migrator: &sqlx::migrate::Migrator,
    ) -> Result<(), sqlx::migrate::MigrateError> {
        match self {
            Self::Sqlite { writer, .. } => migrator.run(writer).await,
            Self::Postgres { pool, .. } => migrator.run(pool).await,
        }
    }

    /// The file of an SQLite database.
    pub(super) fn sqlite_file(&self) -> Option<PathBuf> {
        match self {
            Self::Sqlite { writer, .. } => {
                Some(writer.connect_options().get_filename().to_path_buf())
            }
            Self::Postgres { .. } => None,
        }
    }

    pub(super) const fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite { .. })
    }
}

impl Transaction {
    pub(super) fn query(&mut self, sql: impl Into<Sql>) -> Query<'_> {
        let sql = sql.into();
        match self {
            Self::Sqlite(transaction) => Query {
                target: Target::Sqlite(transaction),
                sql: sql.sqlite.into_sql_str(),
                arguments: Ok(Arguments::Sqlite(SqliteArguments::default())),
            },
            Self::Postgres { transaction, answer_max } => Query {
                target: Target::Postgres(transaction, *answer_max),
                sql: sql.postgres.into_sql_str(),
                arguments: Ok(Arguments::Postgres(PgArguments::default())),
            },
        }
    }

    pub(super) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await?,
            Self::Postgres { transaction, answer_max } => {
                answered(answer_max, transaction.commit()).await?;
            }
        }
        Ok(())
    }
}

enum Target<'c> {
    SqlitePool(&'c SqlitePool),
    PostgresPool(&'c PgPool, Duration),
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection, Duration),
}

enum Arguments {
    Sqlite(SqliteArguments),
    Postgres(PgArguments),
}

/// A statement with its parameters, on its way to either engine.
pub(super) struct Query<'c> {
    target: Target<'c>,
    sql: SqlStr,
    arguments: Result<Arguments, BoxDynError>,
}

/// Sends the query to its target by sqlx's `$method`, and hands what comes back to `$then`.
macro_rules! send {
    ($query:ident, $method:ident, $then:expr) => {{
        let arguments = $query.arguments.map_err(sqlx::Error::Encode)?;
        match ($query.target, arguments) {
            (Target::SqlitePool(pool), Arguments::Sqlite(arguments)) => {
                $then(sqlx::query_with($query.sql, arguments).$method(pool).await?)
            }
            (Target::Sqlite(connection), Arguments::Sqlite(arguments)) => {
                $then(sqlx::query_with($query.sql, arguments).$method(connection).await?)
            }
            (Target::PostgresPool(pool, answer_max), Arguments::Postgres(arguments)) => {
                let answer = sqlx::query_with($query.sql, arguments).$method(pool);
                $then(answered(answer_max, answer).await?)
            }
            (Target::Postgres(connection, answer_max), Arguments::Postgres(arguments)) => {
                let answer = sqlx::query_with($query.sql, arguments).$method(connection);
                $then(answered(answer_max, answer).await?)
            }
            _ => unreachable!("a query's target and arguments are made together"),
        }
    }};
}

impl Query<'_> {
    /// Binds the next parameter.
    pub(super) fn bind<'t, T>(mut self, value: T) -> Self
    where
        T: Encode<'t, Sqlite> + Type<Sqlite> + Encode<'t, Postgres> + Type<Postgres>,
    {
        self.arguments = self.arguments.and_then(|mut arguments| {
            match &mut arguments {
                Arguments::Sqlite(arguments) => arguments.add(value)?,
                Arguments::Postgres(arguments) => arguments.add(value)?,
            }
            Ok(arguments)
        });
        self
    }

    /// Binds many rows: the next parameter on SQLite, as many as there are columns on PostgreSQL.
    pub(super) fn bind_rows<'t, R: BulkRow<'t>>(mut self, rows: Vec<R>) -> Self {
        self.arguments = self.arguments.and_then(|mut arguments| {
            match &mut arguments {
                Arguments::Sqlite(arguments) => arguments.add(serde_json::to_string(&rows)?)?,
                Arguments::Postgres(arguments) => R::add_columns(rows, arguments)?,
            }
            Ok(arguments)
        });
        self
    }

    /// Executes and returns how many rows were changed.
    pub(super) async fn execute(self) -> Result<u64, StoreError> {
        Ok(send!(self, execute, Affected::count))
    }

    /// Every row.
    pub(super) async fn fetch_all<T: Record>(self) -> Result<Vec<T>, StoreError> {
        self.fetch().await?.read()
    }

    /// The row, if there is one.
    pub(super) async fn fetch_optional<T: Record>(self) -> Result<Option<T>, StoreError> {
        Ok(self.fetch_all().await?.pop())
    }

    /// The row that must be there.
    pub(super) async fn fetch_one<T: Record>(self) -> Result<T, StoreError> {
        Ok(self.fetch_optional().await?.ok_or(sqlx::Error::RowNotFound)?)
    }

    /// How the engine means to carry it out, a step on each line. It is not carried out.
    pub(super) async fn plan(self) -> Result<String, StoreError> {
        let is_sqlite = matches!(self.target, Target::SqlitePool(_) | Target::Sqlite(_));
        let explain = if is_sqlite { "EXPLAIN QUERY PLAN" } else { "EXPLAIN" };
        let sql = AssertSqlSafe(format!("{explain} {}", self.sql.as_str())).into_sql_str();
        let rows = Self { sql, ..self }.fetch().await?;
        let steps: Vec<String> = if is_sqlite {
            // Its number, its parent's, nothing, and what it does.
            rows.read::<(i64, i64, i64, String)>()?.into_iter().map(|step| step.3).collect()
        } else {
            rows.read::<(String,)>()?.into_iter().map(|(step,)| step).collect()
        };
        Ok(steps.join("\n"))
    }

    /// The rows as the engine hands them over: one function for all records, so that it is
    /// compiled once.
    async fn fetch(self) -> Result<Rows, StoreError> {
        Ok(send!(self, fetch_all, Rows::from))
    }
}

/// How many rows a statement changed.
trait Affected {
    fn count(self) -> u64;
}

impl Affected for sqlx::sqlite::SqliteQueryResult {
    fn count(self) -> u64 {
        self.rows_affected()
    }
}

impl Affected for sqlx::postgres::PgQueryResult {
    fn count(self) -> u64 {
        self.rows_affected()
    }
}

/// Rows of either engine.
enum Rows {
    Sqlite(Vec<SqliteRow>),
    Postgres(Vec<PgRow>),
}

impl Rows {
    fn read<T: Record>(&self) -> Result<Vec<T>, StoreError> {
        let records = match self {
            Self::Sqlite(rows) => rows.iter().map(T::from_row).collect::<Result<_, _>>(),
            Self::Postgres(rows) => rows.iter().map(T::from_row).collect::<Result<_, _>>(),
        };
        Ok(records?)
    }
}

impl From<Vec<SqliteRow>> for Rows {
    fn from(rows: Vec<SqliteRow>) -> Self {
        Self::Sqlite(rows)
    }
}

impl From<Vec<PgRow>> for Rows {
    fn from(rows: Vec<PgRow>) -> Self {
        Self::Postgres(rows)
    }
}

/// One row of many: a tuple of up to fourteen columns.
pub(super) trait BulkRow<'t>: serde::Serialize + Sized {
    fn add_columns(rows: Vec<Self>, arguments: &mut PgArguments) -> Result<(), BoxDynError>;
}

macro_rules! bulk_row {
    ($($Column:ident $column:ident),+) => {
        impl<'t, $($Column),+> BulkRow<'t> for ($($Column,)+)
        where
            $($Column: serde::Serialize, Vec<$Column>: Encode<'t, Postgres> + Type<Postgres>),+
        {
            fn add_columns(rows: Vec<Self>, arguments: &mut PgArguments) -> Result<(), BoxDynError> {
                $(let mut $column = Vec::with_capacity(rows.len());)+
                for row in rows {
                    let ($($Column,)+) = row;
                    $($column.push($Column);)+
                }
                $(arguments.add($column)?;)+
                Ok(())
            }
        }
    };
}

#[expect(non_snake_case, reason = "a column's type parameter also names its value")]
mod bulk_rows {
    use super::{BoxDynError, BulkRow, Encode, PgArguments, Postgres, Type};
    use sqlx::Arguments as _;

    bulk_row!(A a);
    bulk_row!(A a, B b);
    bulk_row!(A a, B b, C c);
    bulk_row!(A a, B b, C c, D d);
    bulk_row!(A a, B b, C c, D d, E e);
    bulk_row!(A a, B b, C c, D d, E e, F f);
    bulk_row!(A a, B b, C c, D d, E e, F f, G g);
    bulk_row!(A a, B b, C c, D d, E e, F f, G g, H h);
    bulk_row!(A a, B b, C c, D d, E e, F f, G g, H h, I i, J j, K k, L l, M m);
}
