//! Mail servers for the benchmark: one that accepts everything, and one that never answers.

use std::io::{BufRead as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, BufWriter};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Set for the process that is the sink.
pub const IS_SINK: &str = "LINERENT_BENCH_IS_SINK";

/// A mail server that accepts and drops every mail, in a process of its own; and a port that never answers.
pub struct Sink {
    process: Child,
    pub port: u16,
    pub silent: SilentPort,
}

/// A port that accepts connections and never answers.
pub struct SilentPort {
    pub port: u16,
    pub connected: Arc<AtomicU64>,
    _server: JoinHandle<()>,
}

impl Sink {
    pub async fn start() -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .env(IS_SINK, "yes")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let said = process.stdout.as_mut().context("it is piped")?;
        std::io::BufReader::new(said).read_line(&mut line)?;
        let port = line.trim().parse().context("the sink says its port")?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let silent = listener.local_addr()?.port();
        let connected = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&connected);
        let server = tokio::spawn(async move {
            let mut connections = Vec::new();
            while let Ok((connection, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                connections.push(connection);
            }
        });
        let silent = SilentPort { port: silent, connected, _server: server };
        Ok(Self { process, port, silent })
    }

    /// The number of mails that it accepted.
    pub fn count(&self) -> Result<u64> {
        let connection = std::net::TcpStream::connect(("127.0.0.1", self.port))?;
        let mut reader = std::io::BufReader::new(&connection);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        (&connection).write_all(b"STAT\r\n")?;
        line.clear();
        reader.read_line(&mut line)?;
        line.trim_start_matches("250 ").trim().parse().context("a count")
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        // If this program is killed, the end of its input ends the sink too.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The process that is the sink, until its input ends.
pub async fn be_sink() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    let taken = Arc::new(AtomicU64::new(0));
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(take(connection, Arc::clone(&taken)));
        }
    });
    let input = tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new()));
    input.await??;
    Ok(())
}

/// Serves one connection, and accepts everything.
async fn take(connection: TcpStream, taken: Arc<AtomicU64>) -> std::io::Result<()> {
    connection.set_nodelay(true)?;
    let (reader, writer) = connection.into_split();
    let (mut reader, mut writer) = (BufReader::new(reader), BufWriter::new(writer));
    writer.write_all(b"220 sink\r\n").await?;
    let (mut line, mut is_data) = (Vec::new(), false);
    loop {
        // Answers to commands that came at once go at once.
        if reader.buffer().is_empty() {
            writer.flush().await?;
        }
        line.clear();
        if reader.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        let count;
        let answer: &[u8] = if is_data {
            if line != b".\r\n" {
                continue;
            }
            is_data = false;
            taken.fetch_add(1, Ordering::SeqCst);
            b"250 taken\r\n"
        } else if line.starts_with(b"DATA") {
            is_data = true;
            b"354 go on\r\n"
        } else if line.starts_with(b"EHLO") {
            b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
        } else if line.starts_with(b"STAT") {
            count = format!("250 {}\r\n", taken.load(Ordering::SeqCst));
            count.as_bytes()
        } else {
            b"250 yes\r\n"
        };
        writer.write_all(answer).await?;
    }
}
