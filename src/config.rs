//! Configuration, in layers: the built-in `config/default.toml`, a file, the environment.
//!
//! To add a key: `config/default.toml`; its section's file here, which declares the key and reads it into the
//! settings; the settings and what uses them. A file with a new section has a line in `SECTIONS`. Unknown keys and
//! impossible values are refused with the key, the value and what is expected.

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};

use crate::bounded_file;
use crate::mail::Mailer;
use crate::operations::Settings;
use crate::store::Store;

mod billing;
mod daemon;
mod database;
mod error;
#[cfg(test)]
mod fuzz;
mod keys;
mod layers;
mod mail;
mod operator;
mod payments;
mod shown;
mod values;
mod webhooks;

pub use daemon::DaemonSettings;
pub use error::ConfigError;
pub use layers::{Origin, Sources};
pub use shown::{Setting, show};

use keys::Key;
use layers::Layers;
use shown::without_a_stray_secret;
use values::Values;

/// The keys of all sections, in the order of `config/default.toml`.
const SECTIONS: [&[Key]; 7] = [
    database::KEYS,
    billing::KEYS,
    payments::KEYS,
    mail::KEYS,
    operator::KEYS,
    webhooks::KEYS,
    daemon::KEYS,
];

/// Every setting with its default and its explanation, in TOML.
pub const DEFAULTS: &str = include_str!("../config/default.toml");

/// A valid configuration.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// For every operation.
    pub settings: Settings,
    /// For the daemon alone.
    pub daemon: DaemonSettings,
    pub sources: Sources,
}

/// The configuration file that `--config` or LINERENT_CONFIG names. An empty LINERENT_CONFIG counts as unset:
/// [`load`] reads no file for an empty path.
///
/// # Errors
/// If `--config` is empty.
pub fn file_argument(text: OsString) -> Result<PathBuf, &'static str> {
    let is_unset = std::env::var_os("LINERENT_CONFIG").is_some_and(|text| text.is_empty());
    if text.is_empty() && !is_unset {
        return Err("the path of a file is missing");
    }
    Ok(text.into())
}

/// Reads the built-in defaults, then `file` (none for an empty path), then the environment; `database_url`
/// overrides all.
///
/// # Errors
/// Names the key, the value and the remedy.
pub fn load(file: Option<&Path>, database_url: Option<&str>) -> Result<Loaded> {
    let layers = Layers::read(file, database_url)?;
    let values = layers.values()?;
    Ok(Loaded {
        settings: settings(&values)?,
        daemon: daemon::settings(&values),
        sources: layers.sources,
    })
}

/// Reads everything as [`load`] does, and checks all that can be checked without a database or a network:
/// letters and certificates too. Returns what it was read from.
///
/// # Errors
/// Names the key, the value and the remedy.
pub fn check(file: Option<&Path>, database_url: Option<&str>) -> Result<Sources> {
    let Loaded { settings, sources, .. } = load(file, database_url)?;
    Store::check_url(&settings.database_url).context("reading `database.url`")?;
    Mailer::new(&settings.mail)?;
    Ok(sources)
}

fn settings(values: &Values) -> Result<Settings> {
    Ok(Settings {
        zone: values.time_zone("billing.time_zone"),
        run_at: values.time_of_day("schedule.run_at"),
        policy: Arc::new(billing::policy(values)),
        check_every: values.time("auto_reload.check_every"),
        gateway: payments::gateway(values)?,
        test_in_production: values.flag("payments.test_in_production"),
        mail: Arc::new(mail::settings(values)?),
        webhooks: webhooks::settings(values),
        metrics_textfile: daemon::metrics_textfile(values)?,
        issuer: Arc::new(operator::issuer(values)?),
        database_pool: database::pool(values),
        database_url: database::url(values)?,
    })
}

/// The content of the file that `key` names, without space around it.
fn secret_in(key: &str, file: &Path) -> Result<String> {
    let text = bounded_file::text_in(file).map_err(|source| {
        // The path may be the secret itself, set under the wrong key.
        let named = file.display().to_string();
        let shown = without_a_stray_secret(&named).into_owned();
        ConfigError::SecretUnreadable { key: key.to_owned(), shown, source }
    })?;
    Ok(text.trim().to_owned())
}

/// Whether `host`, a name or an address, is this machine: what is sent there does not leave it.
fn is_this_machine(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']);
    host == "localhost" || address.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}
