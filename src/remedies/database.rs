//! Remedies for the database.

use crate::store::schema::SchemaError;
use crate::store::{DatabaseFault, StoreError, UrlMistake};

pub fn remedy(error: &StoreError) -> Option<String> {
    match error {
        StoreError::Unavailable { fault, .. } => Some(of_fault(*fault).to_owned()),
        StoreError::AnotherDaemon(_) => {
            Some("stop that one, or use PostgreSQL, which takes several".to_owned())
        }
        StoreError::BeingInitialised => {
            Some("wait until it has ended, or end it; then run `linerent init` again".to_owned())
        }
        StoreError::Url { mistake, .. } => Some(of_url(*mistake)),
        StoreError::Schema(error) => of_schema(error).map(str::to_owned),
        StoreError::Conflict => Some(
            "another process changed the same data first: run the command again".to_owned(),
        ),
        StoreError::LeaseLost => Some(
            "another process goes on with this part of the run; nothing has to be done".to_owned(),
        ),
        StoreError::NumberTaken => {
            Some("`linerent number search` shows what is on sale".to_owned())
        }
        StoreError::Unreadable { .. } => Some(
            "this row was not written by this version of linerent: correct it, or restore it from a backup"
                .to_owned(),
        ),
        StoreError::Refused(_) => {
            Some("`linerent doctor` checks the database; its own log may say more".to_owned())
        }
        StoreError::ReferenceTaken => Some(
            "`linerent audit` compares the reloads with the gateway's list".to_owned(),
        ),
    }
}

const fn of_fault(fault: DatabaseFault) -> &'static str {
    match fault {
        DatabaseFault::Unreachable => {
            "check `database.url`, and that the server runs and can be reached"
        }
        DatabaseFault::Locked => "another program is writing to it: try again, or stop that one",
        DatabaseFault::ReadOnlyFile => {
            "it is read-only: check `database.url`, and the permissions of the file and its folder"
        }
        DatabaseFault::Disk => "the disk is full or failing: make room, then run the command again",
        DatabaseFault::FileMissing => {
            "the file does not exist or cannot be opened: run `linerent init`, or check `database.url`"
        }
        DatabaseFault::FileDamaged => {
            "the file is damaged or not an SQLite database: check `database.url`"
        }
        DatabaseFault::DatabaseMissing => {
            "there is no such database: create it (`createdb NAME`), then run `linerent init`"
        }
        DatabaseFault::Credentials => {
            "check the user and password in `database.url`: write @ as %40, : as %3A, / as %2F, # as %23, ? as %3F and % as %25"
        }
        DatabaseFault::ReadOnlyServer => {
            "the server is read-only: point `database.url` at the primary"
        }
        DatabaseFault::Other => "see the server's log, and the rights of the database's user",
    }
}

fn of_url(mistake: UrlMistake) -> String {
    match mistake {
        UrlMistake::Malformed => "use sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME".to_owned(),
        UrlMistake::Unencoded(character) => format!(
            "the user or password seems to contain `{character}`: write it as %{:02X}; in a user or password write @ as %40, : as %3A, / as %2F, # as %23, ? as %3F and % as %25",
            u32::from(character)
        ),
    }
}

const fn of_schema(error: &SchemaError) -> Option<&'static str> {
    match error {
        SchemaError::Empty | SchemaError::Unfinished => Some("run `linerent init`"),
        SchemaError::Older => Some("run `linerent init` to bring it up to date"),
        SchemaError::Newer => Some("use the program that made it, or a later one"),
        SchemaError::PreRelease => {
            Some("point `database.url` at a new database, and run `linerent init`")
        }
        SchemaError::Foreign => Some("point `database.url` at an empty database"),
        SchemaError::NoExtension(_) => Some(
            "searching needs PostgreSQL's own extension `pg_trgm`: install its contributed modules (Debian: `postgresql`, Fedora: `postgresql-contrib`), then have a superuser say `CREATE EXTENSION pg_trgm` in this database, and run `linerent init` again",
        ),
        SchemaError::MigrationFailed(_) => {
            Some("correct what it says, then run `linerent init` again")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_of_a_password_is_shown_as_it_must_be_written() {
        for (character, written) in [('#', "%23"), ('/', "%2F"), ('?', "%3F")] {
            let remedy = of_url(UrlMistake::Unencoded(character));
            assert!(remedy.contains(&format!("`{character}`: write it as {written};")), "{remedy}");
        }
    }
}
