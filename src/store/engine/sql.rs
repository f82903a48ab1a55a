//! The text of a statement, and the types that its rows are read into.

use sqlx::FromRow;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

/// A statement, as each engine needs it.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Sql {
    pub(in crate::store) sqlite: &'static str,
    pub(in crate::store) postgres: &'static str,
}

/// The same text for both engines.
impl From<&'static str> for Sql {
    fn from(text: &'static str) -> Self {
        Self { sqlite: text, postgres: text }
    }
}

/// A type that is read from a row of either engine.
pub(in crate::store) trait Record:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

impl<T> Record for T where
    T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

/// A statement on many rows that [`Query::bind_rows`](super::Query::bind_rows) binds. Its parts are the
/// text before the rows, the rows as a table with the names and types of its columns, and the text
/// after them:
///
/// ```text
/// bulk_sql!(
///     "UPDATE accounts SET balance = new.balance FROM",
///     new (account_id BIGINT, balance BIGINT),
///     "WHERE accounts.account_id = new.account_id"
/// )
/// ```
///
/// The statements differ only in the table of rows: SQLite reads it from one JSON parameter, PostgreSQL
/// from one array per column. Other parameters are bound before the rows, so that they have the same
/// number on both engines. `new from 3 (…)` says that the rows start at parameter 3.
macro_rules! bulk_sql {
    ($before:literal, $rows:ident $columns:tt, $after:literal $(,)?) => {
        bulk_sql!($before, $rows from 1 $columns, $after)
    };
    ($before:literal, $rows:ident from $first:tt ($($column:ident $Type:ident),+ $(,)?), $after:literal $(,)?) => {
        bulk_sql!(@from $first [$before, $rows, $first, $after] [$($column $Type)+])
    };
    (@from 1 $texts:tt $columns:tt) => {
        bulk_sql!(@column $texts $columns [0 1 2 3 4 5 6 7 8 9 10 11 12 13] [1 2 3 4 5 6 7 8 9 10 11 12 13 14] "" [] [] [])
    };
    (@from 2 $texts:tt $columns:tt) => {
        bulk_sql!(@column $texts $columns [0 1 2 3 4 5 6 7 8 9 10 11 12 13] [2 3 4 5 6 7 8 9 10 11 12 13 14 15] "" [] [] [])
    };
    (@from 3 $texts:tt $columns:tt) => {
        bulk_sql!(@column $texts $columns [0 1 2 3 4 5 6 7 8 9 10 11 12 13] [3 4 5 6 7 8 9 10 11 12 13 14 15 16] "" [] [] [])
    };
    (@from 4 $texts:tt $columns:tt) => {
        bulk_sql!(@column $texts $columns [0 1 2 3 4 5 6 7 8 9 10 11 12 13] [4 5 6 7 8 9 10 11 12 13 14 15 16 17] "" [] [] [])
    };
    // Takes one column, and appends its value for SQLite, its array for PostgreSQL, and its name.
    (
        @column $texts:tt [$column:ident $Type:ident $($columns:tt)*] [$index:tt $($indexes:tt)*]
        [$parameter:tt $($parameters:tt)*] $comma:literal [$($value:tt)*] [$($array:tt)*] [$($name:tt)*]
    ) => {
        bulk_sql!(@column $texts [$($columns)*] [$($indexes)*] [$($parameters)*] ", "
            [$($value)* $comma, "value ->> ", $index, " AS ", stringify!($column),]
            [$($array)* $comma, "$", $parameter, "::", stringify!($Type), "[]",]
            [$($name)* $comma, stringify!($column),])
    };
    (
        @column [$before:literal, $rows:ident, $first:tt, $after:literal] [] $indexes:tt
        $parameters:tt $comma:literal [$($value:tt)*] [$($array:tt)*] [$($name:tt)*]
    ) => {
        $crate::store::engine::Sql {
            sqlite: concat!(
                $before, " (SELECT ", $($value)* " FROM jsonb_each($", $first, ")) AS ",
                stringify!($rows), " ", $after
            ),
            postgres: concat!(
                $before, " UNNEST(", $($array)* ") AS ", stringify!($rows), " (", $($name)* ") ", $after
            ),
        }
    };
}
pub(in crate::store) use bulk_sql;
