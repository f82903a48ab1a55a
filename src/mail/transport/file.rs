//! The embedded transport: one file for each mail, which any mail program opens.

use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};
use tokio::fs;
use tokio::io::AsyncWriteExt as _;

use super::{Answer, Connection, SendOutcome, Transport};
use crate::mail::Mail;

/// Puts mails into a folder, as `NAME.eml`.
#[derive(Debug, Clone)]
pub struct FileTransport {
    folder: PathBuf,
}

impl FileTransport {
    /// Mails go into `folder`, which is made where it is missing.
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
            let made = fs::create_dir_all(&self.folder).await;
            made.map_err(|error| cannot_write(&self.folder, &error))?;
            let folder = self.folder.clone();
            Ok(Box::new(Folder { folder }) as Box<dyn Connection>)
        })
    }

    fn try_out(&self) -> Answer<'_, Result<(), String>> {
        Box::pin(async move {
            // Where the folder is missing it is made in the nearest one above.
            let above = self.folder.ancestors().find(|folder| folder.exists());
            let above = above.unwrap_or_else(|| Path::new("."));
            if !above.is_dir() {
                return Err(format!("{} is no folder; see `mail.dir`", above.display()));
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

/// The file is there as a whole or not at all: whoever watches the folder never sees half a mail.
async fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let unfinished = path.with_extension("eml.part");
    let mut file = fs::File::create(&unfinished).await?;
    file.write_all(bytes).await?;
    // On the disk before anybody calls it sent.
    file.sync_all().await?;
    fs::rename(&unfinished, path).await
}

fn cannot_write(path: &Path, error: &std::io::Error) -> String {
    format!("{} cannot be written: {error}; see `mail.dir`", path.display())
}
