//! Reads database URLs, and hides the parts that may be secret: a password in its place, or in a place where it
//! does not belong.

use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use tracing::warn;
use url::Url;

use crate::store::error::{StoreError, UrlMistake};

pub(super) enum Address {
    Sqlite(Box<SqliteConnectOptions>),
    Postgres(Box<PgConnectOptions>),
}

impl Address {
    /// Reads `url` without connecting.
    pub(super) fn of(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("sqlite:") {
            sqlite(url).map(Box::new).map(Self::Sqlite)
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            postgres(url).map(Box::new).map(Self::Postgres)
        } else {
            Err(malformed(without_secrets(url)))
        }
    }
}

fn sqlite(url: &str) -> Result<SqliteConnectOptions, StoreError> {
    let read = SqliteConnectOptions::from_str(url).ok().filter(|_| !is_in_memory(url));
    read.ok_or_else(|| malformed(without_secrets(url)))
}

fn postgres(text: &str) -> Result<PgConnectOptions, StoreError> {
    let refused = || match unencoded(text) {
        Some(character) => StoreError::Url {
            shown: "postgres:…".to_owned(),
            mistake: UrlMistake::Unencoded(character),
        },
        None => malformed("postgres:…".to_owned()),
    };
    let mut url = Url::parse(text).map_err(|_| refused())?;
    // The rest of a password in which a character was not encoded: the host would be wrong.
    let is_in_a_name = url.query_pairs().any(|(name, _)| name.contains('@'));
    if url.fragment().is_some() || url.path().contains('@') || is_in_a_name {
        return Err(refused());
    }
    leave_out_unknown_parameters(&mut url);
    PgConnectOptions::from_str(url.as_str()).map_err(|_| refused())
}

fn malformed(shown: String) -> StoreError {
    StoreError::Url { shown, mistake: UrlMistake::Malformed }
}

/// The first character before the host that ends the user and password of a URL.
fn unencoded(url: &str) -> Option<char> {
    let (_, rest) = url.split_once("://")?;
    let (credentials, _) = rest.rsplit_once('@')?;
    credentials.chars().find(|character| "/#?".contains(*character))
}

const SQLITE_PARAMETERS: [&str; 4] = ["mode", "cache", "immutable", "vfs"];

const POSTGRES_PARAMETERS: [&str; 18] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
];

/// The driver would log each parameter that it does not know with its value, which may be a password
/// under another name.
fn leave_out_unknown_parameters(url: &mut Url) {
    let is_known = |name: &str| {
        POSTGRES_PARAMETERS.contains(&name) || name.starts_with("options[") && name.ends_with(']')
    };
    let (known, others): (Vec<_>, Vec<_>) =
        url.query_pairs().into_owned().partition(|(name, _)| is_known(name));
    if others.is_empty() {
        return;
    }
    for (name, _) in others {
        let is_plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || b"_-".contains(&byte));
        let name = if is_plain { &name } else { "…" };
        warn!(parameter = name, "a parameter of `database.url` has no effect");
    }
    if known.is_empty() {
        url.set_query(None);
    } else {
        url.query_pairs_mut().clear().extend_pairs(known);
    }
}

/// The URL, or its scheme alone if any other part could be a password.
fn without_secrets(url: &str) -> String {
    let is_safe = match url.strip_prefix("sqlite:") {
        Some(path) => {
            let parameters = path.split_once('?').map_or("", |(_, parameters)| parameters);
            let names = parameters.split('&').map(|it| it.split('=').next().unwrap_or_default());
            let mut names = names.filter(|name| !name.is_empty());
            !path.contains('@') && names.all(|name| SQLITE_PARAMETERS.contains(&name))
        }
        None => !url.contains(['@', '=', '?']) && !url.to_lowercase().contains("password"),
    };
    match url.split_once(':') {
        _ if is_safe => url.to_owned(),
        Some((scheme, _)) if !scheme.contains(['@', '=', '?']) => format!("{scheme}:…"),
        _ => "…".to_owned(),
    }
}

/// Whether SQLite would keep the database in memory, or in a file without a name: each connection would have its
/// own database, which would be lost at the end of the program.
fn is_in_memory(url: &str) -> bool {
    let path = url.trim_start_matches("sqlite:").trim_start_matches("//");
    let (path, parameters) = path.split_once('?').unwrap_or((path, ""));
    path.is_empty() || path == ":memory:" || parameters.contains("mode=memory")
}

#[cfg(test)]
mod tests {
    use super::{StoreError, Url, UrlMistake, leave_out_unknown_parameters, without_secrets};

    #[test]
    fn what_could_be_a_password_is_not_shown() {
        for (url, shown) in [
            ("linerent.db", "linerent.db"),
            ("mysql://localhost/linerent", "mysql://localhost/linerent"),
            ("mysql://ada:secret@localhost/linerent", "mysql:…"),
            ("mysql://localhost/linerent?pass=secret", "mysql:…"),
            ("host=localhost password=secret dbname=linerent", "…"),
            ("host=localhost password=se:cret", "…"),
            ("sqlite:linerent.db?mode=write", "sqlite:linerent.db?mode=write"),
            ("sqlite:linerent.db?key=secret", "sqlite:…"),
            ("sqlite://ada:secret@localhost/linerent", "sqlite:…"),
        ] {
            assert_eq!(without_secrets(url), shown);
        }
    }

    #[test]
    fn a_character_that_ends_a_password_is_named() {
        for (url, expected) in [
            ("postgres://ada:hun#ter@db/x", UrlMistake::Unencoded('#')),
            ("postgres://ada:12#hunter@db/x", UrlMistake::Unencoded('#')),
            ("postgres://ada:hun/ter@db/x", UrlMistake::Unencoded('/')),
            ("postgres://ada:12/hunter@db/x", UrlMistake::Unencoded('/')),
            ("postgres://ada:hun?ter@db/x", UrlMistake::Unencoded('?')),
            ("postgres://ada:12?hunter@db/x", UrlMistake::Unencoded('?')),
            ("postgres://ada:1@2:3#hunter@db/x", UrlMistake::Unencoded('#')),
            ("postgres://ada:hunter@db:port/x", UrlMistake::Malformed),
        ] {
            let error = super::postgres(url).expect_err(url);
            assert!(!format!("{error:?}").contains("hun"), "{url}: {error:?}");
            let StoreError::Url { mistake, .. } = error else { panic!("{url}: {error:?}") };
            assert_eq!(mistake, expected, "{url}");
        }
    }

    #[test]
    fn a_password_that_a_url_can_hold_is_taken() {
        for url in [
            "postgres://ada:hun%23ter@db/x",
            "postgres://ada:hun:ter@db/x",
            "postgres://ada:hun@ter@db/x",
            "postgres://db/x?user=ada@example.com",
        ] {
            assert!(super::postgres(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn parameters_that_the_driver_would_log_are_left_out() {
        for (url, rest) in [
            ("postgres://db/x?sslmode=require&passwd=secret", "postgres://db/x?sslmode=require"),
            ("postgres://db/x?channel_binding=require", "postgres://db/x"),
            ("postgres://db/x?host=/run&port=1", "postgres://db/x?host=/run&port=1"),
        ] {
            let mut url = Url::parse(url).expect("a URL");
            leave_out_unknown_parameters(&mut url);
            assert_eq!(url.as_str(), rest);
        }
    }
}
