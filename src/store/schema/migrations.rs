//! The migrations, which are part of the program. A new one is a file below `migrations` and a line here.

pub(in crate::store) use sqlx::migrate::Migration;
use sqlx::migrate::MigrationType;
use sqlx::{AssertSqlSafe, SqlSafeStr as _};

/// A migration as its file has it.
struct File {
    /// The file's name without its extension: the version and the description.
    name: &'static str,
    text: &'static str,
}

/// The files of a folder.
macro_rules! files {
    ($folder:literal, [$($name:literal),* $(,)?]) => {
        &[$(File {
            name: $name,
            text: include_str!(concat!("../../../", $folder, "/", $name, ".sql")),
        }),*]
    };
}

const SHARED: &[File] = files!(
    "migrations",
    [
        "0001_accounts_and_ledger",
        "0002_numbers_and_subscriptions",
        "0003_reloads",
        "0004_runs",
        "0005_notices",
        "0006_change_log",
    ]
);

const SQLITE: &[File] =
    files!("migrations/sqlite", ["0007_append_only", "0008_number_search", "0009_analyst_views"]);

const POSTGRES: &[File] = files!(
    "migrations/postgres",
    ["0007_append_only", "0008_number_search", "0009_analyst_views", "0010_storage_and_comments",]
);

/// Stands in the shared files after each table that SQLite keeps in the order of its keys: by account, as it is
/// read and written. In the order of insertion, each row of a batch would lie on a page of its own, and a
/// run would write the file many times over.
const CLUSTERED: &str = "/* sqlite: WITHOUT ROWID */";

/// Every migration of an engine, in order.
pub(in crate::store) fn all(is_sqlite: bool) -> Vec<Migration> {
    let own = if is_sqlite { SQLITE } else { POSTGRES };
    let mut migrations: Vec<_> =
        SHARED.iter().chain(own).map(|file| migration_of(file, is_sqlite)).collect();
    migrations.sort_by_key(|migration| migration.version);
    migrations
}

/// The checksum, which the database keeps, is that of the text that is carried out.
fn migration_of(file: &File, is_sqlite: bool) -> Migration {
    let (version, description) = file.name.split_once('_').expect("a version and a description");
    let version = version.parse().expect("a version is a number");
    let sql = if is_sqlite {
        AssertSqlSafe(file.text.replace(CLUSTERED, "WITHOUT ROWID")).into_sql_str()
    } else {
        file.text.into_sql_str()
    };
    let description = description.replace('_', " ").into();
    let in_transaction = !file.text.starts_with("-- no-transaction");
    Migration::new(version, description, MigrationType::Simple, sql, !in_transaction)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_is_listed() {
        for (folder, listed) in [
            ("migrations", SHARED),
            ("migrations/sqlite", SQLITE),
            ("migrations/postgres", POSTGRES),
        ] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
            let entries = std::fs::read_dir(path)
                .expect("the folder")
                .map(|entry| entry.expect("a file").path());
            let mut found: Vec<_> = entries
                .filter(|path| path.is_file())
                .map(|path| path.file_stem().expect("a name").to_str().expect("text").to_owned())
                .collect();
            found.sort();
            let listed: Vec<_> = listed.iter().map(|file| file.name).collect();
            assert_eq!(listed, found, "in `{folder}`");
        }
    }

    #[test]
    fn versions_of_an_engine_are_distinct() {
        for is_sqlite in [true, false] {
            let versions: Vec<_> = all(is_sqlite).iter().map(|it| it.version).collect();
            assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");
        }
    }
}
