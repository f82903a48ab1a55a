//! A statement with its parameters, and its result.

use std::time::Duration;

use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArguments, PgConnection, PgPool, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqlitePool, SqliteRow};
use sqlx::{
    Arguments as _, AssertSqlSafe, Encode, Postgres, SqlSafeStr as _, SqlStr, Sqlite, Type,
};

use crate::store::engine::bulk::BulkRow;
use crate::store::engine::pool::answered;
use crate::store::engine::sql::{Record, Sql};
use crate::store::error::StoreError;

/// Where a statement is sent. The `Duration` is how long PostgreSQL may take to answer.
pub(super) enum Target<'c> {
    SqlitePool(&'c SqlitePool),
    PostgresPool(&'c PgPool, Duration),
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection, Duration),
}

enum Arguments {
    Sqlite(SqliteArguments),
    Postgres(PgArguments),
}

pub(in crate::store) struct Query<'c> {
    target: Target<'c>,
    sql: SqlStr,
    arguments: Result<Arguments, BoxDynError>,
}

/// Sends the query to its target with sqlx's `$method`, and passes the result to `$then`.
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

impl<'c> Query<'c> {
    pub(super) fn new(target: Target<'c>, sql: Sql) -> Self {
        let (sql, arguments) = match target {
            Target::SqlitePool(_) | Target::Sqlite(_) => {
                (sql.sqlite, Arguments::Sqlite(SqliteArguments::default()))
            }
            Target::PostgresPool(..) | Target::Postgres(..) => {
                (sql.postgres, Arguments::Postgres(PgArguments::default()))
            }
        };
        Self { target, sql: sql.into_sql_str(), arguments: Ok(arguments) }
    }

    pub(in crate::store) fn bind<'t, T>(mut self, value: T) -> Self
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

    /// Binds many rows: the next parameter on SQLite, one parameter for each column on PostgreSQL.
    pub(in crate::store) fn bind_rows<'t, R: BulkRow<'t>>(mut self, rows: Vec<R>) -> Self {
        self.arguments = self.arguments.and_then(|mut arguments| {
            match &mut arguments {
                Arguments::Sqlite(arguments) => arguments.add(serde_json::to_string(&rows)?)?,
                Arguments::Postgres(arguments) => R::add_columns(rows, arguments)?,
            }
            Ok(arguments)
        });
        self
    }

    /// Returns how many rows were changed.
    pub(in crate::store) async fn execute(self) -> Result<u64, StoreError> {
        Ok(send!(self, execute, Affected::count))
    }

    pub(in crate::store) async fn fetch_all<T: Record>(self) -> Result<Vec<T>, StoreError> {
        self.fetch().await?.read()
    }

    pub(in crate::store) async fn fetch_optional<T: Record>(self) -> Result<Option<T>, StoreError> {
        Ok(self.fetch_all().await?.pop())
    }

    /// The row, which must exist.
    pub(in crate::store) async fn fetch_one<T: Record>(self) -> Result<T, StoreError> {
        Ok(self.fetch_optional().await?.ok_or(sqlx::Error::RowNotFound)?)
    }

    /// The engine's query plan, one step per line. The statement is not executed.
    pub(in crate::store) async fn plan(self) -> Result<String, StoreError> {
        let is_sqlite = matches!(self.target, Target::SqlitePool(_) | Target::Sqlite(_));
        let explain = if is_sqlite { "EXPLAIN QUERY PLAN" } else { "EXPLAIN" };
        let sql = AssertSqlSafe(format!("{explain} {}", self.sql.as_str())).into_sql_str();
        let rows = Self { sql, ..self }.fetch().await?;
        let steps: Vec<String> = if is_sqlite {
            // Columns: id, parent, unused, detail.
            rows.read::<(i64, i64, i64, String)>()?.into_iter().map(|step| step.3).collect()
        } else {
            rows.read::<(String,)>()?.into_iter().map(|(step,)| step).collect()
        };
        Ok(steps.join("\n"))
    }

    /// One function for all row types, so that it is compiled once.
    async fn fetch(self) -> Result<Rows, StoreError> {
        Ok(send!(self, fetch_all, Rows::from))
    }
}

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
