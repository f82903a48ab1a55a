//! What a server may answer, and what becomes of it. These checks let private addresses pass, since the server is
//! on this machine.

use std::time::Duration;

use linerent::webhooks::{Checker, WebhookSettings};
use linerent_testkit::smtp_server::certified;
use linerent_testkit::webhook_server::{Answer, Server, redirect, status};

/// Long enough for what comes, short enough for what never does.
fn checker(timeout: Duration) -> Checker {
    Checker::new(WebhookSettings { timeout, allow_private: true })
}

const PATIENT: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(200);

/// What the check says of that path on `server`, without the address.
async fn said(server: &Server, timeout: Duration, path: &str) -> String {
    said_of(server, timeout, &server.url(path)).await
}

async fn said_of(server: &Server, timeout: Duration, url: &str) -> String {
    let outcome = checker(timeout).check(&url.parse().expect("a URL")).await;
    let words = outcome.map_or_else(|failure| failure.to_string(), |()| "fine".to_owned());
    words.replace(&server.address.to_string(), "SERVER")
}

fn moods(path: &str) -> Answer {
    let head = "HTTP/1.1 200 OK\r\n".to_owned();
    match path.split('?').next().unwrap_or_default() {
        "/ok" => status("200 OK"),
        "/created" => status("201 Created"),
        "/no-content" => Answer::Says("HTTP/1.1 204 No Content\r\n\r\n".to_owned()),
        "/not-modified" => status("304 Not Modified"),
        "/missing" => status("404 Not Found"),
        "/wrong-method" => status("405 Method Not Allowed"),
        "/broken" => {
            Answer::Says("HTTP/1.1 500 t0ken\r\nContent-Length: 6\r\n\r\nt0ken!".to_owned())
        }
        "/closes" => Answer::Says(String::new()),
        "/closes-amid-its-head" => Answer::Says("HTTP/1.1 200 OK\r\nX-A: b".to_owned()),
        "/no-http" => Answer::Says("SSH-2.0-OpenSSH_9.2p1\r\n".to_owned()),
        "/hangs" => Answer::SaysAndHangs(String::new()),
        "/hangs-amid-its-head" => Answer::SaysAndHangs("HTTP/1.1 200 OK\r\nX-A".to_owned()),
        "/drips" => Answer::Drips("HTTP/1.1 200 OK\r\nX-A: ".to_owned()),
        "/many-headers" => Answer::Endless(head, "X-A: b\r\n".to_owned()),
        "/long-header" => Answer::Endless(head + "X-A: ", "b".repeat(1_000)),
        "/always-continues" => {
            Answer::Endless(String::new(), "HTTP/1.1 100 Continue\r\n\r\n".to_owned())
        }
        "/hangs-amid-its-body" => Answer::SaysAndHangs(head + "Content-Length: 9\r\n\r\nt0ken"),
        "/drips-its-body" => Answer::Drips(head + "Content-Length: 999\r\n\r\n"),
        "/endless-body" => Answer::Endless(head + "\r\n", "t0ken".repeat(1_000)),
        "/moved" => redirect("/ok?t0ken"),
        "/moved-to-the-missing" => redirect("/missing?t0ken"),
        "/moved-to-silence" => redirect("/hangs?t0ken"),
        "/moved-nowhere" => status("302 Found"),
        "/moved-to-a-file" => redirect("file:///etc/passwd"),
        "/moved-to-ftp" => redirect("ftp://t0ken.example/"),
        "/moved-to-data" => redirect("data:text/plain,t0ken"),
        "/moved-with-a-password" => redirect("http://root:t0ken@127.0.0.1/"),
        "/moved-to-no-url" => redirect("http://[t0ken/"),
        "/moved-in-a-loop" => redirect("/moved-in-a-loop"),
        path => match path.strip_prefix("/steps/").and_then(|it| it.parse::<u32>().ok()) {
            Some(0) => status("200 OK"),
            Some(left) => redirect(&(left - 1).to_string()),
            None => panic!("nobody asks for {path}"),
        },
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_answers_with_2xx_or_is_refused_in_words_that_say_why() {
    let server = Server::start(moods).await;
    let mut words = Vec::new();
    for path in [
        "/ok",
        "/created",
        "/no-content",
        "/not-modified",
        "/missing",
        "/wrong-method",
        "/broken",
        "/closes",
        "/closes-amid-its-head",
        "/no-http",
        "/many-headers",
        "/long-header",
        "/hangs-amid-its-body",
        "/drips-its-body",
        "/endless-body",
        "/moved",
        "/moved-to-the-missing",
        "/moved-nowhere",
        "/moved-to-a-file",
        "/moved-to-ftp",
        "/moved-to-data",
        "/moved-with-a-password",
        "/moved-to-no-url",
    ] {
        words.push(format!("{path}: {}", said(&server, PATIENT, path).await));
    }
    let words = words.join("\n");
    assert!(!words.contains("t0ken"), "a secret got out: {words}");
    insta::assert_snapshot!(words, @r"
    /ok: fine
    /created: fine
    /no-content: fine
    /not-modified: http://SERVER answered 304
    /missing: http://SERVER answered 404
    /wrong-method: http://SERVER answered 405
    /broken: http://SERVER answered 500
    /closes: http://SERVER gave no answer: connection closed before message completed
    /closes-amid-its-head: http://SERVER gave no answer: connection closed before message completed
    /no-http: http://SERVER gave no answer: invalid HTTP version parsed
    /many-headers: http://SERVER gave no answer: message head is too large
    /long-header: http://SERVER gave no answer: message head is too large
    /hangs-amid-its-body: fine
    /drips-its-body: fine
    /endless-body: fine
    /moved: fine
    /moved-to-the-missing: it redirects to http://SERVER, which answered 404
    /moved-nowhere: http://SERVER redirects without saying where to
    /moved-to-a-file: http://SERVER redirects to a URL that is neither https:// nor http://
    /moved-to-ftp: http://SERVER redirects to a URL that is neither https:// nor http://
    /moved-to-data: http://SERVER redirects to a malformed URL
    /moved-with-a-password: http://SERVER redirects to a URL that contains a user or password
    /moved-to-no-url: http://SERVER redirects to a malformed URL
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_does_not_come_to_an_end_is_cut_off() {
    let server = Server::start(moods).await;
    for path in ["/hangs", "/hangs-amid-its-head", "/drips", "/always-continues"] {
        assert_eq!(
            said(&server, SHORT, path).await,
            "http://SERVER did not answer within 200ms",
            "{path}"
        );
    }
    assert_eq!(
        said(&server, SHORT, "/moved-to-silence").await,
        "it redirects to http://SERVER, which did not answer within 200ms"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn five_redirects_are_followed_and_no_more() {
    let server = Server::start(moods).await;
    assert_eq!(said(&server, PATIENT, "/steps/5").await, "fine");
    assert_eq!(server.asked().len(), 6);
    let too_many = "it redirects to http://SERVER, which redirects again, after 5 redirects";
    assert_eq!(said(&server, PATIENT, "/steps/6").await, too_many);
    assert_eq!(server.asked().len(), 12, "the seventh is not asked for");
    assert_eq!(said(&server, PATIENT, "/moved-in-a-loop").await, too_many);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_nobody_vouches_for_is_not_trusted() {
    let (_, acceptor) = certified();
    let server = Server::start_at("127.0.0.1", Some(acceptor), moods).await;
    let url = format!("https://{}/ok", server.address);
    assert_eq!(
        said_of(&server, PATIENT, &url).await,
        "https://SERVER cannot be trusted: its certificate is of an unknown issuer"
    );
    let asked = server.asked();
    assert!(!asked.contains(&"/ok".to_owned()), "it was told the path: {asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_speak_tls_is_not_trusted() {
    // A server that waits for a request would wait for ever: this one speaks at once.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let talker = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.expect("a connection");
        let words = b"HTTP/1.1 400 Bad Request\r\n\r\n";
        tokio::io::AsyncWriteExt::write_all(&mut connection, words).await.expect("words");
        connection
    });
    let url = format!("https://{address}/").parse().expect("a URL");
    let failure = checker(PATIENT).check(&url).await.expect_err("no TLS");
    assert_eq!(
        failure.to_string(),
        format!("https://{address} cannot be trusted: it does not speak TLS")
    );
    talker.await.expect("no panic");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_listens_nobody_is_reached() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let url = format!("http://{address}/").parse().expect("a URL");
    let failure = checker(PATIENT).check(&url).await.expect_err("nobody listens");
    let expected = format!("http://{address} cannot be reached: connection refused");
    assert_eq!(failure.to_string(), expected);
}
