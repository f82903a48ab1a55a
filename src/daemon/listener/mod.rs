//! Accepts HTTP connections, within limits. Every HTTP listener of the daemon is served by [`serve`], so that no client
//! can take the file descriptors that the work needs, or keep a connection open without using it.
//!
//! If there are as many connections as allowed, a new one replaces the one that has been idle for the longest time. A
//! connection is idle unless a request on it is being answered; one that has sent half a request is idle, too.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustix::process::{Resource, getrlimit};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::{Timeout, timeout};
use tracing::{debug, warn};

use crate::clock::Clock;

/// The limits of one listener.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// The most connections at the same time.
    pub(super) connections_max: usize,
    /// How long the head of a request may take, from the beginning of the connection or the end of the last answer.
    /// It is also how long an idle connection stays open.
    pub(super) head_timeout: Duration,
    /// How long answering a request may take, with reading its body.
    pub(super) answer_timeout: Duration,
    /// How long a client may accept no further byte of an answer.
    pub(super) write_timeout: Duration,
}

/// The most header lines of a request.
const HEADERS_MAX: usize = 64;
/// The most bytes of the head of a request.
const HEAD_MAX: usize = 16 * 1024;
/// The size of the buffers of a connection, in bytes.
const BUFFER_MAX: usize = 32 * 1024;
/// The wait after a connection could not be accepted, for example because there are too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

impl Limits {
    /// The limits of a listener of this process: at most an eighth of its file descriptors are for connections.
    pub(super) fn of_this_process() -> Self {
        const CONNECTIONS_MAX: usize = 128;
        const CONNECTIONS_MIN: usize = 4;
        let files_max = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let share = usize::try_from(files_max / 8).unwrap_or(usize::MAX);
        Self {
            connections_max: share.clamp(CONNECTIONS_MIN, CONNECTIONS_MAX),
            head_timeout: Duration::from_secs(10),
            answer_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(10),
        }
    }
}

/// Serves `pages` until it is dropped, and the connections with it.
pub(super) async fn serve(
    listener: TcpListener,
    pages: Router,
    limits: Limits,
    clock: Arc<dyn Clock>,
) -> Infallible {
    let mut connections = Connections::default();
    let mut has_failed = false;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            ended = connections.next_end() => {
                connections.forget(ended);
                continue;
            }
        };
        match accepted {
            Ok((stream, _)) => {
                has_failed = false;
                connections.open(stream, &pages, &limits).await;
            }
            Err(error) if is_of_the_client(&error) => debug!(%error, "a client has gone away"),
            Err(error) => {
                if !has_failed {
                    warn!(%error, "a connection cannot be accepted");
                }
                has_failed = true;
                clock.sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// The open connections of a listener.
#[derive(Default)]
struct Connections {
    tasks: JoinSet<()>,
    open: HashMap<Id, (AbortHandle, Arc<Activity>)>,
    /// Numbers the ends of answers, and the beginnings of connections.
    events: Arc<AtomicU64>,
    /// Whether the log says that there are as many as allowed.
    is_full: bool,
}

/// Whether a request is being answered on a connection: [`BUSY`] if so, else the number of the event since which it is
/// idle.
struct Activity {
    idle_since: AtomicU64,
    events: Arc<AtomicU64>,
}

const BUSY: u64 = u64::MAX;

impl Activity {
    fn new(events: &Arc<AtomicU64>) -> Self {
        let idle_since = events.fetch_add(1, Ordering::Relaxed).into();
        Self { idle_since, events: Arc::clone(events) }
    }

    fn begin(self: &Arc<Self>) -> Answering {
        self.idle_since.store(BUSY, Ordering::Relaxed);
        Answering(Arc::clone(self))
    }
}

/// A request is being answered until this is dropped.
struct Answering(Arc<Activity>);

impl Drop for Answering {
    fn drop(&mut self) {
        let now = self.0.events.fetch_add(1, Ordering::Relaxed);
        self.0.idle_since.store(now, Ordering::Relaxed);
    }
}

impl Connections {
    /// Serves a new connection, instead of the one that is idle for the longest time if there are too many. If none is
    /// idle, the new one is closed.
    async fn open(&mut self, stream: TcpStream, pages: &Router, limits: &Limits) {
        if self.open.len() >= limits.connections_max && !self.close_idle(limits).await {
            return;
        }
        self.is_full &= self.open.len() > limits.connections_max / 2;
        let activity = Arc::new(Activity::new(&self.events));
        let connection = connection(stream, pages.clone(), *limits, Arc::clone(&activity));
        let task = self.tasks.spawn(connection);
        self.open.insert(task.id(), (task, activity));
    }

    /// Closes the connection that has been idle for the longest time, and waits for its end. False if none is idle.
    async fn close_idle(&mut self, limits: &Limits) -> bool {
        if !self.is_full {
            self.is_full = true;
            warn!(
                connections = limits.connections_max,
                "there are too many HTTP connections; for each new one an idle one is closed"
            );
        }
        let since = |activity: &Activity| activity.idle_since.load(Ordering::Relaxed);
        let idle = self.open.iter().filter(|(_, (_, activity))| since(activity) != BUSY);
        let oldest = idle.min_by_key(|(_, (_, activity))| since(activity));
        let Some((id, (task, _))) = oldest else { return false };
        let id = *id;
        task.abort();
        while self.open.contains_key(&id) {
            let ended = self.next_end().await;
            self.forget(ended);
        }
        true
    }

    /// The end of a connection. Without any, it waits for ever.
    async fn next_end(&mut self) -> Id {
        match self.tasks.join_next_with_id().await {
            Some(ended) => ended.map_or_else(|error: JoinError| error.id(), |(id, ())| id),
            None => std::future::pending().await,
        }
    }

    fn forget(&mut self, id: Id) {
        self.open.remove(&id);
    }
}

/// Serves one connection until its end.
async fn connection(stream: TcpStream, pages: Router, limits: Limits, activity: Arc<Activity>) {
    let pages = TowerToHyperService::new(pages);
    let service = service_fn(move |request: Request<Incoming>| {
        let answering = activity.begin();
        let answer = pages.call(request);
        async move {
            let answer = timeout(limits.answer_timeout, answer).await;
            drop(answering);
            let late = || {
                let mut late = Response::new(Body::from("the answer takes too long\n"));
                *late.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
                Ok::<_, Infallible>(late)
            };
            answer.unwrap_or_else(|_| late())
        }
    });
    let io = TokioIo::new(ImpatientStream::new(stream, limits.write_timeout));
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .max_headers(HEADERS_MAX)
        .max_header_size(HEAD_MAX)
        .max_buf_size(BUFFER_MAX)
        .serve_connection(io, service)
        .await;
    if let Err(error) = served {
        debug!(%error, "a connection ended early");
    }
}

/// A connection that fails if the client accepts no byte for some time.
struct ImpatientStream {
    stream: TcpStream,
    write_timeout: Duration,
    /// Runs while a write waits.
    waiting: Option<Pin<Box<Timeout<std::future::Pending<()>>>>>,
}

impl ImpatientStream {
    fn new(stream: TcpStream, write_timeout: Duration) -> Self {
        Self { stream, write_timeout, waiting: None }
    }

    fn limited<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.waiting = None;
            return written;
        }
        let limit = self.write_timeout;
        let waiting =
            self.waiting.get_or_insert_with(|| Box::pin(timeout(limit, std::future::pending())));
        let _late = ready!(waiting.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for ImpatientStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for ImpatientStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.limited(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.limited(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let closed = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.limited(cx, closed)
    }
}

#[cfg(test)]
mod tests;
