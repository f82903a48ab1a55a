//! The errors of a webhook check. They contain neither the answer nor the path and query of the URL, which may
//! contain tokens.

use std::error::Error;
use std::io;
use std::time::Duration;

use rustls::CertificateError as Certificate;
use thiserror::Error;

use super::addresses::Range;
use crate::rental::configuration::{Place, Unusable};

/// The reason; the message follows the name of the place.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Trouble {
    #[error("did not answer within {}", humantime::format_duration(*.0))]
    Late(Duration),
    #[error("has a name that cannot be resolved")]
    UnknownName,
    #[error("has more than {0} addresses")]
    ManyAddresses(usize),
    #[error("leads to {0}")]
    NotPublic(Range),
    #[error("cannot be reached: {0}")]
    Unreachable(String),
    /// The TLS handshake failed, or the certificate is not valid.
    #[error("cannot be trusted: {0}")]
    Untrusted(&'static str),
    /// Connected, but no HTTP answer.
    #[error("gave no answer: {0}")]
    Unanswered(String),
    /// The status is not 2xx.
    #[error("answered {0}")]
    Status(u16),
    #[error("redirects again, after {0} redirects")]
    Redirects(usize),
    /// A redirect whose answer has no `Location`.
    #[error("redirects without saying where to")]
    NoLocation,
    #[error("redirects to a malformed URL")]
    MalformedLocation,
    /// A redirect to a URL that cannot be a webhook.
    #[error("redirects to a URL that {0}")]
    Astray(Unusable),
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}{place}{} {trouble}", if *.is_redirected { "it redirects to " } else { "" }, if *.is_redirected { ", which" } else { "" })]
pub struct Failure {
    pub place: Place,
    /// Whether the URL redirected to it.
    pub is_redirected: bool,
    pub trouble: Trouble,
}

impl Trouble {
    /// The reason of a request without an answer.
    pub(super) fn of(error: &reqwest::Error) -> Self {
        let mut why = "no reason is known".to_owned();
        // The message of the error contains the URL; those of its sources do not.
        let mut next = error.source();
        while let Some(cause) = next {
            if let Some(own) = cause.downcast_ref::<Self>() {
                return own.clone();
            }
            why = cause.to_string();
            if let Some(mut io) = cause.downcast_ref::<io::Error>() {
                // An I/O error may wrap another one without being its source.
                while let Some(inner) = io.get_ref() {
                    if let Some(error) = inner.downcast_ref::<rustls::Error>() {
                        return Self::Untrusted(distrust(error));
                    }
                    let Some(inner) = inner.downcast_ref::<io::Error>() else { break };
                    io = inner;
                }
                why = io.kind().to_string();
            }
            next = cause.source();
        }
        if error.is_connect() { Self::Unreachable(why) } else { Self::Unanswered(why) }
    }
}

/// Why the TLS handshake failed. The content of the certificate is not repeated.
fn distrust(error: &rustls::Error) -> &'static str {
    match error {
        rustls::Error::InvalidCertificate(error) => match error {
            Certificate::UnknownIssuer => "its certificate is of an unknown issuer",
            Certificate::Expired | Certificate::ExpiredContext { .. } => {
                "its certificate has expired"
            }
            Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => {
                "its certificate is not valid yet"
            }
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                "its certificate is for another name"
            }
            _ => "its certificate is not valid",
        },
        rustls::Error::InvalidMessage(_) => "it does not speak TLS",
        _ => "it supports no common version of TLS",
    }
}
