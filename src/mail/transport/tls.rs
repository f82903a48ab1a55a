//! TLS for connections to a mail server, from the first octet on or after STARTTLS.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::{AsyncTokioStream, Certificate, TlsParameters};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::TransportError;
use crate::tls;

/// For TLS from the first octet on. Trusts the well-known authorities and the certificates in `pem`.
///
/// # Errors
/// [`TransportError::Certificates`].
pub(super) fn connector(pem: &[u8]) -> Result<TlsConnector, TransportError> {
    let mut roots = tls::well_known_roots();
    let known = roots.len();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate =
            certificate.map_err(|error| TransportError::Certificates(error.to_string()))?;
        roots.add(certificate).map_err(|error| TransportError::Certificates(error.to_string()))?;
    }
    if !pem.is_empty() && roots.len() == known {
        return Err(TransportError::Certificates("there is no certificate in it".to_owned()));
    }
    Ok(TlsConnector::from(Arc::new(tls::client(roots))))
}

/// As [`connector`], but for STARTTLS, which lettre does.
///
/// # Errors
/// [`TransportError::Certificates`].
pub(super) fn starttls(host: &str, pem: &[u8]) -> Result<TlsParameters, TransportError> {
    let refused = |error: Error| TransportError::Certificates(error.to_string());
    let mut parameters = TlsParameters::builder(host.to_owned());
    if !pem.is_empty() {
        parameters = parameters.add_root_certificate(Certificate::from_pem(pem).map_err(refused)?);
    }
    parameters.build().map_err(refused)
}

/// The name that the server's certificate must have.
///
/// # Errors
/// [`TransportError::ServerName`].
pub(super) fn server_name(host: &str) -> Result<ServerName<'static>, TransportError> {
    ServerName::try_from(host.to_owned()).map_err(|_| TransportError::ServerName(host.to_owned()))
}

/// A connection with TLS from the first octet on.
#[derive(Debug)]
pub(super) struct Encrypted(pub(super) TlsStream<TcpStream>);

impl AsyncTokioStream for Encrypted {
    fn peer_addr(&self) -> std::io::Result<SocketAddr> {
        self.0.get_ref().0.peer_addr()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
