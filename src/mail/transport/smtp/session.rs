//! The SMTP session with a mail server. It is our own because the refused command matters: if the server refuses the
//! recipient, only this mail is affected; if it refuses the greeting or the sender, all mails are.
//!
//! A mail takes four round trips, or two if the server accepts several commands at once (PIPELINING, RFC 2920).
//! Pipelining is used on connections that have sent a mail before. If an error then does not show which command
//! failed, the connection is closed and the mail counts as not sent; the first mail of the next connection is sent
//! command by command.

use std::fmt;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Ehlo, Mail as MailFrom, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::{Code, Response};
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use crate::mail::transport::Answer;
use crate::mail::{Connection, Mail, SendOutcome};

pub(super) struct SmtpSession {
    connection: AsyncSmtpConnection,
    limit: Duration,
    /// The server accepts several commands at once.
    is_pipelining: bool,
    /// The server has accepted a mail on this connection.
    has_carried: bool,
    /// An answer did not come in time, so that the next one may belong to an earlier command.
    is_broken: bool,
}

/// How many times longer than other answers the last one may take. The server has the mail then, and a client that
/// does not wait would send it again (RFC 5321, 4.5.3.2.6).
const FINAL_ANSWER: u32 = 8;

/// How long QUIT may take. All mails are sent then.
const GOODBYE: Duration = Duration::from_secs(1);

/// The answer after which the text of a mail is sent (RFC 5321, 4.3.2).
const START_MAIL_INPUT: u16 = 354;

/// Why a command failed, with the words of the server.
enum Trouble {
    /// A permanent error.
    No(String),
    /// A transient error.
    NotNow(String),
    /// The server requires authentication, or refuses it.
    NotLetIn(String),
    /// The connection cannot be used any more.
    Broken(String),
}

impl Trouble {
    fn said(self) -> String {
        match self {
            Self::No(said) | Self::NotNow(said) | Self::NotLetIn(said) | Self::Broken(said) => said,
        }
    }
}

impl Connection for SmtpSession {
    fn send<'a>(&'a mut self, mail: &'a Mail) -> Answer<'a, SendOutcome> {
        Box::pin(self.send_mail(mail))
    }

    fn close(mut self: Box<Self>) -> Answer<'static, ()> {
        Box::pin(async move { self.say_goodbye().await })
    }
}

impl SmtpSession {
    /// For a connection without any mail yet. Each answer may take up to `limit`.
    pub(super) const fn new(
        connection: AsyncSmtpConnection,
        is_pipelining: bool,
        limit: Duration,
    ) -> Self {
        Self { connection, limit, is_pipelining, has_carried: false, is_broken: false }
    }

    async fn send_mail(&mut self, mail: &Mail) -> SendOutcome {
        if self.is_broken {
            return SendOutcome::NotSent("the connection broke before".to_owned());
        }
        let parameters = match self.parameters(mail) {
            Ok(parameters) => parameters,
            Err(reason) => return SendOutcome::Refused(reason),
        };
        let from = MailFrom::new(Some(mail.from.clone()), parameters);
        let to = Rcpt::new(mail.to.clone(), Vec::new());
        let announced = match self.is_pipelining && self.has_carried {
            true => self.announce_at_once(from, to).await,
            false => self.announce(from, to).await,
        };
        if let Err(carried) = announced {
            return carried;
        }
        let carried = self.send_text(mail).await;
        self.has_carried |= matches!(carried, SendOutcome::Accepted(_));
        carried
    }

    /// Sends the commands before the text of a mail. Fails with the outcome of the mail.
    async fn announce(&mut self, from: MailFrom, to: Rcpt) -> Result<(), SendOutcome> {
        match self.command(from).await {
            Ok(_) => {}
            // The server refuses the sender, so it refuses all mails, not only this one.
            Err(trouble) => return Err(self.give_up(trouble.said()).await),
        }
        match self.command(to).await {
            Ok(_) => {}
            Err(trouble) => return Err(self.after_trouble(trouble).await),
        }
        match self.command(Data).await {
            Ok(response) if response.has_code(START_MAIL_INPUT) => Ok(()),
            // Neither acceptance nor refusal.
            Ok(response) => Err(self.lose(&words(&response))),
            Err(trouble) => Err(self.after_trouble(trouble).await),
        }
    }

    /// As [`Self::announce`], in one round trip.
    async fn announce_at_once(&mut self, from: MailFrom, to: Rcpt) -> Result<(), SendOutcome> {
        let sender = self.command(format!("{from}{to}{Data}")).await;
        let recipient = self.next_answer().await;
        let text = self.next_answer().await;
        if matches!(&text, Ok(response) if response.has_code(START_MAIL_INPUT)) {
            if sender.is_ok() && recipient.is_ok() {
                return Ok(());
            }
            // The server waits for the text of a mail that it refused, and would take the next command for it.
            self.is_broken = true;
        }
        match (sender, recipient, text) {
            (Err(trouble), ..)
            | (Ok(_), Err(trouble @ Trouble::Broken(_)), _)
            | (Ok(_), Ok(_), Err(trouble @ Trouble::Broken(_))) => {
                Err(self.give_up(trouble.said()).await)
            }
            (Ok(_), Err(trouble), _) | (Ok(_), Ok(_), Err(trouble)) => {
                Err(self.after_trouble(trouble).await)
            }
            (Ok(_), Ok(_), Ok(response)) => Err(self.lose(&words(&response))),
        }
    }

    /// Sends the text of a mail.
    async fn send_text(&mut self, mail: &Mail) -> SendOutcome {
        let patience = self.limit * FINAL_ANSWER;
        let handed_over = timeout(patience, self.connection.message(&mail.bytes)).await;
        match self.heard(handed_over) {
            Ok(response) if u16::from(response.code()) / 100 == 2 => {
                SendOutcome::Accepted(words(&response))
            }
            Ok(response) => self.lose(&words(&response)),
            Err(Trouble::No(said)) => SendOutcome::Refused(said),
            Err(Trouble::NotNow(said)) => SendOutcome::Deferred(said),
            Err(Trouble::NotLetIn(said)) => self.give_up(said).await,
            Err(Trouble::Broken(said)) => SendOutcome::Unknown(said),
        }
    }

    /// The parameters for characters outside of ASCII, as far as the server supports them.
    fn parameters(&self, mail: &Mail) -> Result<Vec<MailParameter>, String> {
        let mut parameters = Vec::new();
        let server = self.connection.server_info();
        let address = format!("{}{}", mail.from, mail.to);
        if !address.is_ascii() {
            if !server.supports_feature(Extension::SmtpUtfEight) {
                return Err(format!("the mail server cannot deliver to {} (no SMTPUTF8)", mail.to));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !mail.bytes.is_ascii() && server.supports_feature(Extension::EightBitMime) {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        Ok(parameters)
    }

    async fn command(&mut self, command: impl fmt::Display) -> Result<Response, Trouble> {
        let answered = timeout(self.limit, self.connection.command(command)).await;
        self.heard(answered)
    }

    /// The answer to a command that was sent with others.
    async fn next_answer(&mut self) -> Result<Response, Trouble> {
        if self.is_broken {
            return Err(Trouble::Broken("the connection broke before".to_owned()));
        }
        let answered = timeout(self.limit, self.connection.read_response()).await;
        self.heard(answered)
    }

    fn heard(
        &mut self,
        answered: Result<Result<Response, Error>, Elapsed>,
    ) -> Result<Response, Trouble> {
        let heard = match answered {
            Ok(Ok(response)) => Ok(response),
            // 421: the server closes the connection, whatever the command was.
            Ok(Err(error)) if error.status().is_some_and(|code| u16::from(code) == 421) => {
                Err(Trouble::Broken(said(&error)))
            }
            // A server that requires authentication may refuse any command, even the recipient.
            Ok(Err(error)) if error.status().is_some_and(wants_a_password) => {
                Err(Trouble::NotLetIn(said(&error)))
            }
            Ok(Err(error)) if error.is_permanent() => Err(Trouble::No(said(&error))),
            Ok(Err(error)) if error.is_transient() => Err(Trouble::NotNow(said(&error))),
            Ok(Err(error)) => Err(Trouble::Broken(said(&error))),
            Err(_) => Err(Trouble::Broken(format!("no answer within {} s", self.limit.as_secs()))),
        };
        self.is_broken |= matches!(heard, Err(Trouble::Broken(_)));
        heard
    }

    /// Resets the session after a refused mail.
    async fn after_trouble(&mut self, trouble: Trouble) -> SendOutcome {
        let (said, is_final) = match trouble {
            Trouble::No(said) => (said, true),
            Trouble::NotNow(said) => (said, false),
            Trouble::NotLetIn(said) => return self.give_up(said).await,
            // This recipient may be the cause, so the other mails must not wait for it.
            Trouble::Broken(said) => return SendOutcome::Unknown(said),
        };
        // If it fails, the next mail fails too.
        if !self.is_broken {
            let _ = self.command(Rset).await;
        }
        if is_final { SendOutcome::Refused(said) } else { SendOutcome::Deferred(said) }
    }

    fn lose(&mut self, said: &str) -> SendOutcome {
        self.is_broken = true;
        SendOutcome::Unknown(format!("unexpected answer: {said}"))
    }

    async fn give_up(&mut self, said: String) -> SendOutcome {
        self.say_goodbye().await;
        SendOutcome::NotSent(said)
    }

    /// Sends nothing on a broken connection: the server may wait for the text of a mail, and take it for that.
    async fn say_goodbye(&mut self) {
        if !self.is_broken {
            // The answer does not matter.
            let _ = timeout(GOODBYE, self.connection.quit()).await;
        }
    }
}

/// Whether the server accepts several commands at once (RFC 2920). lettre does not keep this line of the answer to
/// EHLO, so EHLO is sent once more.
pub(super) async fn is_pipelining(connection: &mut AsyncSmtpConnection, hello: &ClientId) -> bool {
    let offers = connection.command(Ehlo::new(hello.clone())).await;
    // If it fails, the next command fails too.
    offers
        .is_ok_and(|offers| offers.message().any(|offer| offer.eq_ignore_ascii_case("PIPELINING")))
}

/// Whether the server requires authentication, or refuses it (RFC 4954, 6).
fn wants_a_password(code: Code) -> bool {
    matches!(u16::from(code), 530 | 534 | 535 | 538)
}

/// The answer of the server in one line.
fn words(response: &Response) -> String {
    let lines: Vec<_> = response.message().collect();
    one_line(&format!("{} {}", response.code(), lines.join(" ")))
}

/// An error with its sources, in one line.
pub(super) fn said(error: &Error) -> String {
    one_line(&error.to_string())
}

/// A text in one line, without control characters, and shortened.
fn one_line(text: &str) -> String {
    const CHARS_MAX: usize = 500;
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    clean.take(CHARS_MAX).collect::<String>().trim().to_owned()
}
