//! Opens a connection: greeting, encryption, EHLO and login.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use secrecy::ExposeSecret as _;
use tokio::net::TcpStream;

use super::reply::{Offers, Reply, WORDS_MAX};
use super::session::{SmtpSession, exchange};
use super::wire::{Socket, Wire, WireError};
use super::{SmtpSecurity, SmtpSettings, SmtpTransport};
use crate::text::storable;

/// The answer that asks for the user or the password (RFC 4954, 4).
const CONTINUE: u16 = 334;

impl SmtpTransport {
    /// A connection on which mails can be sent. It has no time limit of its own.
    pub(super) async fn open(&self) -> Result<SmtpSession, String> {
        let SmtpSettings { host, port, security, .. } = &self.settings;
        let connected = TcpStream::connect((host.as_str(), *port)).await;
        let stream =
            connected.map_err(|error| format!("{host}:{port} cannot be reached: {error}"))?;
        // Without it each mail waits 40 ms for an acknowledgement that the server holds back.
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let socket: Box<dyn Socket> = match security {
            SmtpSecurity::Tls => self.encrypted(Box::new(stream)).await?,
            SmtpSecurity::StartTls | SmtpSecurity::None => Box::new(stream),
        };
        let refused = |why: String| format!("{host} refuses the connection: {why}");
        let mut wire = Wire::new(socket);
        accepted(wire.reply().await).map_err(refused)?;
        let mut offers = self.say_hello(&mut wire).await.map_err(refused)?;
        if *security == SmtpSecurity::StartTls {
            wire = self.start_tls(wire, offers).await?;
            // What was offered in plain text may be from somebody else (RFC 3207, 4.2).
            offers = self.say_hello(&mut wire).await.map_err(refused)?;
        }
        self.log_in(&mut wire, offers).await?;
        Ok(SmtpSession::new(wire, offers, self.settings.timeout))
    }

    async fn say_hello(&self, wire: &mut Wire) -> Result<Offers, String> {
        let hello = format!("EHLO {}\r\n", self.hello);
        accepted(exchange(wire, hello.as_bytes()).await).map(|reply| Offers::of(&reply))
    }

    async fn start_tls(&self, mut wire: Wire, offers: Offers) -> Result<Wire, String> {
        let refused = |why: String| format!("no STARTTLS with {}: {why}", self.settings.host);
        if !offers.starttls {
            return Err(refused("the server does not support STARTTLS".to_owned()));
        }
        accepted(exchange(&mut wire, b"STARTTLS\r\n").await).map_err(refused)?;
        let socket = wire.into_socket().map_err(|error| refused(error.to_string()))?;
        Ok(Wire::new(self.encrypted(socket).await?))
    }

    async fn encrypted(&self, socket: Box<dyn Socket>) -> Result<Box<dyn Socket>, String> {
        let encrypted = self.tls.connect(self.server_name.clone(), socket).await;
        let host = &self.settings.host;
        Ok(Box::new(encrypted.map_err(|error| format!("no TLS with {host}: {error}"))?))
    }

    async fn log_in(&self, wire: &mut Wire, offers: Offers) -> Result<(), String> {
        let SmtpSettings { host, credentials, .. } = &self.settings;
        let Some((user, password)) = credentials else { return Ok(()) };
        let refused = |why: String| format!("{host} refuses the login of `{user}`: {why}");
        let password = password.expose_secret();
        // PLAIN (RFC 4616) takes one round trip; LOGIN is older, and some servers have no other.
        let lines = if offers.auth_plain {
            vec![format!("AUTH PLAIN {}\r\n", BASE64.encode(format!("\0{user}\0{password}")))]
        } else if offers.auth_login {
            let line = |word: &str| BASE64.encode(word) + "\r\n";
            vec!["AUTH LOGIN\r\n".to_owned(), line(user), line(password)]
        } else {
            return Err(refused(
                "the server supports neither AUTH PLAIN nor AUTH LOGIN".to_owned(),
            ));
        };
        let (last, first) = lines.split_last().expect("there is one line or three");
        for line in first {
            let reply = accepted(exchange(wire, line.as_bytes()).await).map_err(refused)?;
            if reply.code != CONTINUE {
                return Err(refused(format!("unexpected answer: {}", reply.words())));
            }
        }
        let reply = accepted(exchange(wire, last.as_bytes()).await).map_err(refused)?;
        // 334 would ask for more than there is.
        match reply.code {
            CONTINUE => Err(refused(format!("unexpected answer: {}", reply.words()))),
            _ => Ok(()),
        }
    }
}

/// The reply, if it is positive; otherwise the reason.
fn accepted(answered: Result<Reply, WireError>) -> Result<Reply, String> {
    match answered {
        Ok(reply) if reply.is_positive() => Ok(reply),
        Ok(reply) => Err(reply.words()),
        Err(error) => Err(storable(&error.to_string(), WORDS_MAX)),
    }
}
