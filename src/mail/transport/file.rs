//! The built-in transport: writes one file for each mail, which any mail program can open.

use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};
use tokio::fs;
use tokio::io::AsyncWriteExt as _;

use super::{Answer, Connection, SendOutcome, Transport};
use crate::mail::Mail;
use crate::private_files::{FILE_MODE, FOLDER_MODE};

/// Writes mails into a folder, as `NAME.eml`.
#[derive(Debug, Clone)]
pub struct FileTransport {
    folder: PathBuf,
}

impl FileTransport {
    /// `folder` is created if it does not exist.
    pub const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }
}

impl Transport for FileTransport {
    fn name(&self) -> &'static str {
        "file"
    }

    fn connections_max(&self) -> u32 {
        1
    }

    fn connect(&self) -> Answer<'_, Result<Box<dyn Connection>, String>> {
        Box::pin(async move {
            let mut folders = fs::DirBuilder::new();
            let made = folders.recursive(true).mode(FOLDER_MODE).create(&self.folder).await;
            made.map_err(|error| cannot_write(&self.folder, &error))?;
            let folder = self.folder.clone();
            Ok(Box::new(Folder { folder }) as Box<dyn Connection>)
        })
    }

    fn try_out(&self) -> Answer<'_, Result<(), String>> {
        Box::pin(async move {
            // If the folder does not exist, it will be created in the nearest parent that exists.
            let above = self.folder.ancestors().find(|folder| folder.exists());
            let above = above.unwrap_or_else(|| Path::new("."));
            if !above.is_dir() {
                return Err(format!("{} is not a folder; see `mail.dir`", above.display()));
            }
            let can_write = access(above, Access::WRITE_OK | Access::EXEC_OK);
            can_write.map_err(|error| cannot_write(&self.folder, &error.into()))
        })
    }
}

struct Folder {
    folder: PathBuf,
}

impl Connection for Folder {
    fn send<'a>(&'a mut self, mail: &'a Mail) -> Answer<'a, SendOutcome> {
        Box::pin(async move {
            let path = self.folder.join(format!("{}.eml", mail.name));
            match write_whole(&path, &mail.bytes).await {
                Ok(()) => SendOutcome::Accepted(format!("written to {}", path.display())),
                Err(error) => SendOutcome::NotSent(cannot_write(&path, &error)),
            }
        })
    }

    fn close(self: Box<Self>) -> Answer<'static, ()> {
        Box::pin(async {})
    }
}

/// The file appears complete: a program that watches the folder never reads a part of a mail.
async fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let unfinished = path.with_extension("eml.part");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(FILE_MODE);
    let mut file = options.open(&unfinished).await?;
    file.write_all(bytes).await?;
    // It must be on the disk before the mail is recorded as sent.
    file.sync_all().await?;
    fs::rename(&unfinished, path).await
}

fn cannot_write(path: &Path, error: &std::io::Error) -> String {
    format!("{} cannot be written: {error}; see `mail.dir`", path.display())
}
