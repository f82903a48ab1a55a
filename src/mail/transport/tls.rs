//! TLS for connections to a mail server, from the first octet on or after STARTTLS.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::TlsConnector;

use super::TransportError;
use crate::tls;

/// Trusts the well-known authorities and the certificates in `pem`.
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

/// The name that the server's certificate must have.
///
/// # Errors
/// [`TransportError::ServerName`].
pub(super) fn server_name(host: &str) -> Result<ServerName<'static>, TransportError> {
    ServerName::try_from(host.to_owned()).map_err(|_| TransportError::ServerName(host.to_owned()))
}
