//! `mail test`: sends one mail through the configured transport, and reports the answer.

use anyhow::Result;
use thiserror::Error;

use super::App;
use crate::clock::Moment;
use crate::mail::{Mail, Mailbox, SendOutcome};

/// A test mail that was accepted.
#[derive(Debug, Clone)]
pub struct MailTested {
    pub to: String,
    pub transport: &'static str,
    /// The answer of the mail server.
    pub answer: String,
}

/// Why a mail was not sent, with the words of the mail server or the operating system.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotSent {
    #[error("no mail can be sent: {0}")]
    NoConnection(String),
    #[error("the mail was refused: {0}")]
    Refused(String),
    /// The server may accept it later.
    #[error("the mail was not taken now: {0}")]
    Deferred(String),
    /// The connection was lost; it is not known whether the server accepted the mail.
    #[error("the mail could not be handed over: {0}")]
    Interrupted(String),
}

/// Sends a test mail.
///
/// # Errors
/// [`NotSent`] if the mail server did not accept it.
pub async fn send(app: &App, to: &Mailbox) -> Result<MailTested> {
    let transport = &app.mailer.transport;
    // The machine's time, in a sandbox too, because the mail shows that mails arrive now.
    let now = Moment { at: app.clock.now(), on: app.moment().on };
    let mail = app.mailer.compose_test(to, app.rng.token(), now)?;
    let answer = send_mail(app, &mail).await?;
    Ok(MailTested { to: to.email.to_string(), transport: transport.name(), answer })
}

/// Sends one mail at once; returns the answer of the mail server.
///
/// # Errors
/// [`NotSent`].
pub(crate) async fn send_mail(app: &App, mail: &Mail) -> Result<String> {
    let mut connection = app.mailer.transport.connect().await.map_err(NotSent::NoConnection)?;
    let outcome = connection.send(mail).await;
    connection.close().await;
    Ok(match outcome {
        SendOutcome::Accepted(answer) => Ok(answer),
        SendOutcome::Refused(answer) => Err(NotSent::Refused(answer)),
        SendOutcome::Deferred(answer) => Err(NotSent::Deferred(answer)),
        SendOutcome::NotSent(reason) | SendOutcome::Unknown(reason) => {
            Err(NotSent::Interrupted(reason))
        }
    }?)
}
