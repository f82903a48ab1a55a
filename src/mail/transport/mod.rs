//! Transports send mails: to a folder, a mail server, or memory.
//!
//! A [`Transport`] tells apart outcomes that must not be confused: accepted, refused, deferred, and unknown.

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
use crate::text::quoted;

/// The answer of a transport, when it arrives.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

pub trait Transport: fmt::Debug + Send + Sync {
    /// The name in the configuration.
    fn name(&self) -> &'static str;

    /// The maximum number of concurrent connections.
    fn connections_max(&self) -> u32;

    /// Opens a connection.
    ///
    /// # Errors
    /// The reason why no mail can be sent now.
    fn connect(&self) -> Answer<'_, Result<Box<dyn Connection>, String>>;

    /// Checks that mails could be sent now, without sending one.
    ///
    /// # Errors
    /// The reason why no mail can be sent now.
    fn try_out(&self) -> Answer<'_, Result<(), String>> {
        Box::pin(async move {
            self.connect().await?.close().await;
            Ok(())
        })
    }
}

/// A connection that sends one mail after another.
pub trait Connection: Send {
    fn send<'a>(&'a mut self, mail: &'a Mail) -> Answer<'a, SendOutcome>;

    fn close(self: Box<Self>) -> Answer<'static, ()>;
}

/// The outcome of sending a mail, with the answer of the mail server or the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOutcome {
    /// The server is responsible for the mail now.
    Accepted(String),
    /// The server will never accept the mail.
    Refused(String),
    /// The server may accept the mail later.
    Deferred(String),
    /// The connection cannot be used any more, and the mail was not sent.
    NotSent(String),
    /// The connection broke while the mail was sent: the server may have accepted it or not.
    Unknown(String),
}

#[derive(Debug, Clone)]
pub enum TransportSettings {
    /// One file for each mail in this folder.
    File(PathBuf),
    Smtp(SmtpSettings),
}

/// Why a transport cannot be used with these settings.
#[derive(Debug, Error)]
pub enum TransportError {
    #[error("`mail.smtp.ca_file` cannot be used: {0}")]
    Certificates(String),
    #[error("{} is not the name of a server", quoted(.0))]
    ServerName(String),
    #[error("`mail.smtp.hello_name` is `{0}`, which is not a name")]
    HelloName(String),
}

impl TransportSettings {
    /// Opens the transport.
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
