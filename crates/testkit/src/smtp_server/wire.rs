//! As much of SMTP's wire as the stand-in speaks: lines on a socket, encrypted or not, the parts of
//! a command, and every way of not answering.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::session::Session;
use super::{Outage, State, Tls};

/// The largest message, in bytes.
pub(super) const SIZE_MAX: usize = 10 * 1024 * 1024;

pub(super) const TOO_LARGE: &str = "552 5.3.4 the message is too large";

/// What goes back.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reply {
    Say(String),
    /// The last words on this connection.
    Close(String),
    /// A 354, and then the message.
    ReadData,
    /// A 220, and then the handshake.
    Encrypt,
    Cut,
    Silence,
}

pub(super) fn say(text: &str) -> Reply {
    Reply::Say(text.to_owned())
}

/// What an outage puts in place of the answer to a line.
pub(super) fn obstacle(state: &State, line: &str) -> Option<Reply> {
    match state.outage? {
        Outage::Silent => Some(Reply::Silence),
        Outage::Refuse if line.eq_ignore_ascii_case("QUIT") => None,
        Outage::Refuse => Some(say("554 5.3.2 no service here")),
        Outage::Busy => Some(Reply::Close("421 4.3.2 too busy, try again later".to_owned())),
        Outage::WrongAnswers => Some(say("HTTP/1.1 400 Bad Request")),
        Outage::Slow(_) => None,
    }
}

/// A connection that is counted as open until this is dropped.
pub(super) struct Open {
    /// Counted from one.
    number: usize,
    state: Arc<Mutex<State>>,
}

impl Open {
    pub(super) fn new(shared: &Arc<Mutex<State>>) -> Self {
        let mut state = shared.lock().expect("no panic");
        state.connections += 1;
        state.connections_open += 1;
        state.connections_open_max = state.connections_open_max.max(state.connections_open);
        Self { number: state.connections, state: Arc::clone(shared) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic")
    }

    /// An answer takes its time. What it tells of is done before, as on a real server: who is
    /// killed meanwhile does not know.
    async fn pause(&self) {
        let State { latency, outage, .. } = *self.state();
        let pause = if let Some(Outage::Slow(more)) = outage { latency + more } else { latency };
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        // After a panic elsewhere there is nothing to count for.
        if let Ok(mut state) = self.state.lock() {
            state.connections_open -= 1;
        }
    }
}

trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Socket for T {}

/// A TCP connection or a TLS one.
type Wire = BufReader<Box<dyn Socket>>;

/// One connection, until one of the two has enough. A client that hangs up, or does not trust the
/// certificate, is the test's business.
pub(super) async fn serve(
    connection: TcpStream,
    tls: Tls,
    acceptor: Option<TlsAcceptor>,
    open: Open,
) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut wire: Wire = BufReader::new(Box::new(connection));
    let mut session = Session::new(open.number, tls);
    let mut reply = session.check_credentials(&open.state());
    if tls == Tls::Implicit && reply != Reply::Silence {
        wire = encrypted(wire, acceptor.as_ref()).await?;
    }
    loop {
        open.pause().await;
        match reply {
            Reply::Say(text) => tell(&mut wire, &text).await?,
            Reply::ReadData => {
                tell(&mut wire, "354 end with a line of one dot").await?;
                let data = read_data(&mut wire).await?;
                reply = session.take(&mut open.state(), data);
                continue;
            }
            Reply::Encrypt => {
                tell(&mut wire, "220 2.0.0 go ahead").await?;
                wire = encrypted(wire, acceptor.as_ref()).await?;
            }
            Reply::Close(text) => {
                // Before the last word: who has heard it may open the next connection at once.
                drop(open);
                tell(&mut wire, &text).await?;
                return wire.shutdown().await;
            }
            Reply::Cut => {
                drop(open);
                return Ok(());
            }
            Reply::Silence => {
                // Until the client hangs up: a closed connection would be an answer.
                return tokio::io::copy(&mut wire, &mut tokio::io::sink()).await.map(|_| ());
            }
        }
        let line = read_line(&mut wire).await?;
        let is_more_there = !wire.buffer().is_empty();
        reply = session.hear(&mut open.state(), &line, is_more_there);
    }
}

async fn tell(wire: &mut Wire, text: &str) -> io::Result<()> {
    wire.write_all(format!("{text}\r\n").as_bytes()).await?;
    wire.flush().await
}

/// What was read ahead is thrown away: it came in the clear, and must not count as encrypted
/// (CVE-2011-0411).
async fn encrypted(wire: Wire, acceptor: Option<&TlsAcceptor>) -> io::Result<Wire> {
    let acceptor = acceptor.expect("a server with TLS has a certificate");
    let stream = acceptor.accept(wire.into_inner()).await?;
    Ok(BufReader::new(Box::new(stream)))
}

/// A line with its end. A line feed alone does not end one (RFC 5321, 2.3.8), so that a client
/// which sends them is found out.
async fn read_line(wire: &mut Wire) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        let room = u64::try_from(SIZE_MAX.saturating_sub(line.len())).expect("64 bits");
        if (&mut *wire).take(room).read_until(b'\n', &mut line).await? == 0 {
            // The client has hung up, or its line has no end.
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(line)
}

/// A message up to its dot, without the dots that were put in for the way (RFC 5321, 4.5.2);
/// nothing if it is too large.
async fn read_data(wire: &mut Wire) -> io::Result<Option<Vec<u8>>> {
    let mut data = Some(Vec::new());
    loop {
        let line = read_line(wire).await?;
        if line == b".\r\n" {
            return Ok(data);
        }
        let line = line.strip_prefix(b".").unwrap_or(&line);
        data = data.filter(|data| data.len() + line.len() <= SIZE_MAX);
        if let Some(data) = &mut data {
            data.extend_from_slice(line);
        }
    }
}

/// A new certificate as PEM, and who shows it.
pub fn certified() -> (String, TlsAcceptor) {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).expect("names of a certificate");
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    // Named here: another library may bring a second provider, and then there is no default.
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has them")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("the key belongs to the certificate");
    (made.cert.pem(), TlsAcceptor::from(Arc::new(config)))
}

/// An address in its brackets, and the parameters after it.
pub(super) fn path(keyword: &str, rest: &str) -> Option<(String, Vec<String>)> {
    let (start, rest) = rest.split_at_checked(keyword.len())?;
    let rest = rest.strip_prefix('<').filter(|_| start.eq_ignore_ascii_case(keyword))?;
    let (address, rest) = rest.split_once('>')?;
    Some((address.to_owned(), rest.split_whitespace().map(str::to_owned).collect()))
}

/// Why a parameter of MAIL is not taken: nothing was said of it at EHLO, or the size is too much.
pub(super) fn objection(state: &State, parameter: &str) -> Option<&'static str> {
    let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    let is_known = match name.to_ascii_uppercase().as_str() {
        "SIZE" if value.parse().is_ok_and(|size: usize| size > SIZE_MAX) => return Some(TOO_LARGE),
        "SIZE" => value.parse::<usize>().is_ok(),
        "BODY" => value == "7BIT" || value == "8BITMIME",
        "AUTH" => state.credentials.is_some(),
        "SMTPUTF8" => !state.is_without_smtputf8,
        _ => false,
    };
    (!is_known).then_some("555 5.5.4 unknown parameter")
}

/// Of base64, with its padding or without.
pub(super) fn decoded(text: &str) -> Option<String> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_usize, 0);
    for character in text.trim_end_matches('=').bytes() {
        bits = bits << 6 | ALPHABET.iter().position(|it| *it == character)?;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count).expect("the others are masked away"));
            bits &= (1 << count) - 1;
        }
    }
    String::from_utf8(bytes).ok()
}
