//! The layers, one over the other: what is built in, a file, the environment, the command line.
//!
//! Nothing here repeats a value: what stands where it does not belong may be a secret.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use config::{ConfigError, Environment, File, FileFormat, Value, ValueKind};
use serde::Serialize;

use super::{Config, DEFAULTS, keys};

const PREFIX: &str = "LINERENT";
const SEPARATOR: &str = "__";

/// What a configuration was read from, over the built-in defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Sources {
    /// The file.
    pub file: Option<PathBuf>,
    /// The environment variables, by name.
    pub variables: Vec<String>,
    /// Whether the command line names the database.
    pub has_database: bool,
    /// Variables that are not read, and that somebody may have meant for ones that are.
    pub misspelt_variables: Vec<String>,
}

impl fmt::Display for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "the file {}", file.display())?,
            None => f.write_str("no file")?,
        }
        let count = self.variables.len();
        write!(f, ", {count} environment variable{}", if count == 1 { "" } else { "s" })?;
        if self.has_database { f.write_str(", `--database`") } else { Ok(()) }
    }
}

/// All layers as they are set, whether or not that makes sense.
pub(super) struct Layers {
    merged: config::Config,
    sources: Sources,
    /// The name of the variable that sets a key.
    variables: BTreeMap<String, String>,
}

impl Layers {
    /// Reads the built-in defaults, then `file`, then the environment; `database_url` overrides all.
    ///
    /// # Errors
    /// Where a layer cannot be read at all.
    pub(super) fn read(file: Option<&Path>, database_url: Option<&str>) -> Result<Self> {
        let mut layers =
            config::Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
        if let Some(file) = file {
            if !file.is_file() {
                bail!(
                    "there is no configuration file `{}`\nhint: check `--config` and LINERENT_CONFIG",
                    file.display()
                );
            }
            layers = layers.add_source(File::from(file).format(FileFormat::Toml));
        }
        let environment = environment()?;
        let variables: BTreeMap<_, _> =
            environment.keys().map(|name| (key_of(name), name.clone())).collect();
        let sources = Sources {
            file: file.map(Path::to_owned),
            variables: variables.values().cloned().collect(),
            has_database: database_url.is_some(),
            misspelt_variables: misspelt(),
        };
        layers = layers.add_source(
            Environment::with_prefix(PREFIX)
                .prefix_separator(SEPARATOR)
                .separator(SEPARATOR)
                .source(Some(environment)),
        );
        if let Some(url) = database_url {
            layers = layers
                .set_override("database.url", url)
                .and_then(|layers| layers.set_override("database.url_file", None::<String>))
                .expect("both are paths of keys");
        }
        let merged = layers.build().map_err(|error| in_words(&error))?;
        Ok(Self { merged, sources, variables })
    }

    pub(super) const fn sources(&self) -> &Sources {
        &self.sources
    }

    /// All that is set, the built-in defaults included.
    pub(super) const fn root(&self) -> &Value {
        &self.merged.cache
    }

    /// Where the value of `key` comes from.
    pub(super) fn origin_of(&self, key: &str, value: &Value) -> String {
        if key == "database.url" && self.sources.has_database {
            return "--database".to_owned();
        }
        if let Some(name) = self.variables.get(key) {
            return name.clone();
        }
        match (value.origin(), &self.sources.file) {
            (Some(_), Some(file)) => file.display().to_string(),
            _ => "default".to_owned(),
        }
    }

    /// The settings, with every key known and every value of its type.
    pub(super) fn into_config(self) -> Result<Config> {
        for section in keys::sections() {
            if let Some(value) = find(self.root(), section)
                && !matches!(value.kind, ValueKind::Table(_))
            {
                bail!(
                    "`{section}` is set to a value, and is a section of keys; see {}\nhint: set its keys, such as `{}`",
                    self.origin_of(section, value),
                    first_key_of(section)
                );
            }
        }
        self.merged.try_deserialize().map_err(|error| in_words(&error))
    }
}

/// The value at a path, such as `mail.smtp.url`.
pub(super) fn find<'a>(root: &'a Value, path: &str) -> Option<&'a Value> {
    let mut value = root;
    for name in path.split('.') {
        let ValueKind::Table(table) = &value.kind else { return None };
        value = table.get(name)?;
    }
    Some(value).filter(|value| !matches!(value.kind, ValueKind::Nil))
}

fn first_key_of(section: &str) -> String {
    let is_in = |key: &String| key.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'));
    keys::known().into_iter().find(is_in).unwrap_or_default()
}

/// The variables that set a key, but for the empty ones, which are as good as unset.
fn environment() -> Result<HashMap<String, String>> {
    let mut variables = HashMap::new();
    for (name, value) in std::env::vars_os() {
        let Some(name) = name.to_str().filter(|name| is_ours(name)) else { continue };
        let value = value.into_string().map_err(|_| {
            anyhow!("the environment variable {name} is no text\nhint: write it in UTF-8")
        })?;
        if !value.is_empty() {
            variables.insert(name.to_owned(), value);
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
    let meant: Vec<_> = keys::known().iter().map(|key| flat(&format!("{PREFIX}{key}"))).collect();
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let is_misspelt = |name: &String| {
        name.to_uppercase().starts_with(PREFIX) && !is_ours(name) && meant.contains(&flat(name))
    };
    let mut names: Vec<_> = names.filter(is_misspelt).collect();
    names.sort();
    names
}

/// What is wrong with a layer, without the excerpt from a file: a secret may be on that line.
fn in_words(error: &ConfigError) -> anyhow::Error {
    let said = error.to_string();
    let is_excerpt = |line: &str| {
        line.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit()).starts_with('|')
    };
    let lines: Vec<_> = said.lines().filter(|line| !is_excerpt(line)).map(str::trim).collect();
    // The name of the file stands on a line of its own.
    let lines = lines.join(": ").replace(": in ", " in ");
    anyhow!(lines)
        .context("reading the configuration\nhint: `config/default.toml` explains every key")
}

#[cfg(test)]
mod tests {
    use super::key_of;

    #[test]
    fn a_variable_names_its_key() {
        assert_eq!(key_of("LINERENT__MAIL__SMTP__URL"), "mail.smtp.url");
        assert_eq!(key_of("linerent__http__listen"), "http.listen");
        assert_eq!(key_of("LINERENT__"), "");
    }
}
