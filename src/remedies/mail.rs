//! Remedies for mail: its settings, its templates, and its server.

use std::error::Error;

use crate::mail::{NotComposed, TemplateError, TransportError, UnusableKey, UnusableMail};
use crate::operations::mail_test::NotSent;

pub fn remedy(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(NotSent::NoConnection(_)) = error.downcast_ref() {
        return Some("see `mail` in the configuration".to_owned());
    }
    // These add no message of their own, so their causes are not part of the chain.
    if let Some(NotComposed::Template(inner)) = error.downcast_ref() {
        return template(inner);
    }
    match error.downcast_ref() {
        Some(UnusableMail::Template(inner)) => return template(inner),
        Some(UnusableMail::Dkim(UnusableKey)) => return Some(key()),
        Some(UnusableMail::Transport(inner)) => return Some(transport(inner)),
        None => {}
    }
    error
        .downcast_ref()
        .and_then(template)
        .or_else(|| error.downcast_ref().map(transport))
        .or_else(|| error.downcast_ref().map(|UnusableKey| key()))
}

fn template(error: &TemplateError) -> Option<String> {
    match error {
        TemplateError::Template { .. } | TemplateError::Exhausted { .. } => {
            Some("correct the template, or remove it to use the built-in one".to_owned())
        }
        TemplateError::NoSubject { .. } => {
            Some("the first line of a text template is its subject, the second is empty".to_owned())
        }
        TemplateError::Unknown { known, .. } => Some(format!("the letters are {known}")),
        TemplateError::Unreadable { .. } => {
            Some("check `mail.templates`, and that this user may read the files in it".to_owned())
        }
    }
}

fn transport(error: &TransportError) -> String {
    match error {
        TransportError::Certificates(_) => "it holds one or more certificates in PEM",
        TransportError::ServerName(_) => {
            "set `mail.smtp.url`, for example smtps://mail.example.com"
        }
        TransportError::HelloName(_) => {
            "set `mail.smtp.hello_name`, for example billing.example.com"
        }
    }
    .to_owned()
}

fn key() -> String {
    "make one with `openssl genrsa -out dkim.pem 2048` or `openssl genpkey -algorithm ed25519 -out dkim.pem`".to_owned()
}
