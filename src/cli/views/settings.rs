//! The configuration and its sources.

use serde::Serialize;

use crate::config::{Origin, Setting, Sources};

/// One key of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct SettingView {
    /// With its section: `mail.smtp.url`.
    pub key: String,
    /// The value as text; null if it is not set.
    pub value: Option<String>,
    /// `default`, the path of a file, the name of an environment variable, or `--database`; null if it is
    /// not set.
    pub origin: Option<String>,
    /// Whether the value, or a part of it, is secret and shown as `********`.
    pub is_masked: bool,
    /// Whether the key exists. Every other command refuses a key that does not.
    pub is_known: bool,
}

impl From<Setting> for SettingView {
    fn from(it: Setting) -> Self {
        let Setting { key, value, origin, is_masked, is_known } = it;
        let origin = origin.map(|origin| match origin {
            Origin::CommandLine => "--database".to_owned(),
            other => other.to_string(),
        });
        Self { key, value, origin, is_masked, is_known }
    }
}

/// For example `the file linerent.toml, 1 environment variable`.
pub fn sources_in_words(sources: &Sources) -> String {
    let file = match &sources.file {
        Some(file) => format!("the file {}", file.display()),
        None => "no file".to_owned(),
    };
    let variables = match sources.variables.len() {
        0 => String::new(),
        1 => ", 1 environment variable".to_owned(),
        count => format!(", {count} environment variables"),
    };
    let database = if sources.has_database { ", `--database`" } else { "" };
    format!("{file}{variables}{database}")
}
