//! Files and folders that hold personal data: only the user that runs the program may read them.
//!
//! The permissions of what exists already are left as they are; `doctor` warns of wider ones.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{ErrorKind, Result};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Of files that are made.
pub const FILE_MODE: u32 = 0o600;
/// Of folders that are made.
pub const FOLDER_MODE: u32 = 0o700;
/// The permissions of everyone but the owner.
const OTHERS: u32 = 0o077;

/// Makes a folder and those above it that do not exist.
///
/// # Errors
/// Those of the file system.
pub fn make_folder(folder: &Path) -> Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder)
}

/// Makes an empty file if there is none.
///
/// # Errors
/// Those of the file system.
pub fn make_file(file: &Path) -> Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(file) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
}

/// Those of `paths` that other users of this machine can reach and use: neither their own permissions nor those of
/// the folder that they are in keep them out.
pub fn open_to_others(paths: impl IntoIterator<Item = PathBuf>) -> Vec<PathBuf> {
    let is_open =
        |path: &Path| path.metadata().is_ok_and(|it| it.permissions().mode() & OTHERS != 0);
    let folder_of = |path: &Path| {
        let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
        folder.unwrap_or(Path::new(".")).to_owned()
    };
    let reaches = |path: &PathBuf| is_open(path) && is_open(&folder_of(path));
    paths.into_iter().filter(reaches).collect()
}
