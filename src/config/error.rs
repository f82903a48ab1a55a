//! Why a configuration cannot be read.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::layers::Origin;
use crate::text::quoted;

#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("unknown setting {} in {origin}", quoted(.name))]
    Unknown {
        name: String,
        origin: Origin,
        /// The setting that was probably meant.
        similar: Option<&'static str>,
    },
    #[error("{} in {origin} is a section, and cannot have a value", quoted(.name))]
    Section {
        name: String,
        origin: Origin,
        /// A setting of the section.
        setting: &'static str,
    },
    #[error("`{name}` is {shown} in {origin}, expected {expected}")]
    Impossible {
        name: &'static str,
        /// The value, or a mask in its place if it may be secret.
        shown: String,
        origin: Origin,
        expected: String,
    },
    #[error("there is no configuration file `{}`", .0.display())]
    NoFile(PathBuf),
    #[error("the configuration file `{}` is a folder", .0.display())]
    Folder(PathBuf),
    #[error("the configuration file `{}` is a pipe or a device", .0.display())]
    NotAFile(PathBuf),
    #[error("reading the configuration file {}", file.display())]
    Unreadable {
        file: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{}, line {line}: {message}", file.display())]
    Malformed { file: PathBuf, line: usize, message: String },
    #[error("the environment variable {0} is not UTF-8")]
    NotUtf8(String),
    /// The file of a secret cannot be read.
    #[error("reading `{key}`, {shown}")]
    SecretUnreadable {
        key: String,
        /// The path, or a mask in its place if it may be a secret.
        shown: String,
        #[source]
        source: io::Error,
    },
    /// A setting of the right kind with a value that cannot be used.
    #[error("{reason}")]
    Invalid { reason: String, remedy: String },
}

impl ConfigError {
    pub(super) fn invalid(reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Invalid { reason: reason.into(), remedy: remedy.into() }
    }
}
