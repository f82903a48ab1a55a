//! A document into a file, whole or not at all, or to stdout.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// Where a document goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Stdout,
    File(PathBuf),
}

impl Target {
    /// As it is written on the command line: `-` is stdout, and so is nothing.
    pub fn of(output: Option<PathBuf>) -> Self {
        match output {
            Some(path) if path.as_os_str() != "-" => Self::File(path),
            _ => Self::Stdout,
        }
    }

    pub fn save(&self, bytes: &[u8]) -> Result<()> {
        match self {
            Self::Stdout => {
                let mut stdout = std::io::stdout().lock();
                match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
                    // The reader has seen enough, as `head` does.
                    Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
                    outcome => outcome.context("writing to stdout"),
                }
            }
            Self::File(path) => write_whole(path, bytes),
        }
    }
}

/// What was at `path` stays until all that replaces it is on the disk.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let writing = || {
        format!(
            "writing {}\nhint: name a file in a folder that this user may write to",
            path.display()
        )
    };
    // What a link leads to is replaced, not the link.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    match fs::metadata(&path) {
        Ok(there) if there.is_dir() => {
            bail!("{} is a folder\nhint: name a file in it", path.display())
        }
        // A pipe or a device cannot be replaced.
        Ok(there) if !there.is_file() => return fs::write(&path, bytes).with_context(writing),
        _ => {}
    }
    let mut unfinished = path.clone().into_os_string();
    unfinished.push(format!(".{}.part", std::process::id()));
    let written = File::create_new(&unfinished).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, &path)
    });
    if written.is_err() {
        // It was the writing that failed; what is left of it is of no use.
        let _ = fs::remove_file(&unfinished);
    }
    written.with_context(writing)
}
