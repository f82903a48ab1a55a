//! What can be wrong with a webhook, in words that hold nothing of what it said: neither its answer nor its URL's
//! path and query, in which tokens may be.

use std::error::Error;
use std::io;
use std::time::Duration;

use rustls::CertificateError as Certificate;
use thiserror::Error;

use super::addresses::Range;
use crate::rental::configuration::{Place, Unusable};

/// What is wrong, told of the place that it is wrong with.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Trouble {
    /// So long was waited.
    #[error("did not answer within {}", humantime::format_duration(*.0))]
    Late(Duration),
    /// There are no addresses of the name.
    #[error("has a name that cannot be resolved")]
    UnknownName,
    /// It is in a range that no webhook may be in.
    #[error("leads to {0}")]
    NotPublic(Range),
    /// No connection.
    #[error("cannot be reached: {0}")]
    Unreachable(String),
    /// No encryption, or a certificate that proves nothing.
    #[error("cannot be trusted: {0}")]
    Untrusted(&'static str),
    /// A connection, and no answer in HTTP.
    #[error("gave no answer: {0}")]
    Unanswered(String),
    /// Another status than 2xx.
    #[error("answered {0}")]
    Status(u16),
    /// On and on.
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

/// What was wrong with which place.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}{place}{} {trouble}", if *.is_redirected { "it redirects to " } else { "" }, if *.is_redirected { ", which" } else { "" })]
pub struct Failure {
    /// The place.
    pub place: Place,
    /// Whether it is another than the URL's own, which led there.
    pub is_redirected: bool,
    /// What was wrong.
    pub trouble: Trouble,
}

impl Trouble {
    /// What became of a request that was not answered.
    pub(super) fn of(error: &reqwest::Error) -> Self {
        let mut why = "no reason is known".to_owned();
        // The error's own words hold the URL; its sources' do not.
        let mut next = error.source();
        while let Some(cause) = next {
            if let Some(own) = cause.downcast_ref::<Self>() {
                return own.clone();
            }
            why = cause.to_string();
            if let Some(mut io) = cause.downcast_ref::<io::Error>() {
                // One may be wrapped in another, which is no source of its wrapper.
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

/// Why a TLS connection was not made. A certificate's own words are not repeated.
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
        _ => "it agrees to no TLS of ours",
    }
}
