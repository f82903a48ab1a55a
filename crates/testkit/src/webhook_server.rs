//! A customer's server, in each of its moods: what it says depends on the path that it is asked for.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::{Barrier, Semaphore};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// What goes back for one path.
#[derive(Clone)]
pub enum Answer {
    /// This, and the end.
    Says(String),
    /// This, and then nothing.
    SaysAndHangs(String),
    /// The first, and then a letter now and then.
    Drips(String),
    /// The first, and then the second again and again.
    Endless(String, String),
    /// Says that all is well once as many are asking at the same time as the barrier waits for.
    Together(Arc<Barrier>),
    /// The same once the semaphore lets it.
    Later(Arc<Semaphore>),
}

/// It ends with the value, and its connections with it.
pub struct Server {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    _server: JoinSet<()>,
}

impl Server {
    pub async fn start(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        Self::start_at("127.0.0.1", None, answer).await
    }

    /// One on that address, with TLS where `acceptor` is.
    pub async fn start_at(
        ip: &str,
        acceptor: Option<TlsAcceptor>,
        answer: impl Fn(&str) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((ip, 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (list, answer) = (Arc::clone(&asked), Arc::new(answer));
        let mut server = JoinSet::new();
        server.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((connection, _)) = listener.accept().await {
                let (list, answer, acceptor) =
                    (Arc::clone(&list), Arc::clone(&answer), acceptor.clone());
                connections.spawn(async move {
                    match acceptor {
                        None => serve(connection, &list, &*answer).await,
                        Some(acceptor) => match acceptor.accept(connection).await {
                            Ok(encrypted) => serve(encrypted, &list, &*answer).await,
                            Err(_) => {
                                list.lock().expect("no panic").push("no handshake".to_owned())
                            }
                        },
                    }
                });
            }
        });
        Self { address, asked, _server: server }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The paths that were asked for.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no panic").clone()
    }
}

/// A whole answer without a body.
pub fn status(line: &str) -> Answer {
    Answer::Says(format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n"))
}

pub fn redirect(location: &str) -> Answer {
    Answer::Says(format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"))
}

async fn serve(
    mut connection: impl AsyncRead + AsyncWrite + Unpin,
    asked: &Mutex<Vec<String>>,
    answer: &(dyn Fn(&str) -> Answer + Send + Sync),
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match connection.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).expect("a request is text");
    let path = head.split(' ').nth(1).expect("a path").to_owned();
    asked.lock().expect("no panic").push(path.clone());
    // Whoever asks may be gone, which is its right.
    let _ = say(&mut connection, answer(&path)).await;
}

async fn say(
    connection: &mut (impl AsyncRead + AsyncWrite + Unpin),
    answer: Answer,
) -> std::io::Result<()> {
    const WELL: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    match answer {
        Answer::Says(text) => connection.write_all(text.as_bytes()).await?,
        Answer::SaysAndHangs(text) => {
            connection.write_all(text.as_bytes()).await?;
            connection.flush().await?;
            std::future::pending().await
        }
        Answer::Drips(first) => {
            connection.write_all(first.as_bytes()).await?;
            let mut drops = tokio::time::interval(Duration::from_millis(20));
            loop {
                drops.tick().await;
                connection.write_all(b"x").await?;
                connection.flush().await?;
            }
        }
        Answer::Endless(first, again) => {
            connection.write_all(first.as_bytes()).await?;
            loop {
                connection.write_all(again.as_bytes()).await?;
            }
        }
        Answer::Together(barrier) => {
            barrier.wait().await;
            connection.write_all(WELL).await?;
        }
        Answer::Later(semaphore) => {
            semaphore.acquire().await.expect("it stays open").forget();
            connection.write_all(WELL).await?;
        }
    }
    connection.shutdown().await
}
