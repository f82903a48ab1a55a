//! The SMTP session with a mail server. It is our own because the refused command matters: if the server refuses the
//! recipient, only this mail is affected; if it refuses the greeting or the sender, all mails are.
//!
//! A mail takes four round trips, or two if the server accepts several commands at once (PIPELINING, RFC 2920).
//! Pipelining is used on connections that have sent a mail before. If an error then does not show which command
//! failed, the connection is closed and the mail counts as not sent; the first mail of the next connection is sent
//! command by command.

use std::time::Duration;

use tokio::time::error::Elapsed;
use tokio::time::timeout;

use super::reply::{Offers, Reply};
use super::wire::{Wire, WireError, with_dots};
use crate::mail::transport::Answer;
use crate::mail::{Connection, Mail, SendOutcome};

pub(super) struct SmtpSession {
    wire: Wire,
    /// What the server offers.
    offers: Offers,
    limit: Duration,
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

const DATA: &str = "DATA\r\n";

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
    pub(super) const fn new(wire: Wire, offers: Offers, limit: Duration) -> Self {
        Self { wire, offers, limit, has_carried: false, is_broken: false }
    }

    async fn send_mail(&mut self, mail: &Mail) -> SendOutcome {
        if self.is_broken {
            return SendOutcome::NotSent("the connection broke before".to_owned());
        }
        let parameters = match self.parameters(mail) {
            Ok(parameters) => parameters,
            Err(reason) => return SendOutcome::Refused(reason),
        };
        let from = format!("MAIL FROM:<{}>{parameters}\r\n", mail.from);
        let to = format!("RCPT TO:<{}>\r\n", mail.to);
        let announced = match self.offers.pipelining && self.has_carried {
            true => self.announce_at_once(&from, &to).await,
            false => self.announce(&from, &to).await,
        };
        if let Err(carried) = announced {
            return carried;
        }
        let carried = self.send_text(mail).await;
        self.has_carried |= matches!(carried, SendOutcome::Accepted(_));
        carried
    }

    /// Sends the commands before the text of a mail. Fails with the outcome of the mail.
    async fn announce(&mut self, from: &str, to: &str) -> Result<(), SendOutcome> {
        match self.command(from).await {
            Ok(_) => {}
            // The server refuses the sender, so it refuses all mails, not only this one.
            Err(trouble) => return Err(self.give_up(trouble.said()).await),
        }
        match self.command(to).await {
            Ok(_) => {}
            Err(trouble) => return Err(self.after_trouble(trouble).await),
        }
        match self.command(DATA).await {
            Ok(reply) if reply.code == START_MAIL_INPUT => Ok(()),
            // Neither acceptance nor refusal.
            Ok(reply) => Err(self.lose(&reply.words())),
            Err(trouble) => Err(self.after_trouble(trouble).await),
        }
    }

    /// As [`Self::announce`], in one round trip.
    async fn announce_at_once(&mut self, from: &str, to: &str) -> Result<(), SendOutcome> {
        let sender = self.command(&format!("{from}{to}{DATA}")).await;
        let recipient = self.next_answer().await;
        let text = self.next_answer().await;
        if matches!(&text, Ok(reply) if reply.code == START_MAIL_INPUT) {
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
            (Ok(_), Ok(_), Ok(reply)) => Err(self.lose(&reply.words())),
        }
    }

    /// Sends the text of a mail.
    async fn send_text(&mut self, mail: &Mail) -> SendOutcome {
        let patience = self.limit * FINAL_ANSWER;
        let handed_over =
            timeout(patience, exchange(&mut self.wire, &with_dots(&mail.bytes))).await;
        match self.heard(handed_over, patience) {
            Ok(reply) if reply.code / 100 == 2 => SendOutcome::Accepted(reply.words()),
            Ok(reply) => self.lose(&reply.words()),
            Err(Trouble::No(said)) => SendOutcome::Refused(said),
            Err(Trouble::NotNow(said)) => SendOutcome::Deferred(said),
            Err(Trouble::NotLetIn(said)) => self.give_up(said).await,
            Err(Trouble::Broken(said)) => SendOutcome::Unknown(said),
        }
    }

    /// The parameters for characters outside of ASCII, as far as the server supports them.
    fn parameters(&self, mail: &Mail) -> Result<String, String> {
        let mut parameters = String::new();
        let address = format!("{}{}", mail.from, mail.to);
        if !address.is_ascii() {
            if !self.offers.smtputf8 {
                return Err(format!("the mail server cannot deliver to {} (no SMTPUTF8)", mail.to));
            }
            parameters.push_str(" SMTPUTF8");
        }
        if !mail.bytes.is_ascii() && self.offers.eight_bit_mime {
            parameters.push_str(" BODY=8BITMIME");
        }
        Ok(parameters)
    }

    async fn command(&mut self, command: &str) -> Result<Reply, Trouble> {
        let limit = self.limit;
        let answered = timeout(limit, exchange(&mut self.wire, command.as_bytes())).await;
        self.heard(answered, limit)
    }

    /// The answer to a command that was sent with others.
    async fn next_answer(&mut self) -> Result<Reply, Trouble> {
        if self.is_broken {
            return Err(Trouble::Broken("the connection broke before".to_owned()));
        }
        let limit = self.limit;
        let answered = timeout(limit, self.wire.reply()).await;
        self.heard(answered, limit)
    }

    fn heard(
        &mut self,
        answered: Result<Result<Reply, WireError>, Elapsed>,
        limit: Duration,
    ) -> Result<Reply, Trouble> {
        let heard = match answered {
            Ok(Ok(reply)) if reply.is_positive() => Ok(reply),
            // 421: the server closes the connection, whatever the command was.
            Ok(Ok(reply)) if reply.code == 421 => Err(Trouble::Broken(reply.words())),
            // A server that requires authentication may refuse any command, even the recipient.
            Ok(Ok(reply)) if wants_a_password(reply.code) => Err(Trouble::NotLetIn(reply.words())),
            Ok(Ok(reply)) if reply.is_transient() => Err(Trouble::NotNow(reply.words())),
            Ok(Ok(reply)) => Err(Trouble::No(reply.words())),
            Ok(Err(error)) => Err(Trouble::Broken(error.to_string())),
            Err(_) => Err(Trouble::Broken(format!("no answer within {} s", limit.as_secs()))),
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
            let _ = self.command("RSET\r\n").await;
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
            let _ = timeout(GOODBYE, exchange(&mut self.wire, b"QUIT\r\n")).await;
        }
    }
}

/// Whether the server requires authentication, or refuses it (RFC 4954, 6).
const fn wants_a_password(code: u16) -> bool {
    matches!(code, 530 | 534 | 535 | 538)
}

/// Sends a command, several commands or a text, and waits for the next reply.
pub(super) async fn exchange(wire: &mut Wire, sent: &[u8]) -> Result<Reply, WireError> {
    wire.send(sent).await?;
    wire.reply().await
}
