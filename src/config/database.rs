//! `[database]`: the database and the connections to it.

use std::time::Duration;

use anyhow::{Result, bail};
use secrecy::ExposeSecret as _;

use super::error::ConfigError;
use super::keys::{Key, Kind, key};
use super::values::Values;
use crate::store::engine::pool::PoolSettings;

pub(super) const KEYS: &[Key] = &[
    key("database.url", Kind::SecretUrl),
    key("database.url_file", Kind::Path),
    key("database.connections_max", Kind::whole(2, 1_000)),
    key("database.wait_max", Kind::at_least(Duration::from_secs(1))),
    key("database.answer_max", Kind::at_least(Duration::from_secs(1))),
];

pub(super) fn pool(values: &Values) -> PoolSettings {
    PoolSettings {
        wait_max: values.time("database.wait_max"),
        answer_max: values.time("database.answer_max"),
        connections_max: values.whole("database.connections_max"),
    }
}

/// The URL, or the content of the file that contains it.
pub(super) fn url(values: &Values) -> Result<String> {
    let url = values.find_secret("database.url")?.expect("`database.url` has a default");
    let url = url.expose_secret().to_owned();
    // The file may be another secret's: none of it is repeated.
    let is_url =
        ["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| url.starts_with(scheme));
    if !is_url && values.find_path("database.url_file").is_some() {
        bail!(ConfigError::invalid(
            "the file that `database.url_file` names contains no database URL",
            "write sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME into it"
        ));
    }
    Ok(url)
}
