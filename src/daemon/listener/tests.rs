use axum::routing::get;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_util::task::AbortOnDropHandle;

use super::*;
use crate::clock::SystemClock;

const SHORT: Duration = Duration::from_millis(200);
/// How long a test waits before it has failed.
const PATIENCE: Duration = Duration::from_secs(30);

const LIMITS: Limits = Limits {
    connections_max: 4,
    head_timeout: PATIENCE,
    answer_timeout: PATIENCE,
    write_timeout: PATIENCE,
};

struct Server {
    address: std::net::SocketAddr,
    _served: AbortOnDropHandle<Infallible>,
}

impl Server {
    async fn start(limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let pages = Router::new()
            .route("/ok", get(async || "fine"))
            .route("/never", get(std::future::pending::<&str>))
            .route("/large", get(async || vec![b'x'; 64 << 20]));
        let clock = Arc::new(SystemClock::default());
        let served = AbortOnDropHandle::new(tokio::spawn(serve(listener, pages, limits, clock)));
        Self { address, _served: served }
    }

    /// A connection on which `text` was sent.
    async fn connect(&self, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.expect("a connection");
        stream.write_all(text.as_bytes()).await.expect("sent");
        stream
    }

    async fn get(&self, path: &str) -> String {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        rest_of(self.connect(&request).await).await
    }
}

/// What comes until the connection is closed.
async fn rest_of(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    // A connection that is reset is closed, too.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("an end");
    String::from_utf8_lossy(&bytes).into_owned()
}

const HALF: &str = "GET /ok HTTP/1.1\r\nHost:";

#[tokio::test]
async fn a_request_is_answered() {
    let server = Server::start(LIMITS).await;
    let answer = server.get("/ok").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("fine"), "{answer}");
}

#[tokio::test]
async fn half_a_request_is_closed_after_its_time() {
    let server = Server::start(Limits { head_timeout: SHORT, ..LIMITS }).await;
    let (silent, half) = (server.connect("").await, server.connect(HALF).await);
    let (silent, half) = tokio::join!(rest_of(silent), rest_of(half));
    assert_eq!((silent.as_str(), half.as_str()), ("", ""));
}

#[tokio::test]
async fn a_connection_is_closed_after_it_was_idle_for_its_time() {
    let server = Server::start(Limits { head_timeout: SHORT, ..LIMITS }).await;
    let kept = server.connect("GET /ok HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let answer = rest_of(kept).await;
    assert!(answer.ends_with("fine"), "{answer}");
}

#[tokio::test]
async fn a_new_connection_replaces_the_one_that_is_idle_for_the_longest_time() {
    let server = Server::start(LIMITS).await;
    let mut half = Vec::new();
    for _ in 0..20 {
        half.push(server.connect(HALF).await);
    }
    let answer = server.get("/ok").await;
    assert!(answer.ends_with("fine"), "{answer}");
    for closed in half.drain(..16) {
        assert_eq!(rest_of(closed).await, "");
    }
    // The last one is still open: the rest of its request is answered.
    let mut open = half.pop().expect("the last");
    open.write_all(b" x\r\nConnection: close\r\n\r\n").await.expect("sent");
    assert!(rest_of(open).await.ends_with("fine"));
}

#[tokio::test]
async fn a_connection_with_a_request_in_progress_is_not_replaced() {
    let server = Server::start(Limits { answer_timeout: SHORT * 5, ..LIMITS }).await;
    let mut busy = Vec::new();
    for _ in 0..LIMITS.connections_max {
        busy.push(server.connect("GET /never HTTP/1.0\r\n\r\n").await);
    }
    let refused = server.get("/ok").await;
    let answers = busy.into_iter().map(rest_of);
    let mut late = 0;
    for answer in answers {
        late += usize::from(answer.await.starts_with("HTTP/1.0 503"));
    }
    assert_eq!((refused.as_str(), late), ("", LIMITS.connections_max));
    assert!(server.get("/ok").await.ends_with("fine"), "there is room again");
}

#[tokio::test]
async fn a_client_that_does_not_read_its_answer_is_disconnected() {
    let limits = Limits { write_timeout: SHORT, connections_max: 1, ..LIMITS };
    let server = Server::start(limits).await;
    let mut slow = server.connect("GET /large HTTP/1.0\r\n\r\n").await;
    // The connection is closed by the server before all was read.
    slow.read_u8().await.expect("the first byte");
    tokio::time::timeout(PATIENCE, async {
        while slow.write_all(b"x").await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the connection is reset");
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let server = Server::start(LIMITS).await;
    for head in ["X: y\r\n".repeat(HEADERS_MAX + 1), format!("X: {}\r\n", "y".repeat(HEAD_MAX))] {
        let stream = server.connect(&format!("GET /ok HTTP/1.1\r\n{head}\r\n")).await;
        let answer = rest_of(stream).await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
}
