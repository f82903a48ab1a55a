//! The connection to a mail server: commands out, replies in. A reply is never taken from what came before its command
//! was sent, and what came in plain text is never taken for a reply of the encrypted server.

use std::io;

use thiserror::Error;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};

use super::reply::{LINE_MAX, Malformed, PartialReply, Reply};

/// A connection, encrypted or not.
pub(super) trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Socket for T {}

pub(super) struct Wire {
    stream: BufReader<Box<dyn Socket>>,
}

/// After each of these errors the connection cannot be used any more.
#[derive(Debug, Error)]
pub(super) enum WireError {
    #[error("the connection was lost: {0}")]
    Lost(#[from] io::Error),
    #[error("the server closed the connection")]
    Closed,
    #[error("the server sent a line of more than {LINE_MAX} bytes")]
    LongLine,
    #[error("the server sent a malformed reply: {0}")]
    Malformed(#[from] Malformed),
    #[error("the server sent a reply before the command")]
    EarlyReply,
    #[error("the server sent more text after its reply to STARTTLS, before the encryption")]
    TextBeforeTls,
}

impl Wire {
    pub(super) fn new(socket: Box<dyn Socket>) -> Self {
        Self { stream: BufReader::new(socket) }
    }

    /// Sends one command, or several at once, or the text of a mail.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        if self.has_unread() {
            return Err(WireError::EarlyReply);
        }
        self.stream.write_all(bytes).await?;
        Ok(self.stream.flush().await?)
    }

    /// The next reply. It has no time limit of its own.
    pub(super) async fn reply(&mut self) -> Result<Reply, WireError> {
        let mut partial = PartialReply::default();
        loop {
            let line = self.line().await?;
            if let Some(reply) = partial.add(&line)? {
                return Ok(reply);
            }
        }
    }

    /// The next line, with its end. Each byte is looked at once.
    async fn line(&mut self) -> Result<Vec<u8>, WireError> {
        let mut line = Vec::new();
        loop {
            let read = self.stream.fill_buf().await?;
            if read.is_empty() {
                return Err(WireError::Closed);
            }
            let end = read.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(read.len(), |end| end + 1);
            if line.len() + taken > LINE_MAX {
                return Err(WireError::LongLine);
            }
            line.extend_from_slice(&read[..taken]);
            self.stream.consume(taken);
            if end.is_some() {
                return Ok(line);
            }
        }
    }

    /// The connection itself, to be encrypted. What was read in plain text must not be left, because it would be taken
    /// for replies of the encrypted server (CVE-2011-0411).
    pub(super) fn into_socket(self) -> Result<Box<dyn Socket>, WireError> {
        if self.has_unread() {
            return Err(WireError::TextBeforeTls);
        }
        Ok(self.stream.into_inner())
    }

    fn has_unread(&self) -> bool {
        !self.stream.buffer().is_empty()
    }
}

/// The text of a mail as it is sent: a dot before each line that begins with one, and a line with a dot at the end
/// (RFC 5321, 4.5.2).
pub(super) fn with_dots(text: &[u8]) -> Vec<u8> {
    let mut sent = Vec::with_capacity(text.len() + 16);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b".") && (sent.is_empty() || sent.ends_with(b"\r\n")) {
            sent.push(b'.');
        }
        sent.extend_from_slice(line);
    }
    if !sent.is_empty() && !sent.ends_with(b"\r\n") {
        sent.extend_from_slice(b"\r\n");
    }
    sent.extend_from_slice(b".\r\n");
    sent
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, DuplexStream, duplex};

    use super::*;

    fn wire() -> (Wire, DuplexStream) {
        let (ours, theirs) = duplex(1 << 20);
        (Wire::new(Box::new(ours)), theirs)
    }

    /// The reply to what a server sends before it closes the connection.
    async fn reply_to(sent: &[u8]) -> Result<Reply, WireError> {
        let (mut wire, mut server) = wire();
        server.write_all(sent).await.expect("there is room");
        drop(server);
        wire.reply().await
    }

    #[tokio::test]
    async fn a_line_of_the_greatest_length_is_read_and_a_longer_one_is_not() {
        let line = |length: usize| format!("250 {}\r\n", "x".repeat(length - 6));
        assert!(reply_to(line(LINE_MAX).as_bytes()).await.is_ok());
        let longer = reply_to(line(LINE_MAX + 1).as_bytes()).await;
        assert!(matches!(longer, Err(WireError::LongLine)), "{longer:?}");
    }

    #[tokio::test]
    async fn a_line_without_an_end_is_refused_after_its_greatest_length() {
        let (mut wire, mut server) = wire();
        server.write_all(&vec![b'2'; 1 << 20]).await.expect("there is room");
        assert!(matches!(wire.reply().await, Err(WireError::LongLine)));
        let mut left = server;
        drop(wire);
        assert_eq!(left.read(&mut [0]).await.expect("the end"), 0, "the connection is closed");
    }

    #[tokio::test]
    async fn a_reply_of_too_many_lines_is_refused() {
        let refused = reply_to("220-again\r\n".repeat(10_000).as_bytes()).await;
        assert!(matches!(refused, Err(WireError::Malformed(Malformed::ManyLines))), "{refused:?}");
    }

    #[tokio::test]
    async fn a_reply_that_came_before_its_command_breaks_the_connection() {
        let (mut wire, mut server) = wire();
        server.write_all(b"250 one\r\n250 two\r\n").await.expect("there is room");
        assert_eq!(wire.reply().await.expect("a reply").lines, ["one"]);
        let refused = wire.send(b"MAIL FROM:<a@b.example>\r\n").await;
        assert!(matches!(refused, Err(WireError::EarlyReply)), "{refused:?}");
    }

    #[tokio::test]
    async fn text_that_was_read_before_the_encryption_breaks_the_connection() {
        let (mut wire, mut server) = wire();
        server.write_all(b"220 go ahead\r\n250 sent\r\n").await.expect("there is room");
        wire.reply().await.expect("a reply");
        assert!(matches!(wire.into_socket().err(), Some(WireError::TextBeforeTls)));
    }

    #[test]
    fn lines_that_begin_with_a_dot_get_another_one() {
        for (text, sent) in [
            ("", ".\r\n"),
            (".", "..\r\n.\r\n"),
            ("a\r\n.\r\nb.\r\n", "a\r\n..\r\nb.\r\n.\r\n"),
            ("..a\r\n", "...a\r\n.\r\n"),
            ("a\n.b", "a\n.b\r\n.\r\n"),
        ] {
            assert_eq!(String::from_utf8_lossy(&with_dots(text.as_bytes())), sent, "{text:?}");
        }
    }
}
