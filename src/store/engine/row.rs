//! Structs that are read from a row of either engine.

/// Declares a struct that is read from a row: each field is the column of the same name. A last field
/// with two dots before it is another such struct, read from the same row:
///
/// ```text
/// row_struct! {
///     struct AccountRow {
///         account_id: Uuid,
///         balance: i64,
///         ..order: OrderRow,
///     }
/// }
/// ```
///
/// sqlx can derive this, but its macros compile the drivers of both engines a second time.
macro_rules! row_struct {
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $Name:ident {
            $($(#[$note:meta])* $open:vis $field:ident: $Field:ty,)*
            $(..$part_open:vis $part:ident: $Part:ty,)?
        }
    ) => {
        $(#[$attribute])*
        $visibility struct $Name {
            $($(#[$note])* $open $field: $Field,)*
            $($part_open $part: $Part,)?
        }

        row_struct!(sqlx::sqlite::SqliteRow => $Name { $($field)* $(.. $part)? });
        row_struct!(sqlx::postgres::PgRow => $Name { $($field)* $(.. $part)? });
    };
    ($Row:ty => $Name:ident { $($field:ident)* $(.. $part:ident)? }) => {
        impl sqlx::FromRow<'_, $Row> for $Name {
            fn from_row(row: &$Row) -> sqlx::Result<Self> {
                Ok(Self {
                    $($field: sqlx::Row::try_get(row, $crate::store::engine::column(stringify!($field)))?,)*
                    $($part: sqlx::FromRow::from_row(row)?,)?
                })
            }
        }
    };
}

pub(in crate::store) use row_struct;

/// The column of a field: `type` for `r#type`.
pub(in crate::store) fn column(field: &'static str) -> &'static str {
    field.strip_prefix("r#").unwrap_or(field)
}
