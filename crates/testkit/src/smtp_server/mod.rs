//! A stand-in for a mail server over a socket: ESMTP with TLS and passwords, and the faults that a
//! network, a careful receiver and a busy one make.
//!
//! Written from RFC 5321, 2920 (PIPELINING), 3207 (STARTTLS), 4954 (AUTH), 6531 (SMTPUTF8) and 3463
//! (codes). `wire` speaks, `session` thinks. A new way to fail is a [`Fault`], or a field of `State` if
//! it lasts.

mod session;
mod wire;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub use wire::certified;
use wire::{Open, serve};

/// How a connection is encrypted.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Not at all.
    #[default]
    None,
    /// After STARTTLS; a client that does not ask is served all the same.
    StartTls,
    /// From the first byte.
    Implicit,
}

/// What happens to a message in place of its being kept and answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connection is cut at the DATA command.
    CutBeforeData,
    /// The message is read and not kept, and the connection is cut.
    CutAfterData,
    /// The message is kept, and the connection is cut.
    CutAfterAccept,
    /// The message is read and not kept, and no answer ever comes.
    SilentAfterData,
    /// The message is read and not kept, and the answer is a 452.
    TemporaryAfterData,
}

/// What happens to everything, open connections included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// Connections are taken, and nothing is said; with [`Tls::Implicit`] there is no handshake.
    Silent,
    /// A 554 in place of the greeting, and of every answer but the one to QUIT.
    Refuse,
    /// A 421 in place of the greeting or the answer, and the connection is closed.
    Busy,
    /// Another protocol's words in place of the greeting and of every answer.
    WrongAnswers,
    /// Every answer, the greeting included, takes this long.
    Slow(Duration),
}

/// One message that was kept.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Received {
    /// As in MAIL, without its brackets; empty for a bounce.
    pub from: String,
    pub recipients: Vec<String>,
    /// Of MAIL, as they came: `SIZE=1000`.
    pub parameters: Vec<String>,
    /// After the taking out of dots, with the last line's end.
    pub bytes: Vec<u8>,
    pub is_encrypted: bool,
    pub user: Option<String>,
    /// Counted from one in the order of their opening.
    pub connection: usize,
}

#[derive(Debug, Default)]
struct State {
    messages: Vec<Received>,
    connections: usize,
    connections_open: usize,
    connections_open_max: usize,
    faults: VecDeque<Fault>,
    outage: Option<Outage>,
    latency: Duration,
    greylisted_times: usize,
    /// How often each recipient was greylisted.
    greylisted: HashMap<String, usize>,
    refused_recipients: HashSet<String>,
    /// At whom the connection is cut.
    fatal_recipients: HashSet<String>,
    is_pipelining: bool,
    /// Mails that were announced by several commands at once.
    announced_at_once: usize,
    is_data_for_nobody_taken: bool,
    /// After so many messages were kept, nobody may send.
    sender_refused_after: Option<usize>,
    is_content_refused: bool,
    mails_per_connection_max: Option<usize>,
    /// Connections that were closed for too many mails.
    closed: usize,
    is_without_smtputf8: bool,
    is_without_starttls: bool,
    credentials: Option<(String, String)>,
}

/// The server; it ends with the value, and its connections with it.
pub struct SmtpServer {
    pub port: u16,
    tls: Tls,
    certificate_pem: Option<String>,
    state: Arc<Mutex<State>>,
    /// Aborted when it is dropped.
    _server: JoinSet<()>,
}

impl SmtpServer {
    pub async fn start() -> Self {
        Self::start_with(Tls::None).await
    }

    pub async fn start_with(tls: Tls) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port on loopback");
        let port = listener.local_addr().expect("it is bound").port();
        let state = Arc::new(Mutex::new(State::default()));
        let (certificate_pem, acceptor) = (tls != Tls::None).then(certified).unzip();
        let shared = Arc::clone(&state);
        let mut server = JoinSet::new();
        server.spawn(async move {
            // Dropped with this task, and every connection with it.
            let mut connections = JoinSet::new();
            while let Ok((connection, _)) = listener.accept().await {
                let open = Open::new(&shared);
                connections.spawn(serve(connection, tls, acceptor.clone(), open));
                while connections.try_join_next().is_some() {}
            }
        });
        Self { port, tls, certificate_pem, state, _server: server }
    }

    /// As a client's configuration names it.
    pub fn url(&self) -> String {
        match self.tls {
            Tls::None => format!("smtp://127.0.0.1:{}", self.port),
            Tls::StartTls => format!("smtp://localhost:{}?tls=required", self.port),
            Tls::Implicit => format!("smtps://localhost:{}", self.port),
        }
    }

    /// Signed by itself, for `localhost` and `127.0.0.1`; who is to trust it adds it to the roots.
    pub fn certificate_pem(&self) -> &str {
        self.certificate_pem.as_deref().expect("the server was started with TLS")
    }

    /// The next messages meet these at DATA, one each.
    pub fn faults(&self, faults: &[Fault]) {
        self.state().faults.extend(faults);
    }

    /// Everything meets this from now on, or nothing any more.
    pub fn outage(&self, outage: Option<Outage>) {
        self.state().outage = outage;
    }

    /// How long every answer takes.
    pub fn latency(&self, latency: Duration) {
        self.state().latency = latency;
    }

    /// Every recipient is told to come again that many times, counted from now.
    pub fn greylist(&self, times: usize) {
        let mut state = self.state();
        state.greylisted_times = times;
        state.greylisted.clear();
    }

    /// There is no such recipient.
    pub fn refuse(&self, recipient: &str) {
        self.state().refused_recipients.insert(recipient.to_lowercase());
    }

    /// The connection is cut where this recipient is named.
    pub fn break_at(&self, recipient: &str) {
        self.state().fatal_recipients.insert(recipient.to_lowercase());
    }

    /// Several commands may come at once (RFC 2920). Without it, whoever does not wait for an answer is
    /// turned away.
    pub fn pipelining(&self) {
        self.state().is_pipelining = true;
    }

    /// DATA is obeyed even where no recipient was taken, and only the text is refused, as RFC 2920 lets it.
    pub fn take_data_for_nobody(&self) {
        self.state().is_data_for_nobody_taken = true;
    }

    /// How many mails were announced by several commands at once.
    pub fn announced_at_once(&self) -> usize {
        self.state().announced_at_once
    }

    /// Nobody may send.
    pub fn refuse_sender(&self) {
        self.refuse_sender_after(0);
    }

    /// Nobody may send any more once so many messages were kept.
    pub fn refuse_sender_after(&self, messages: usize) {
        self.state().sender_refused_after = Some(messages);
    }

    /// No message is liked, once it is read.
    pub fn refuse_content(&self) {
        self.state().is_content_refused = true;
    }

    /// A connection that has delivered that many ends at the next MAIL: the first with a 421, the
    /// second without a word, and so on in turn.
    pub fn close_after(&self, mails_max: usize) {
        self.state().mails_per_connection_max = Some(mails_max);
    }

    /// Addresses are ASCII, as on a server of before 2012.
    pub fn no_smtputf8(&self) {
        self.state().is_without_smtputf8 = true;
    }

    /// STARTTLS is not offered to a client that asks for it.
    pub fn no_starttls(&self) {
        self.state().is_without_starttls = true;
    }

    /// Nobody sends without these.
    pub fn credentials(&self, user: &str, password: &str) {
        self.state().credentials = Some((user.to_owned(), password.to_owned()));
    }

    /// What was kept, in the order of its coming.
    pub fn messages(&self) -> Vec<Received> {
        self.state().messages.clone()
    }

    /// How many messages were kept.
    pub fn accepted(&self) -> usize {
        self.state().messages.len()
    }

    /// How many connections were ever opened.
    pub fn connections(&self) -> usize {
        self.state().connections
    }

    /// The most that were ever open at once; one counts until QUIT, or until its end is noticed.
    pub fn connections_open_max(&self) -> usize {
        self.state().connections_open_max
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while it is locked")
    }
}
