//! The schema: its migrations, its state in a database, and the row that describes the installation.

mod migrations;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::migrate::Migrator;
use thiserror::Error;

use crate::installation::{Installation, InstallationKind};
use crate::store::engine::Sql;
use crate::store::error::StoreError;
use crate::store::open::Store;
use crate::store::schema::migrations::Migration;

/// How the schema of a database compares to the program's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaState {
    /// The database has no tables.
    Empty,
    /// Older than the program.
    Older,
    Current,
    /// Newer than the program.
    Newer,
    /// Made by migrations that were never released in this form.
    PreRelease,
    /// The tables belong to another program.
    Foreign,
}

/// Why a database cannot be used as it is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SchemaError {
    #[error("the database is empty")]
    Empty,
    #[error("the database is older than this program")]
    Older,
    #[error("the database is newer than this program")]
    Newer,
    #[error("the database was made by a pre-release version of linerent")]
    PreRelease,
    #[error("the database holds something else than linerent's tables")]
    Foreign,
    /// The tables exist, but they do not describe the installation.
    #[error("the database was not initialised to the end")]
    Unfinished,
    /// The extension `pg_trgm` is not installed, or this user may not create it; with the server's message.
    #[error("the schema cannot be brought up to date: {0}")]
    NoExtension(String),
    #[error("the schema cannot be brought up to date: {0}")]
    MigrationFailed(String),
}

impl SchemaError {
    fn of(state: &SchemaState) -> Option<Self> {
        match state {
            SchemaState::Current => None,
            SchemaState::Empty => Some(Self::Empty),
            SchemaState::Older => Some(Self::Older),
            SchemaState::Newer => Some(Self::Newer),
            SchemaState::PreRelease => Some(Self::PreRelease),
            SchemaState::Foreign => Some(Self::Foreign),
        }
    }
}

const HISTORY_EXISTS: Sql = Sql {
    sqlite: "SELECT COUNT(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'",
    postgres: "SELECT COUNT(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = '_sqlx_migrations'",
};

const TABLES: Sql = Sql {
    sqlite: "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    postgres: "SELECT COUNT(*) FROM pg_tables WHERE schemaname = current_schema()",
};

impl Store {
    pub async fn schema_state(&self) -> Result<SchemaState, StoreError> {
        // Another process may be making the tables: all is read as of one moment.
        let mut snapshot = self.database.snapshot().await?;
        let (has_history,): (i64,) = snapshot.query(HISTORY_EXISTS).fetch_one().await?;
        let mut applied: Vec<(i64, String, Vec<u8>)> = Vec::new();
        if has_history > 0 {
            applied = snapshot
                .query(
                    "SELECT version, description, checksum FROM _sqlx_migrations ORDER BY version",
                )
                .fetch_all()
                .await?;
        }
        if applied.is_empty() {
            let (tables,): (i64,) = snapshot.query(TABLES).fetch_one().await?;
            let is_empty = tables == has_history;
            return Ok(if is_empty { SchemaState::Empty } else { SchemaState::Foreign });
        }
        Ok(compare(&migrations::all(self.database.is_sqlite()), &applied))
    }

    /// Upgrades the schema; does nothing if it is current.
    ///
    /// # Errors
    /// [`StoreError::Schema`] if the schema is newer than the program or belongs to another program.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        self.refuse_unless(|state| {
            matches!(state, SchemaState::Empty | SchemaState::Older | SchemaState::Current)
        })
        .await?;
        let migrator = Migrator::with_migrations(migrations::all(self.database.is_sqlite()));
        self.database.migrate(&migrator).await.map_err(|error| match error {
            sqlx::migrate::MigrateError::Execute(error) => StoreError::from(error),
            sqlx::migrate::MigrateError::ExecuteMigration(error, _) if lacks_extension(&error) => {
                StoreError::Schema(SchemaError::NoExtension(message_of(&error).to_owned()))
            }
            other => StoreError::Schema(SchemaError::MigrationFailed(other.to_string())),
        })
    }

    /// Checks that the schema is the one of this program.
    ///
    /// # Errors
    /// [`StoreError::Schema`].
    pub async fn require_current_schema(&self) -> Result<(), StoreError> {
        self.refuse_unless(|state| *state == SchemaState::Current).await
    }

    async fn refuse_unless(
        &self,
        is_allowed: impl Fn(&SchemaState) -> bool,
    ) -> Result<(), StoreError> {
        let state = self.schema_state().await?;
        match SchemaError::of(&state) {
            Some(error) if !is_allowed(&state) => Err(StoreError::Schema(error)),
            _ => Ok(()),
        }
    }

    /// The installation; `None` if the database was never initialised.
    pub async fn find_installation(&self) -> Result<Option<Installation>, StoreError> {
        let row: Option<(String, Option<NaiveDate>)> = self
            .database
            .query("SELECT kind, sandbox_on FROM installation")
            .fetch_optional()
            .await?;
        Ok(row.map(|(_, sandbox_on)| Installation {
            kind: sandbox_on
                .map_or(InstallationKind::Production, |on| InstallationKind::Sandbox { on }),
        }))
    }

    /// Creates the installation; an existing one is left unchanged.
    pub async fn create_installation(
        &self,
        kind: InstallationKind,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let (word, sandbox_on) = match kind {
            InstallationKind::Production => ("production", None),
            InstallationKind::Sandbox { on } => ("sandbox", Some(on)),
        };
        let mut transaction = self.database.begin().await?;
        transaction
            .query(
                "INSERT INTO installation (is_singleton, kind, sandbox_on, created_at)
                 VALUES (TRUE, $1, $2, $3)
                 ON CONFLICT (is_singleton) DO NOTHING",
            )
            .bind(word)
            .bind(sandbox_on)
            .bind(now)
            .execute()
            .await?;
        transaction.commit().await
    }

    /// # Errors
    /// [`StoreError::Conflict`] if the sandbox's date is no longer `from`.
    pub async fn move_sandbox(&self, from: NaiveDate, to: NaiveDate) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        let moved = transaction
            .query("UPDATE installation SET sandbox_on = $1 WHERE sandbox_on = $2")
            .bind(to)
            .bind(from)
            .execute()
            .await?;
        if moved == 0 {
            return Err(StoreError::Conflict);
        }
        transaction.commit().await
    }
}

/// Whether the extension is not installed, or this user may not create it.
fn lacks_extension(error: &sqlx::Error) -> bool {
    let signs = ["extension \"pg_trgm\"", "extension/pg_trgm.control", "gin_trgm_ops"];
    signs.into_iter().any(|sign| message_of(error).contains(sign))
}

/// The engine's message alone.
fn message_of(error: &sqlx::Error) -> &str {
    error.as_database_error().map(sqlx::error::DatabaseError::message).unwrap_or_default()
}

/// The description of the first migration of the versions before the first release.
const PRE_RELEASE_DESCRIPTION: &str = "accounts numbers ledger";

/// Compares the migrations of this program with those that were `applied`: version, description and checksum.
///
/// Other programs keep a table of the same name: a database is ours if its first migration is.
fn compare(known: &[Migration], applied: &[(i64, String, Vec<u8>)]) -> SchemaState {
    let find = |version| applied.iter().find(|it| it.0 == version);
    let first = known.first().and_then(|migration| Some((migration, find(migration.version)?)));
    let Some((first, (_, description, checksum))) = first else { return SchemaState::Foreign };
    if first.checksum.as_ref() != checksum {
        let is_ours = *description == first.description || description == PRE_RELEASE_DESCRIPTION;
        return if is_ours { SchemaState::PreRelease } else { SchemaState::Foreign };
    }
    let is_changed = |migration: &Migration| {
        find(migration.version)
            .is_some_and(|(_, _, checksum)| migration.checksum.as_ref() != checksum)
    };
    if known.iter().any(is_changed) {
        return SchemaState::PreRelease;
    }
    let newest_known = known.iter().map(|migration| migration.version).max();
    let newest_applied = applied.iter().map(|(version, _, _)| *version).max();
    let is_complete = known.iter().all(|migration| find(migration.version).is_some());
    match (newest_applied > newest_known, is_complete) {
        (true, _) => SchemaState::Newer,
        (false, true) => SchemaState::Current,
        (false, false) => SchemaState::Older,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Applied = (i64, String, Vec<u8>);

    fn known() -> Vec<Migration> {
        migrations::all(true)
    }

    fn applied() -> Vec<Applied> {
        let row = |it: &Migration| (it.version, it.description.to_string(), it.checksum.to_vec());
        known().iter().map(row).collect()
    }

    #[test]
    fn all_migrations_are_current_and_fewer_are_older() {
        assert_eq!(compare(&known(), &applied()), SchemaState::Current);
        for count in 1..applied().len() {
            assert_eq!(compare(&known(), &applied()[..count]), SchemaState::Older);
        }
    }

    #[test]
    fn one_that_this_program_does_not_know_is_newer() {
        let later = (9999, "later".to_owned(), vec![1]);
        let applied = [applied(), vec![later]].concat();
        assert_eq!(compare(&known(), &applied), SchemaState::Newer);
    }

    #[test]
    fn migrations_with_another_text_are_of_a_pre_release() {
        for index in 0..applied().len() {
            let mut applied = applied();
            applied[index].2 = vec![1];
            assert_eq!(compare(&known(), &applied), SchemaState::PreRelease, "{index}");
        }
        let earlier = [(1, PRE_RELEASE_DESCRIPTION.to_owned(), vec![1])];
        assert_eq!(compare(&known(), &earlier), SchemaState::PreRelease);
    }

    #[test]
    fn another_programs_first_migration_is_foreign() {
        let other = [(1, "users".to_owned(), vec![1])];
        assert_eq!(compare(&known(), &other), SchemaState::Foreign);
        let later = [(20_240_101_000_000, "accounts and ledger".to_owned(), vec![1])];
        assert_eq!(compare(&known(), &later), SchemaState::Foreign);
    }
}
