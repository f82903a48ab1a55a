//! Reads files that people name, up to a size: a wrong file, such as an image of a disk, is refused before it fills the
//! memory.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;

/// The largest file of settings, a secret, a certificate or a template, in bytes.
pub const SETTINGS_BYTES_MAX: u64 = 1 << 20;

/// The text of a file of at most [`SETTINGS_BYTES_MAX`] bytes.
///
/// # Errors
/// Those of reading; [`ErrorKind::FileTooLarge`] for a larger file, [`ErrorKind::InvalidData`] if it is not UTF-8.
pub fn text_in(file: &Path) -> Result<String> {
    String::from_utf8(bytes_in(file)?)
        .map_err(|_| Error::new(ErrorKind::InvalidData, "it is not UTF-8 text"))
}

/// The content of a file of at most [`SETTINGS_BYTES_MAX`] bytes.
///
/// # Errors
/// As [`text_in`], but for the text.
pub fn bytes_in(file: &Path) -> Result<Vec<u8>> {
    read(File::open(file)?, SETTINGS_BYTES_MAX)
}

/// Everything in `reader`, which holds at most `bytes_max` bytes.
///
/// # Errors
/// Those of reading; [`ErrorKind::FileTooLarge`] if there is more.
pub fn read(reader: impl Read, bytes_max: u64) -> Result<Vec<u8>> {
    let mut content = Vec::new();
    reader.take(bytes_max.saturating_add(1)).read_to_end(&mut content)?;
    if content.len() as u64 > bytes_max {
        let reason = format!("it is larger than {} MiB", bytes_max >> 20);
        return Err(Error::new(ErrorKind::FileTooLarge, reason));
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_read_than_may_be_there() {
        assert_eq!(read(&[1_u8; 8][..], 8).expect("it fits").len(), 8);
        let error = read(std::io::repeat(0), 2 << 20).expect_err("it never ends");
        assert_eq!(error.kind(), ErrorKind::FileTooLarge);
        assert_eq!(error.to_string(), "it is larger than 2 MiB");
    }
}
