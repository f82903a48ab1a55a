//! A mail server that harms its client: answers that were not asked for, that never end, and that come slowly.

use std::io;
use std::time::{Duration, Instant};

use linerent::mail::{SmtpSecurity, SmtpSettings};
use linerent_testkit::notices::smtp_settings;
use linerent_testkit::smtp_server::{SmtpServer, certified};
use linerent_testkit::{Engine, World};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// The server; it ends with the value.
struct Hostile {
    port: u16,
    _server: JoinSet<()>,
}

impl Hostile {
    /// A server that does this with each connection.
    async fn start<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let mut server = JoinSet::new();
        server.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((connection, _)) = listener.accept().await {
                // The client ends the connection, which is an error here.
                connections.spawn(serve(connection));
            }
        });
        Self { port, _server: server }
    }

    /// A server that says `again` without an end, or up to 64 MiB of it: as its greeting, or as its answer to EHLO.
    async fn endless(is_greeting: bool, again: &'static str) -> Self {
        Self::start(move |stream| async move {
            let mut stream = BufReader::new(stream);
            if !is_greeting {
                stream.write_all(b"220 mail.example\r\n").await?;
                line(&mut stream).await?;
            }
            let block = again.repeat(64 * 1024 / again.len());
            for _ in 0..1024 {
                stream.write_all(block.as_bytes()).await?;
            }
            Ok(())
        })
        .await
    }

    /// A server that behaves until the `verb`, and then says `text` every 20 ms.
    async fn slow_from(verb: &'static str, text: &'static str) -> Self {
        Self::start(move |stream| async move {
            let mut stream = BufReader::new(stream);
            stream.write_all(b"220 mail.example\r\n").await?;
            while !line(&mut stream).await?.starts_with(verb) {
                stream.write_all(b"250 fine\r\n").await?;
            }
            loop {
                stream.write_all(text.as_bytes()).await?;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await
    }
}

async fn line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    match stream.read_line(&mut line).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(line),
    }
}

/// Delivers one notice to this server, which is not sent and stays pending. Returns the reason.
async fn deliver_to(hostile: &Hostile, change: impl FnOnce(&mut SmtpSettings)) -> String {
    let model = SmtpServer::start().await;
    let mut settings = SmtpSettings { port: hostile.port, ..smtp_settings(&model) };
    let mut world = World::new(Engine::Sqlite).await;
    world.renewers(1).await;
    change(&mut settings);
    world.use_smtp_settings(settings);
    let done = world.deliver().await;
    assert_eq!((done.sent, done.failed), (0, 0), "{done:?}");
    let notice = world.all_notices().await.remove(0);
    assert_eq!(notice.status, "pending");
    world.end().await;
    done.trouble.expect("trouble")
}

#[tokio::test(flavor = "multi_thread")]
async fn text_in_plain_after_starttls_is_not_taken_for_answers_of_the_encrypted_server() {
    let (pem, acceptor) = certified();
    let hostile = Hostile::start(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let mut stream = BufReader::new(stream);
            stream.write_all(b"220 mail.example\r\n").await?;
            line(&mut stream).await?;
            stream.write_all(b"250-mail.example\r\n250 STARTTLS\r\n").await?;
            line(&mut stream).await?;
            // In one segment: the answer, and those to EHLO, MAIL, RCPT, DATA and the text.
            let injected = "220 go ahead\r\n250 mail.example\r\n250 mail.example\r\n250 from\r\n\
                            250 to\r\n354 text\r\n250 accepted\r\n221 bye\r\n";
            stream.write_all(injected.as_bytes()).await?;
            // The encrypted server says nothing.
            let mut encrypted = acceptor.accept(stream.into_inner()).await?;
            tokio::io::copy(&mut encrypted, &mut tokio::io::sink()).await.map(|_| ())
        }
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, pem).expect("a file");
    let trouble = deliver_to(&hostile, |smtp| {
        smtp.host = "localhost".to_owned();
        smtp.security = SmtpSecurity::StartTls;
        smtp.ca_file = Some(ca_file);
    })
    .await;
    let said = "no STARTTLS with localhost: the server sent more text after its reply to STARTTLS";
    assert!(trouble.starts_with(said), "{trouble}");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_to_commands_that_were_not_sent_yet_end_the_connection() {
    let hostile = Hostile::start(|mut stream| async move {
        let all = "220 mail.example\r\n250 mail.example\r\n250 mail.example\r\n250 from\r\n250 to\r\n\
                   354 text\r\n250 accepted\r\n";
        stream.write_all(all.as_bytes()).await?;
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await.map(|_| ())
    })
    .await;
    let trouble = deliver_to(&hostile, |_| {}).await;
    assert!(trouble.contains("the server sent a reply before the command"), "{trouble}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_without_an_end_is_read_up_to_a_limit() {
    for is_greeting in [true, false] {
        let hostile = Hostile::endless(is_greeting, "2").await;
        let trouble = deliver_to(&hostile, |_| {}).await;
        assert!(trouble.contains("the server sent a line of more than 4096 bytes"), "{trouble}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_an_end_is_read_up_to_a_limit() {
    for (is_greeting, again) in [(true, "220-\r\n"), (false, "250-AUTH PLAIN\r\n")] {
        let hostile = Hostile::endless(is_greeting, again).await;
        let begun = Instant::now();
        let trouble = deliver_to(&hostile, |_| {}).await;
        assert!(trouble.contains("a reply has more than 128 lines"), "{trouble}");
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(30), "it took {took:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_slowly_has_one_time_limit() {
    for (verb, text, said) in [
        ("EHLO", "250-mail.example\r\n", "127.0.0.1 did not answer within 0 s"),
        ("MAIL", "250-mail.example\r\n", "no answer within 0 s"),
        ("MAIL", "2", "no answer within 0 s"),
    ] {
        let hostile = Hostile::slow_from(verb, text).await;
        let begun = Instant::now();
        let short = Duration::from_millis(200);
        let trouble = deliver_to(&hostile, |smtp| smtp.timeout = short).await;
        assert_eq!(trouble, said);
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(30), "it took {took:?}");
    }
}
