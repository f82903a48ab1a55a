//! Sends mails to a mail server (RFC 5321), over a few connections that are reused.

#[cfg(test)]
mod fuzz;
mod open;
mod reply;
mod session;
mod wire;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use lettre::transport::smtp::extension::ClientId;
use rustls::pki_types::ServerName;
use secrecy::SecretString;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::tls::{connector, server_name};
use super::{Answer, Connection, Transport, TransportError};
use crate::bounded_file;

#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// A name or an address.
    pub host: String,
    pub port: u16,
    pub security: SmtpSecurity,
    /// User and password.
    pub credentials: Option<(String, SecretString)>,
    /// The maximum number of concurrent connections.
    pub connections_max: u32,
    /// For opening a connection, and for each answer.
    pub timeout: Duration,
    /// Certificates to trust besides the well-known authorities.
    pub ca_file: Option<PathBuf>,
    /// Our name in EHLO; the machine's name if it is not set.
    pub hello_name: Option<String>,
}

/// How the connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// TLS from the first octet on.
    Tls,
    /// TLS after STARTTLS; without it no mail is sent.
    StartTls,
    /// Unencrypted, for a relay on the same machine.
    None,
}

pub struct SmtpTransport {
    settings: SmtpSettings,
    /// Our name in EHLO.
    hello: String,
    tls: TlsConnector,
    server_name: ServerName<'static>,
}

impl fmt::Debug for SmtpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpTransport").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl SmtpTransport {
    /// Does not connect yet.
    ///
    /// # Errors
    /// [`TransportError`].
    pub fn new(settings: SmtpSettings) -> Result<Self, TransportError> {
        let hello = settings.hello_name.clone().map_or_else(ClientId::default, ClientId::Domain);
        let hello = hello.to_string();
        // It is part of a command, which ends with the line.
        if hello.is_empty() || hello.contains(|c: char| c.is_control() || c.is_whitespace()) {
            return Err(TransportError::HelloName(hello));
        }
        let pem = match &settings.ca_file {
            Some(file) => bounded_file::bytes_in(file).map_err(|error| {
                TransportError::Certificates(format!("{}: {error}", file.display()))
            })?,
            None => Vec::new(),
        };
        let (tls, server_name) = (connector(&pem)?, server_name(&settings.host)?);
        Ok(Self { settings, hello, tls, server_name })
    }
}

impl Transport for SmtpTransport {
    fn name(&self) -> &'static str {
        "smtp"
    }

    fn connections_max(&self) -> u32 {
        self.settings.connections_max
    }

    fn connect(&self) -> Answer<'_, Result<Box<dyn Connection>, String>> {
        Box::pin(async move {
            let limit = self.settings.timeout;
            let session = timeout(limit, self.open()).await.unwrap_or_else(|_| {
                Err(format!("{} did not answer within {} s", self.settings.host, limit.as_secs()))
            })?;
            Ok(Box::new(session) as Box<dyn Connection>)
        })
    }
}
