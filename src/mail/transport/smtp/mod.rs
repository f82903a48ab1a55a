//! Sends mails to a mail server (RFC 5321), over a few connections that are reused.

mod session;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use rustls::pki_types::ServerName;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::tls::{Encrypted, connector, server_name, starttls};
use super::{Answer, Connection, Transport, TransportError};
use crate::bounded_file;
use session::{SmtpSession, is_pipelining, said};

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
    hello: ClientId,
    implicit_tls: (TlsConnector, ServerName<'static>),
    starttls: TlsParameters,
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
        let pem = match &settings.ca_file {
            Some(file) => bounded_file::bytes_in(file).map_err(|error| {
                TransportError::Certificates(format!("{}: {error}", file.display()))
            })?,
            None => Vec::new(),
        };
        let implicit_tls = (connector(&pem)?, server_name(&settings.host)?);
        let starttls = starttls(&settings.host, &pem)?;
        Ok(Self { settings, hello, implicit_tls, starttls })
    }

    async fn open(&self) -> Result<SmtpSession, String> {
        let SmtpSettings { host, port, security, .. } = &self.settings;
        let connected = TcpStream::connect((host.as_str(), *port)).await;
        let stream =
            connected.map_err(|error| format!("{host}:{port} cannot be reached: {error}"))?;
        // Without it each mail waits 40 ms for an acknowledgement that the server holds back.
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let stream: Box<dyn AsyncTokioStream> = match security {
            SmtpSecurity::Tls => {
                let (connector, name) = &self.implicit_tls;
                let encrypted = connector.connect(name.clone(), stream).await;
                Box::new(Encrypted(
                    encrypted.map_err(|error| format!("no TLS with {host}: {error}"))?,
                ))
            }
            SmtpSecurity::StartTls | SmtpSecurity::None => Box::new(stream),
        };
        let greeted = AsyncSmtpConnection::connect_with_transport(stream, &self.hello).await;
        let mut connection =
            greeted.map_err(|error| format!("{host} refuses the connection: {}", said(&error)))?;
        if *security == SmtpSecurity::StartTls {
            let encrypted = connection.starttls(self.starttls.clone(), &self.hello).await;
            encrypted.map_err(|error| format!("no STARTTLS with {host}: {}", said(&error)))?;
        }
        let is_pipelining = is_pipelining(&mut connection, &self.hello).await;
        if let Some((user, password)) = &self.settings.credentials {
            let password = password.expose_secret().to_owned();
            let credentials = Credentials::new(user.clone(), password);
            let let_in = connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await;
            let_in.map_err(|error| {
                format!("{host} refuses the login of `{user}`: {}", said(&error))
            })?;
        }
        Ok(SmtpSession::new(connection, is_pipelining, self.settings.timeout))
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
