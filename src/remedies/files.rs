//! Remedies for files and folders, if nothing more is known about what they are for.

use std::io::{Error, ErrorKind};

pub fn remedy(error: &Error) -> Option<String> {
    let remedy = match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => "check the path",
        ErrorKind::IsADirectory => "this is a folder: name a file in it",
        ErrorKind::PermissionDenied => "check the permissions of the file and its folder",
        ErrorKind::ReadOnlyFilesystem => "the disk is read-only: use another folder",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room on the disk",
        ErrorKind::InvalidData => "use a file with UTF-8 text",
        _ => return None,
    };
    Some(remedy.to_owned())
}
