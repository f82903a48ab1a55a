//! A document into a file, whole or not at all, or to stdout.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::cli::output::write_to_stdout;
use crate::private_files::FILE_MODE;

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
        let mut saving = self.open()?;
        saving.write(bytes)?;
        saving.finish()
    }

    /// Begins a document that is written in parts. What was at the path of a file stays until
    /// [`finish`](Saving::finish).
    pub fn open(&self) -> Result<Saving> {
        match self {
            Self::Stdout => Ok(Saving::Stdout),
            Self::File(path) => Saving::to_file(path),
        }
    }
}

/// A document that is being written.
pub enum Saving {
    Stdout,
    File(Unfinished),
}

impl Saving {
    fn to_file(path: &Path) -> Result<Self> {
        // What a link leads to is replaced, not the link.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let unfinished = match fs::metadata(&path) {
            Ok(there) if there.is_dir() => {
                bail!("{} is a folder\nhint: name a file in it", path.display())
            }
            // A pipe or a device cannot be replaced.
            Ok(there) if !there.is_file() => {
                let file = OpenOptions::new().write(true).open(&path);
                file.map(|file| Unfinished { file, path: path.clone(), replacement: None })
            }
            _ => Unfinished::beside(path.clone()),
        };
        Ok(Self::File(unfinished.with_context(|| writing(&path))?))
    }

    /// Writes a part. Returns false if the reader has ended, for example `head`.
    pub fn write(&mut self, part: &[u8]) -> Result<bool> {
        match self {
            Self::Stdout => write_to_stdout(part),
            Self::File(it) => {
                it.file.write_all(part).with_context(|| writing(&it.path))?;
                Ok(true)
            }
        }
    }

    /// Puts a file in its place.
    pub fn finish(self) -> Result<()> {
        match self {
            Self::Stdout => Ok(()),
            Self::File(mut it) => it.finish().with_context(|| writing(&it.path)),
        }
    }
}

fn writing(path: &Path) -> String {
    format!("writing {}\nhint: name a file in a folder that this user may write to", path.display())
}

/// A file that is not whole yet.
pub struct Unfinished {
    file: File,
    path: PathBuf,
    /// Takes the place of `path` in the end; removed if that does not come.
    replacement: Option<PathBuf>,
}

impl Unfinished {
    /// A file that takes the place of `path`. Statements are for this user alone, unless there is a file with other
    /// permissions already.
    fn beside(path: PathBuf) -> io::Result<Self> {
        let mut name = path.clone().into_os_string();
        name.push(format!(".{}.part", std::process::id()));
        let replacement = PathBuf::from(name);
        let file =
            OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&replacement)?;
        let unfinished = Self { file, path, replacement: Some(replacement) };
        if let Ok(there) = fs::metadata(&unfinished.path) {
            unfinished.file.set_permissions(there.permissions())?;
        }
        Ok(unfinished)
    }

    fn finish(&mut self) -> io::Result<()> {
        let Some(replacement) = &self.replacement else { return Ok(()) };
        self.file.sync_all()?;
        fs::rename(replacement, &self.path)?;
        self.replacement = None;
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(replacement) = &self.replacement {
            // Something else failed; what is left is of no use.
            let _ = fs::remove_file(replacement);
        }
    }
}
