//! The layers, one over the other: the built-in file, a file, the environment, the command line.
//!
//! No error repeats the value of a key that does not exist: it may be a secret.

use std::collections::BTreeMap;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Serialize;
use toml::{Table, Value as Toml};

use super::DEFAULTS;
use super::error::ConfigError;
use super::keys::Key;
use super::shown::{MASK, without_a_stray_secret};
use super::values::Values;
use crate::bounded_file;
use crate::text::{quoted, shortened};

const PREFIX: &str = "LINERENT";
const SEPARATOR: &str = "__";

/// The sources of a configuration, besides the built-in defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Sources {
    /// The file.
    pub file: Option<PathBuf>,
    /// The environment variables, by name.
    pub variables: Vec<String>,
    /// Whether the command line names the database.
    pub has_database: bool,
    /// Variables that are ignored, although their names resemble those of settings.
    pub misspelt_variables: Vec<String>,
}

/// A value and its source.
pub(super) struct Raw {
    pub(super) value: Toml,
    pub(super) origin: Origin,
}

/// The source of the value of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Default,
    File(PathBuf),
    /// An environment variable.
    Variable(String),
    CommandLine,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(file) => file.display().fmt(f),
            Self::Variable(name) => f.write_str(name),
            Self::CommandLine => f.write_str("the command line"),
        }
    }
}

/// All values that are set, valid or not.
pub(super) struct Layers {
    pub(super) sources: Sources,
    /// By key, such as `mail.smtp.url`. Names that are not keys are included.
    pub(super) set: BTreeMap<String, Raw>,
}

impl Layers {
    /// Reads the built-in defaults, then `file` (none for an empty path), then the environment;
    /// `database_url` overrides all.
    ///
    /// # Errors
    /// If a layer cannot be read at all.
    pub(super) fn read(file: Option<&Path>, database_url: Option<&str>) -> Result<Self> {
        let file = file.filter(|file| !file.as_os_str().is_empty());
        let variables = environment()?;
        let mut layers = Self {
            sources: Sources {
                file: file.map(Path::to_owned),
                variables: variables.values().map(|(name, _)| name.clone()).collect(),
                has_database: database_url.is_some(),
                misspelt_variables: misspelt(),
            },
            set: BTreeMap::new(),
        };
        layers.add_table("", DEFAULTS.parse()?, &|| Origin::Default);
        if let Some(file) = file {
            layers.add_table("", table_in(file)?, &|| Origin::File(file.to_owned()));
        }
        for (key, (name, text)) in variables {
            let value = match Key::find(&key) {
                Some(key) => key.read_variable(&text),
                None => Toml::String(text),
            };
            layers.set.insert(key, Raw { value, origin: Origin::Variable(name) });
        }
        if let Some(url) = database_url {
            let value = Toml::String(url.to_owned());
            let raw = Raw { value, origin: Origin::CommandLine };
            layers.set.insert("database.url".to_owned(), raw);
            layers.set.remove("database.url_file");
        }
        Ok(layers)
    }

    fn add_table(&mut self, path: &str, table: Table, origin: &dyn Fn() -> Origin) {
        for (name, value) in table {
            let key = if path.is_empty() { name } else { format!("{path}.{name}") };
            match value {
                Toml::Table(table) if Key::find(&key).is_none() => {
                    self.add_table(&key, table, origin);
                }
                value => drop(self.set.insert(key, Raw { value, origin: origin() })),
            }
        }
    }

    /// All values, each of its key's kind.
    ///
    /// # Errors
    /// Names the first that is not a key, or whose value is of another kind.
    pub(super) fn values(&self) -> Result<Values> {
        let mut values = BTreeMap::new();
        for (name, raw) in &self.set {
            let key = Key::find(name).ok_or_else(|| unknown(name, &raw.origin))?;
            let value = key.read(&raw.value).ok_or_else(|| impossible(key, raw))?;
            values.insert(key.name, value);
        }
        Ok(Values(values))
    }
}

fn unknown(name: &str, origin: &Origin) -> ConfigError {
    let (name, origin) = (name.to_owned(), origin.clone());
    if let Some(first) = Key::first_in(&name) {
        return ConfigError::Section { name, origin, setting: first.name };
    }
    let similar = similar(&name).map(|key| key.name);
    ConfigError::Unknown { name, origin, similar }
}

/// The key that was probably meant: in the same section, if there is such a section.
fn similar(name: &str) -> Option<&'static Key> {
    let parts = |name: &'static str| name.rsplit_once('.').unwrap_or(("", name));
    let (section, word) = name.rsplit_once('.').unwrap_or(("", name));
    let is_section = Key::all().any(|key| parts(key.name).0 == section);
    let distance = |key: &&Key| {
        let (its_section, its_word) = parts(key.name);
        (strsim::osa_distance(word, its_word), strsim::osa_distance(section, its_section))
    };
    let candidates = Key::all().filter(|key| !is_section || parts(key.name).0 == section);
    let nearest = candidates.min_by_key(distance)?;
    (distance(&nearest).0 * 2 <= parts(nearest.name).1.len()).then_some(nearest)
}

fn impossible(key: &Key, raw: &Raw) -> ConfigError {
    let shown = match &raw.value {
        Toml::Table(_) => "a table".to_owned(),
        Toml::Array(_) => "a list".to_owned(),
        _ if key.is_secret() => format!("`{MASK}`"),
        Toml::String(text) if without_a_stray_secret(text) == MASK => format!("`{MASK}`"),
        Toml::String(text) if matches!(raw.origin, Origin::Variable(_)) => quoted(text).to_string(),
        other => quoted(&other.to_string()).to_string(),
    };
    let (origin, expected) = (raw.origin.clone(), key.expected());
    ConfigError::Impossible { name: key.name, shown, origin, expected }
}

fn table_in(file: &Path) -> Result<Table, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable { file: file.to_owned(), source };
    match std::fs::metadata(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(ConfigError::NoFile(file.to_owned()));
        }
        Err(error) => return Err(unreadable(error)),
        Ok(there) if there.is_dir() => return Err(ConfigError::Folder(file.to_owned())),
        // A daemon reads its configuration more than once; a pipe is empty the second time.
        Ok(there) if !there.is_file() => return Err(ConfigError::NotAFile(file.to_owned())),
        Ok(_) => {}
    }
    let text = bounded_file::text_in(file).map_err(unreadable)?;
    text.parse().map_err(|error: toml::de::Error| {
        // Only what is wrong: the line itself may contain a secret.
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        ConfigError::Malformed {
            file: file.to_owned(),
            line,
            message: shortened(error.message(), 500).into_owned(),
        }
    })
}

/// The variables that set a key, by key, with their names and texts. An empty one counts as unset.
fn environment() -> Result<BTreeMap<String, (String, String)>, ConfigError> {
    let mut variables = BTreeMap::new();
    for (name, value) in std::env::vars_os() {
        let Some(name) = name.to_str().filter(|name| is_ours(name)) else { continue };
        let value = value.into_string().map_err(|_| ConfigError::NotUtf8(name.to_owned()))?;
        if !value.is_empty() {
            variables.insert(key_of(name), (name.to_owned(), value));
        }
    }
    Ok(variables)
}

fn is_ours(name: &str) -> bool {
    name.to_uppercase().starts_with(&format!("{PREFIX}{SEPARATOR}"))
}

/// `mail.smtp.url` of `LINERENT__MAIL__SMTP__URL`.
fn key_of(name: &str) -> String {
    let rest = name.get(PREFIX.len() + SEPARATOR.len()..).unwrap_or_default();
    rest.to_lowercase().replace(SEPARATOR, ".")
}

/// Variables such as `LINERENT_DATABASE_URL`, which set nothing.
fn misspelt() -> Vec<String> {
    let flat = |text: &str| text.to_lowercase().replace(['.', '_'], "");
    let meant: Vec<_> = Key::all().map(|key| flat(&format!("{PREFIX}{}", key.name))).collect();
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let is_misspelt = |name: &String| {
        name.to_uppercase().starts_with(PREFIX) && !is_ours(name) && meant.contains(&flat(name))
    };
    let mut names: Vec<_> = names.filter(is_misspelt).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::{key_of, similar};

    #[test]
    fn a_variable_names_its_key() {
        assert_eq!(key_of("LINERENT__MAIL__SMTP__URL"), "mail.smtp.url");
        assert_eq!(key_of("linerent__http__listen"), "http.listen");
        assert_eq!(key_of("LINERENT__"), "");
    }

    #[test]
    fn a_similar_key_is_suggested() {
        for (name, meant) in [
            ("grace_days", Some("release.grace_days")),
            ("releases.grace_days", Some("release.grace_days")),
            ("release.grace", Some("release.grace_days")),
            ("mail.smtp.pasword", Some("mail.smtp.password")),
            ("colour", None),
        ] {
            assert_eq!(similar(name).map(|key| key.name), meant, "{name}");
        }
    }
}
