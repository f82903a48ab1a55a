//! Many rows as the parameters of one statement.

use sqlx::error::BoxDynError;
use sqlx::postgres::PgArguments;
use sqlx::{Encode, Postgres, Type};

/// One row: a tuple of at most 14 columns.
pub(in crate::store) trait BulkRow<'t>: serde::Serialize + Sized {
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
    bulk_row!(A a, B b, C c, D d, E e, F f, G g, H h, I i, J j);
    bulk_row!(A a, B b, C c, D d, E e, F f, G g, H h, I i, J j, K k, L l, M m, N n);
}
