//! Where a name, a redirect or an address that is written oddly would lead. Here `127.0.0.2` stands for the public
//! internet, and every other address is what it is.

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use linerent::webhooks::{
    Checker, Lookup, Range, Resolved, WebhookSettings, admit_all, admit_public,
};

use linerent_testkit::webhook_server::{Server, redirect, status};

const TIMEOUT: Duration = Duration::from_secs(30);
const PUBLIC: &str = "127.0.0.2";

fn admit(address: IpAddr) -> Result<(), Range> {
    if address.to_string() == PUBLIC { Ok(()) } else { admit_public(address) }
}

/// A DNS that gives one answer after the other, and then none.
struct Dns {
    answers: Mutex<VecDeque<Vec<IpAddr>>>,
    asked: Mutex<Vec<String>>,
}

impl Dns {
    fn with(answers: &[&[&str]]) -> Arc<Self> {
        let answers = answers.iter().map(|addresses| {
            addresses.iter().map(|address| address.parse().expect("an address")).collect()
        });
        Arc::new(Self { answers: Mutex::new(answers.collect()), asked: Mutex::default() })
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no panic").clone()
    }
}

impl Lookup for Dns {
    fn addresses_of(&self, name: &str) -> Resolved {
        self.asked.lock().expect("no panic").push(name.to_owned());
        let answer = self.answers.lock().expect("no panic").pop_front();
        Box::pin(async { answer.ok_or_else(|| io::ErrorKind::NotFound.into()) })
    }
}

async fn said(dns: Arc<Dns>, url: &str) -> String {
    let outcome = Checker::with(dns, admit, TIMEOUT).check(&url.parse().expect("a URL")).await;
    outcome.map_or_else(|failure| failure.to_string(), |()| "fine".to_owned())
}

async fn public_server(location: &'static str) -> Server {
    let answer = move |path: &str| if path == "/" { redirect(location) } else { status("200 OK") };
    Server::start_at(PUBLIC, None, answer).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_looked_up_once_for_each_connection() {
    let server = public_server("/ok").await;
    let dns = Dns::with(&[&[PUBLIC], &[PUBLIC]]);
    let url = format!("http://hooks.example:{}/", server.address.port());
    assert_eq!(said(Arc::clone(&dns), &url).await, "fine");
    assert_eq!(dns.asked(), ["hooks.example", "hooks.example"]);
    assert_eq!(server.asked(), ["/", "/ok"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_leads_to_a_private_address_is_not_connected_to() {
    // Whoever is connected to is public, and would be seen to have been asked.
    let server = public_server("/ok").await;
    let url = format!("http://hooks.example:{}/", server.address.port());
    let mut words = Vec::new();
    for addresses in [
        &["127.0.0.1"][..],
        &["10.1.2.3"],
        &["169.254.169.254"],
        &["100.64.0.1"],
        &["0.0.0.0"],
        &["::1"],
        &["::ffff:127.0.0.2"],
        &["64:ff9b::7f00:1"],
        &["fd00::1"],
        &[PUBLIC, "192.168.0.1"],
        &["192.168.0.1", PUBLIC],
        &[],
    ] {
        let said = said(Dns::with(&[addresses]), &url).await;
        words.push(format!("{}: {said}", addresses.join(" ")));
    }
    assert_eq!(server.asked(), Vec::<String>::new());
    let words = words.join("\n").replace(&server.address.port().to_string(), "PORT");
    insta::assert_snapshot!(words, @r"
    127.0.0.1: http://hooks.example:PORT leads to a loopback address
    10.1.2.3: http://hooks.example:PORT leads to a private address
    169.254.169.254: http://hooks.example:PORT leads to a link-local address
    100.64.0.1: http://hooks.example:PORT leads to an address shared within a network
    0.0.0.0: http://hooks.example:PORT leads to an unspecified address
    ::1: http://hooks.example:PORT leads to a loopback address
    ::ffff:127.0.0.2: http://hooks.example:PORT leads to an IPv4 address in IPv6
    64:ff9b::7f00:1: http://hooks.example:PORT leads to a NAT64 address
    fd00::1: http://hooks.example:PORT leads to a private address
    127.0.0.2 192.168.0.1: http://hooks.example:PORT leads to a private address
    192.168.0.1 127.0.0.2: http://hooks.example:PORT leads to a private address
    : http://hooks.example:PORT has a name that cannot be resolved
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_public_first_and_private_then_is_refused_then() {
    let server = public_server("/again").await;
    let dns = Dns::with(&[&[PUBLIC], &["127.0.0.1"]]);
    let port = server.address.port();
    assert_eq!(
        said(dns, &format!("http://rebind.example:{port}/")).await,
        format!("it redirects to http://rebind.example:{port}, which leads to a loopback address")
    );
    assert_eq!(server.asked(), ["/"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_leads_to_no_private_address() {
    let mut words = Vec::new();
    for location in [
        "http://127.0.0.1/",
        "http://0x7f000001/",
        "http://127.1/",
        "//2130706433/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.2]/",
        "http://localhost/",
        "http://LOCALHOST./",
        "http://a.localhost/",
        "http://169.254.169.254/latest/meta-data/",
        "https://192.168.1.1/",
        "http://private.example/",
    ] {
        let server = public_server(location).await;
        let dns = Dns::with(&[&[PUBLIC], &["10.0.0.1"]]);
        let url = format!("http://hooks.example:{}/", server.address.port());
        words.push(format!("{location}: {}", said(dns, &url).await));
    }
    insta::assert_snapshot!(words.join("\n"), @r"
    http://127.0.0.1/: it redirects to http://127.0.0.1, which leads to a loopback address
    http://0x7f000001/: it redirects to http://127.0.0.1, which leads to a loopback address
    http://127.1/: it redirects to http://127.0.0.1, which leads to a loopback address
    //2130706433/: it redirects to http://127.0.0.1, which leads to a loopback address
    http://[::1]/: it redirects to http://[::1], which leads to a loopback address
    http://[::ffff:127.0.0.2]/: it redirects to http://[::ffff:7f00:2], which leads to an IPv4 address in IPv6
    http://localhost/: it redirects to http://localhost, which leads to a loopback address
    http://LOCALHOST./: it redirects to http://localhost., which leads to a loopback address
    http://a.localhost/: it redirects to http://a.localhost, which leads to a loopback address
    http://169.254.169.254/latest/meta-data/: it redirects to http://169.254.169.254, which leads to a link-local address
    https://192.168.1.1/: it redirects to https://192.168.1.1, which leads to a private address
    http://private.example/: it redirects to http://private.example, which leads to a private address
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_written_out_is_refused_before_anything_is_asked() {
    let server = Server::start(|_| status("200 OK")).await;
    let port = server.address.port();
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "0x7f000001",
        "0177.0.0.1",
        "2130706433",
        "127.0.0.1.",
        "[::ffff:127.0.0.1]",
        "[::1]",
        "[::]",
        "0.0.0.0",
        "0",
        "localhost",
        "localhost.",
        "x.localhost",
    ] {
        let dns = Dns::with(&[&[PUBLIC]]);
        let said = said(Arc::clone(&dns), &format!("http://{host}:{port}/")).await;
        assert!(said.contains(" leads to an") || said.contains("loopback address"), "{said}");
        assert_eq!(dns.asked(), Vec::<String>::new(), "{host}");
    }
    assert_eq!(server.asked(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn private_addresses_are_asked_where_that_is_allowed() {
    let server = Server::start(|_| status("200 OK")).await;
    let port = server.address.port();
    let dns = Dns::with(&[&["127.0.0.1"]]);
    let checker = Checker::with(dns, admit_all, TIMEOUT);
    for host in ["127.0.0.1", "hooks.example"] {
        let url = format!("http://{host}:{port}/").parse().expect("a URL");
        assert_eq!(checker.check(&url).await, Ok(()), "{host}");
    }
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_up_that_never_ends_is_cut_off() {
    struct Silent;
    impl Lookup for Silent {
        fn addresses_of(&self, _: &str) -> Resolved {
            Box::pin(std::future::pending())
        }
    }
    let checker = Checker::with(Arc::new(Silent), admit, Duration::from_millis(200));
    let url = "https://hooks.example/t0ken".parse().expect("a URL");
    let failure = checker.check(&url).await.expect_err("it never answers");
    assert_eq!(failure.to_string(), "https://hooks.example did not answer within 200ms");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_machines_own_look_up_finds_the_machine_and_is_guarded() {
    // Not `localhost` itself, which is refused before it is looked up.
    let addresses = linerent::webhooks::SystemLookup.addresses_of("localhost").await;
    let addresses = addresses.expect("every machine knows itself");
    assert!(addresses.iter().all(IpAddr::is_loopback) && !addresses.is_empty(), "{addresses:?}");
    let settings = WebhookSettings { timeout: TIMEOUT, allow_private: false };
    let url = "http://no-such-name.invalid/".parse().expect("a URL");
    let failure = Checker::new(settings).check(&url).await.expect_err("RFC 6761 keeps it free");
    assert_eq!(
        failure.to_string(),
        "http://no-such-name.invalid has a name that cannot be resolved"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_with_too_many_addresses_is_refused() {
    for (count, wanted) in [
        (65, "http://many.example:1 has more than 64 addresses"),
        (64, "http://many.example:1 cannot be reached: connection refused"),
    ] {
        let dns = Dns::with(&[&vec![PUBLIC; count]]);
        assert_eq!(said(dns, "http://many.example:1/").await, wanted, "{count}");
    }
}
