//! What carries mails: a folder, a mail server, or memory.
//!
//! [`Transport`] is ours. It tells apart what must not be confused: taken, refused for good, not now,
//! and nobody knows.

mod file;
mod memory;
mod smtp;
mod tls;

pub use file::FileTransport;
pub use memory::MemoryTransport;
pub use smtp::{SmtpSecurity, SmtpSettings, SmtpTransport};

use std::fmt;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use thiserror::Error;

use super::Mail;

/// What a transport answers, some time later.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What carries mails.
pub trait Transport: fmt::Debug + Send + Sync {
    /// Its name, as it is configured.
    fn name(&self) -> &'static str;

    /// How many connections it may have at once.
    fn connections_max(&self) -> u32;

    /// A connection, ready for mails.
    ///
    /// # Errors
    /// Why nothing can be sent now, in words.
    fn connect(&self) -> Answer<'_, Result<Box<dyn Connection>, String>>;

    /// Finds out whether mails could leave now, and sends none.
    ///
    /// # Errors
    /// Why nothing can be sent now, in words.
    fn try_out(&self) -> Answer<'_, Result<(), String>> {
        Box::pin(async move {
            self.connect().await?.close().await;
            Ok(())
        })
    }
}

/// A connection, over which one mail after the other can go.
pub trait Connection: Send {
    /// Hands a mail over.
    fn send<'a>(&'a mut self, mail: &'a Mail) -> Answer<'a, SendOutcome>;

    /// Says goodbye.
    fn close(self: Box<Self>) -> Answer<'static, ()>;
}

/// What became of a mail; with each goes what the other side said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOutcome {
    /// The other side has it, and answers for it.
    Accepted(String),
    /// It will never be taken.
    Refused(String),
    /// It is not taken now.
    Deferred(String),
    /// The connection is of no use any more, and nothing of this mail was taken.
    NotSent(String),
    /// The connection broke while the mail was handed over: it may have been taken, or not.
    Unknown(String),
}

/// Which transport, and what it needs.
#[derive(Debug, Clone)]
pub enum TransportSettings {
    /// One file for each mail in this folder.
    File(PathBuf),
    /// A mail server.
    Smtp(SmtpSettings),
}

/// Why a transport cannot work as it is configured.
#[derive(Debug, Error)]
pub enum TransportError {
    /// A certificate.
    #[error(
        "`mail.smtp.ca_file` cannot be used: {0}\nhint: it holds one or more certificates in PEM"
    )]
    Certificates(String),
    /// The server's name.
    #[error(
        "`{0}` is no name of a server\nhint: set `mail.smtp.url`, for example smtps://mail.example.com"
    )]
    ServerName(String),
}

impl TransportSettings {
    /// The transport that they are for.
    ///
    /// # Errors
    /// [`TransportError`].
    pub fn open(&self) -> Result<Arc<dyn Transport>, TransportError> {
        Ok(match self {
            Self::File(folder) => Arc::new(FileTransport::new(folder.clone())),
            Self::Smtp(settings) => Arc::new(SmtpTransport::new(settings.clone())?),
        })
    }
}
