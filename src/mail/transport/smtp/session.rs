//! The conversation with a mail server. It is led by ourselves, since it matters which command was refused:
//! the recipient's is this mail's trouble, the greeting's or the sender's is everybody's.
//!
//! A mail takes four round trips, or two where the server takes several commands at once (PIPELINING, RFC
//! 2920). That is done over connections that have carried a mail before. Whatever goes wrong then in a way that
//! does not tell whose trouble it is, ends the connection with nothing of the mail taken, and the next
//! connection's first mail goes command by command.

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

/// An open connection.
pub(super) struct SmtpSession {
    connection: AsyncSmtpConnection,
    limit: Duration,
    /// The server takes several commands at once.
    is_pipelining: bool,
    /// A mail was taken over it.
    has_carried: bool,
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
    /// Over a connection on which nothing was sent yet; each answer may take so long.
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

    /// Tells the server of a mail, until it waits for its text; or what became of the mail.
    async fn announce(&mut self, from: MailFrom, to: Rcpt) -> Result<(), SendOutcome> {
        match self.command(from).await {
            Ok(_) => {}
            // Whoever may not send may not send anything: that is nothing to hold against this mail.
            Err(trouble) => return Err(self.give_up(trouble.said()).await),
        }
        match self.command(to).await {
            Ok(_) => {}
            Err(trouble) => return Err(self.after_trouble(trouble).await),
        }
        match self.command(Data).await {
            Ok(response) if response.has_code(START_MAIL_INPUT) => Ok(()),
            // It said neither yes nor no.
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
            // It waits for the text of a mail that it refused, and whatever comes next would be that.
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

    /// Sends the text for which the server waits.
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
    async fn after_trouble(&mut self, trouble: Trouble) -> SendOutcome {
        let (said, is_final) = match trouble {
            Trouble::No(said) => (said, true),
            Trouble::NotNow(said) => (said, false),
            Trouble::NotLetIn(said) => return self.give_up(said).await,
            // It may be this recipient at which the server breaks: others shall not wait behind it.
            Trouble::Broken(said) => return SendOutcome::Unknown(said),
        };
        // Where that fails the next mail finds out.
        if !self.is_broken {
            let _ = self.command(Rset).await;
        }
        if is_final { SendOutcome::Refused(said) } else { SendOutcome::Deferred(said) }
    }

    fn lose(&mut self, said: &str) -> SendOutcome {
        self.is_broken = true;
        SendOutcome::Unknown(format!("an answer that means nothing here: {said}"))
    }

    async fn give_up(&mut self, said: String) -> SendOutcome {
        self.say_goodbye().await;
        SendOutcome::NotSent(said)
    }

    /// Nothing is said on a connection that is broken: it may wait for a mail's text, and take it for that.
    async fn say_goodbye(&mut self) {
        if !self.is_broken {
            // Whether the server says goodbye too does not matter.
            let _ = timeout(GOODBYE, self.connection.quit()).await;
        }
    }
}

/// Whether the server takes several commands at once (RFC 2920). lettre keeps other offers of the answer to
/// EHLO only, so it is asked for once more.
pub(super) async fn is_pipelining(connection: &mut AsyncSmtpConnection, hello: &ClientId) -> bool {
    let offers = connection.command(Ehlo::new(hello.clone())).await;
    // Where that fails the next command finds out.
    offers
        .is_ok_and(|offers| offers.message().any(|offer| offer.eq_ignore_ascii_case("PIPELINING")))
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
