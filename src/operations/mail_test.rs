//! `mail test`: sends one mail through the configured transport, and says what the other side said.

use anyhow::{Result, bail};
use serde::Serialize;

use super::App;
use crate::clock::Moment;
use crate::mail::{Mail, Mailbox, SendOutcome};

/// What became of it.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct MailTested {
    /// Where it went to.
    pub to: String,
    /// By which transport.
    pub transport: &'static str,
    /// What the other side said.
    pub answer: String,
}

/// Sends a mail to `to`.
///
/// # Errors
/// Fails with what the mail server said if it did not take the mail.
pub async fn send(app: &App, to: &Mailbox) -> Result<MailTested> {
    let transport = &app.mailer.transport;
    // The machine's time, in a sandbox too: it is for seeing that mails arrive now.
    let now = Moment { at: app.clock.now(), on: app.moment().on };
    let mail = app.mailer.compose_test(to, app.rng.token(), now)?;
    let answer = send_mail(app, &mail).await?;
    Ok(MailTested { to: to.email.to_string(), transport: transport.name(), answer })
}

/// Hands one mail over, at once; returns what the other side said.
pub(crate) async fn send_mail(app: &App, mail: &Mail) -> Result<String> {
    let mut connection = match app.mailer.transport.connect().await {
        Ok(connection) => connection,
        Err(reason) => {
            bail!("no mail can be sent: {reason}\nhint: see `mail` in the configuration")
        }
    };
    let carried = connection.send(mail).await;
    connection.close().await;
    match carried {
        SendOutcome::Accepted(answer) => Ok(answer),
        SendOutcome::Refused(answer) => bail!("the mail was refused: {answer}"),
        SendOutcome::Deferred(answer) => bail!("the mail was not taken now: {answer}"),
        SendOutcome::NotSent(reason) | SendOutcome::Unknown(reason) => {
            bail!("the mail could not be handed over: {reason}")
        }
    }
}
