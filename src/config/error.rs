//! Why a configuration cannot be read.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::layers::Origin;

#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("unknown setting `{name}` in {origin}")]
    Unknown {
        name: String,
        origin: Origin,
        /// The setting that was probably meant.
        similar: Option<&'static str>,
    },
    #[error("`{name}` in {origin} is a section, and cannot have a value")]
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
}
