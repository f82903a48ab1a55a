//! The conversation with a mail server. It is led command by command, since it matters which of them was
//! refused: the recipient's is this mail's trouble, the greeting's or the sender's is everybody's.

use std::fmt;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt, Rset};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::{Code, Response};
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use crate::mail::transport::Answer;
use crate::mail::{Carried, Connection, Mail};

/// An open connection.
pub(super) struct Conversation {
    connection: AsyncSmtpConnection,
    limit: Duration,
    /// An answer did not come, or not in time: whatever comes now may be the answer to something else.
    is_broken: bool,
}

/// So many times as long as other answers, the last one may take: the server has the mail by then, and
/// whoever does not wait for it sends it again (RFC 5321, 4.5.3.2.6).
const FINAL_ANSWER: u32 = 8;

/// How long a goodbye may take: the mails are over with.
const GOODBYE: Duration = Duration::from_secs(1);

/// The one answer after which a mail's text may follow (RFC 5321, 4.3.2).
const START_MAIL_INPUT: u16 = 354;

/// Why a command was not obeyed.
enum Trouble {
    /// The server said no for good.
    No(String),
    /// The server said not now.
    NotNow(String),
    /// The server does not let us in.
    NotLetIn(String),
    /// The connection is of no use any more.
    Broken(String),
}

impl Connection for Conversation {
    fn send<'a>(&'a mut self, mail: &'a Mail) -> Answer<'a, Carried> {
        Box::pin(self.hand_over(mail))
    }

    fn close(mut self: Box<Self>) -> Answer<'static, ()> {
        Box::pin(async move {
            // Whether it says goodbye too does not matter.
            let _ = timeout(GOODBYE, self.connection.quit()).await;
        })
    }
}

impl Conversation {
    /// Over a connection on which nothing was sent yet; each answer may take so long.
    pub(super) const fn new(connection: AsyncSmtpConnection, limit: Duration) -> Self {
        Self { connection, limit, is_broken: false }
    }

    async fn hand_over(&mut self, mail: &Mail) -> Carried {
        if self.is_broken {
            return Carried::Gone("the connection broke before".to_owned());
        }
        let parameters = match self.parameters(mail) {
            Ok(parameters) => parameters,
            Err(reason) => return Carried::Refused(reason),
        };
        match self.command(MailFrom::new(Some(mail.from.clone()), parameters)).await {
            Ok(_) => {}
            // Whoever may not send may not send anything: that is nothing to hold against this mail.
            Err(
                Trouble::No(said)
                | Trouble::NotNow(said)
                | Trouble::NotLetIn(said)
                | Trouble::Broken(said),
            ) => {
                return self.give_up(said).await;
            }
        }
        match self.command(Rcpt::new(mail.to.clone(), Vec::new())).await {
            Ok(_) => {}
            Err(trouble) => return self.after_trouble(trouble).await,
        }
        match self.command(Data).await {
            Ok(response) if response.has_code(START_MAIL_INPUT) => {}
            // It said neither yes nor no.
            Ok(response) => return self.lose(&words(&response)),
            Err(trouble) => return self.after_trouble(trouble).await,
        }
        let patience = self.limit * FINAL_ANSWER;
        let handed_over = timeout(patience, self.connection.message(&mail.bytes)).await;
        match self.heard(handed_over) {
            Ok(response) if u16::from(response.code()) / 100 == 2 => {
                Carried::Accepted(words(&response))
            }
            Ok(response) => self.lose(&words(&response)),
            Err(Trouble::No(said)) => Carried::Refused(said),
            Err(Trouble::NotNow(said)) => Carried::Deferred(said),
            Err(Trouble::NotLetIn(said)) => self.give_up(said).await,
            Err(Trouble::Broken(said)) => Carried::Lost(said),
        }
    }

    /// What the server is told beforehand, as far as it can be: for letters outside of ASCII.
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

    fn heard(
        &mut self,
        answered: Result<Result<Response, Error>, Elapsed>,
    ) -> Result<Response, Trouble> {
        let heard = match answered {
            Ok(Ok(response)) => Ok(response),
            // 421: the server is about to close the connection, whatever was asked.
            Ok(Err(error)) if error.status().is_some_and(|code| u16::from(code) == 421) => {
                Err(Trouble::Broken(said(&error)))
            }
            // Whoever is not let in is refused whatever he says, also at the recipient.
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

    /// After a mail was not taken the server is told to forget what it was told of it.
    async fn after_trouble(&mut self, trouble: Trouble) -> Carried {
        let (said, is_final) = match trouble {
            Trouble::No(said) => (said, true),
            Trouble::NotNow(said) => (said, false),
            Trouble::NotLetIn(said) => return self.give_up(said).await,
            // It may be this recipient at which the server breaks: others shall not wait behind it.
            Trouble::Broken(said) => return Carried::Lost(said),
        };
        // Where that fails the next mail finds out.
        let _ = self.command(Rset).await;
        if is_final { Carried::Refused(said) } else { Carried::Deferred(said) }
    }

    fn lose(&mut self, said: &str) -> Carried {
        self.is_broken = true;
        Carried::Lost(format!("an answer that means nothing here: {said}"))
    }

    async fn give_up(&mut self, said: String) -> Carried {
        if !self.is_broken {
            let _ = timeout(GOODBYE, self.connection.quit()).await;
        }
        Carried::Gone(said)
    }
}

/// Whether the server wants to know who we are, or does not believe it (RFC 4954, 6).
fn wants_a_password(code: Code) -> bool {
    matches!(u16::from(code), 530 | 534 | 535 | 538)
}

/// What the server said to a mail that it took.
fn words(response: &Response) -> String {
    let lines: Vec<_> = response.message().collect();
    one_line(&format!("{} {}", response.code(), lines.join(" ")))
}

/// An error with its sources, in one line.
pub(super) fn said(error: &Error) -> String {
    one_line(&error.to_string())
}

/// The other side's words, without what could break a line, and no longer than a person reads.
fn one_line(text: &str) -> String {
    const CHARS_MAX: usize = 500;
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    clean.take(CHARS_MAX).collect::<String>().trim().to_owned()
}
