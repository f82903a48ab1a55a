//! Mails before programs that others wrote: aiosmtpd takes them, Python's `email` reads them, and
//! dkimpy verifies their signatures. `./scripts/test-mail-peers` starts them and makes the keys.

mod connections;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use linerent::clock::Moment;
use linerent::ids::AccountId;
use linerent::mail::{
    DkimSettings, EmailSource, Mail, MailSettings, Mailer, Reader, RenderedEmail, SendOutcome,
    SmtpSecurity, SmtpSettings, TransportSettings, mailbox_of,
};
use linerent::notice::sample::samples;
use linerent::notice::{Addressee, Content, Kind, NoticeId};
use linerent_testkit::notices::key_of;
use linerent_testkit::peers::peer_is_missing;
use linerent_testkit::{Engine, World, date};
use serde_json::{Value, json};

const DOMAIN: &str = "example.com";

const ACCOUNT: AccountId = AccountId::new(0x1f3a_90c2);

const OWNER: (&str, &str) = ("Zoë & Søn", "zoe@exämple.org");

/// What its domain is to mail servers.
const OWNER_ASCII: &str = "zoe@xn--exmple-cua.org";

const CONNECTIONS: [SmtpSecurity; 3] =
    [SmtpSecurity::None, SmtpSecurity::StartTls, SmtpSecurity::Tls];

/// The folder with the peers' settings and what they received; the tests run only if it is set.
const VARIABLE: &str = "LINERENT_TEST_MAIL_PEERS";

fn is_missing() -> bool {
    peer_is_missing(VARIABLE, "scripts/test-mail-peers")
}

fn folder() -> PathBuf {
    PathBuf::from(std::env::var_os(VARIABLE).expect("the test was skipped without it"))
}

fn read(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).expect("the peers' folder has it")
}

const fn name_of(security: SmtpSecurity) -> &'static str {
    match security {
        SmtpSecurity::None => "plain",
        SmtpSecurity::StartTls => "starttls",
        SmtpSecurity::Tls => "tls",
    }
}

fn smtp(security: SmtpSecurity) -> SmtpSettings {
    let ports: Value = serde_json::from_str(&read("ports.json")).expect("JSON");
    let port = ports[name_of(security)].as_u64().expect("a port");
    // Its certificate is for both its name and its address.
    let host = if security == SmtpSecurity::StartTls { "localhost" } else { "127.0.0.1" };
    SmtpSettings {
        host: host.to_owned(),
        port: u16::try_from(port).expect("a port"),
        security,
        credentials: Some((read("user"), read("password").into())),
        connections_max: 4,
        timeout: Duration::from_secs(20),
        ca_file: Some(folder().join("tls/ca.pem")),
        hello_name: Some("billing.example.com".to_owned()),
    }
}

/// Which of the keys that the script made.
fn key(name: &str) -> DkimSettings {
    let (domain, selector) = (DOMAIN.to_owned(), name.to_owned());
    DkimSettings { domain, selector, key: read(&format!("keys/{name}.pem")).into() }
}

fn settings(smtp: SmtpSettings) -> MailSettings {
    let mailbox = |text| mailbox_of(text).expect("a mailbox");
    MailSettings {
        from: mailbox("Nummern & Söhne <billing@example.com>"),
        reply_to: None,
        operator: Some(mailbox("Ops <ops@example.com>")),
        templates: None,
        dkim: None,
        transport: TransportSettings::Smtp(smtp),
        give_up_after: TimeDelta::days(3),
        rate_max_per_s: None,
    }
}

fn mailer(settings: &MailSettings) -> Mailer {
    Mailer::new(settings).expect("a mailer")
}

fn signing_mailer(security: SmtpSecurity, key_name: &str) -> Mailer {
    mailer(&MailSettings { dkim: Some(key(key_name)), ..settings(smtp(security)) })
}

fn moment() -> Moment {
    let at = DateTime::from_timestamp(1_775_199_600, 0).expect("an instant");
    Moment { at, on: date("2026-04-03") }
}

fn id_of(kind: Kind) -> NoticeId {
    let to = if kind.is_for_operator() { Addressee::Operator } else { Addressee::Account(ACCOUNT) };
    NoticeId { to, kind, on: moment().on, ordinal: 1 }
}

/// A mail like no other, for `owner` where it is for an account.
fn compose(mailer: &Mailer, content: &Content, owner: (&str, &str)) -> Mail {
    static TOKEN: AtomicI64 = AtomicI64::new(1);
    let id = id_of(content.kind());
    let draft = EmailSource {
        id,
        token: TOKEN.fetch_add(1, Ordering::Relaxed),
        queued: moment(),
        content,
        owner: id.to.account().map(|_| owner),
    };
    mailer.compose(&draft).expect("a mail")
}

fn letter(mailer: &Mailer, content: &Content) -> RenderedEmail {
    let id = id_of(content.kind());
    let reader = id.to.account().map(|account| Reader { account, name: OWNER.0 });
    mailer.letters().write(content, id, reader).expect("a letter")
}

fn low_balance() -> Content {
    samples(Kind::LowBalance).remove(0)
}

/// Sends mails over one connection.
async fn send(mailer: &Mailer, mails: &[Mail]) {
    let mut connection = mailer.transport.connect().await.expect("a connection");
    for mail in mails {
        match connection.send(mail).await {
            SendOutcome::Accepted(answer) => assert_eq!(answer, "250 written down"),
            other => panic!("{}: {other:?}", mail.name),
        }
    }
    connection.close().await;
}

/// What the peers took so far: they write before they answer. The last line may still grow.
fn received() -> Vec<Value> {
    let lines = read("received.jsonl");
    let whole = lines.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// What arrived of a mail, which must have arrived once.
fn arrived(received: &[Value], mail: &Mail) -> Value {
    let message_id = format!("<{}@{DOMAIN}>", mail.name);
    let mut found = received.iter().filter(|it| it["message_id"] == message_id.as_str());
    let one = found.next().unwrap_or_else(|| panic!("{message_id} did not arrive")).clone();
    assert_eq!(found.count(), 0, "{message_id} arrived again");
    one
}

async fn send_one(mailer: &Mailer, mail: Mail) -> Value {
    send(mailer, std::slice::from_ref(&mail)).await;
    arrived(&received(), &mail)
}

/// Sends every sample of every kind over each kind of connection, signed with this key.
async fn every_letter_arrives(key_name: &str, algorithm: &str) {
    for security in CONNECTIONS {
        let mailer = signing_mailer(security, key_name);
        let contents: Vec<_> = Kind::ALL.into_iter().flat_map(samples).collect();
        let mails: Vec<_> = contents.iter().map(|it| compose(&mailer, it, OWNER)).collect();
        send(&mailer, &mails).await;
        let received = received();
        for (content, mail) in contents.iter().zip(&mails) {
            let told = arrived(&received, mail);
            says_what_it_should(&told, content.kind(), &letter(&mailer, content));
            is_well_formed(&told);
            came_over(&told, security);
            is_signed(&told, key_name, algorithm);
        }
    }
}

fn says_what_it_should(told: &Value, kind: Kind, letter: &RenderedEmail) {
    assert_eq!(told["subject"], letter.subject);
    // A mail ends with a line's end, whatever the letter ends with.
    for (part, wanted) in [("text", &letter.text), ("html", &letter.html)] {
        let part = told[part].as_str().expect("a part");
        assert_eq!(part.trim_end(), wanted.trim_end(), "{kind}");
    }
    let (to_name, to_address) = match kind.is_for_operator() {
        true => ("Ops", "ops@example.com"),
        false => (OWNER.0, OWNER_ASCII),
    };
    assert_eq!(told["to"], json!([to_name, to_address]));
    assert_eq!(told["from"], json!(["Nummern & Söhne", "billing@example.com"]));
    assert_eq!(told["envelope"]["from"], "billing@example.com");
    assert_eq!(told["envelope"]["to"], json!([to_address]));
    assert_eq!(told["date"], "2026-04-03T07:00:00+00:00");
    assert_eq!(told["auto_submitted"], "auto-generated");
    let unsubscribe = told["list_unsubscribe"].as_str();
    assert_eq!(unsubscribe.is_some(), kind.is_optional());
    let way_out = format!("<mailto:billing@example.com?subject=unsubscribe%20{kind}%20{ACCOUNT}>");
    assert!(unsubscribe.is_none_or(|it| it == way_out), "{unsubscribe:?}");
    assert_eq!(told["tree"], "multipart/alternative(text/plain, text/html)");
}

/// Nothing that a careful reader would have to forgive (RFC 5321, 4.5.3.1.6, and RFC 5322, 2.3).
fn is_well_formed(told: &Value) {
    assert_eq!(told["defects"], json!([]));
    assert_eq!(told["doubled"], json!([]), "headers that come twice");
    assert_eq!(told["stray_line_ends"], 0);
    assert_eq!(told["is_ascii"], true);
    assert!(told["longest_line"].as_u64().is_some_and(|octets| octets <= 998), "{told}");
}

fn came_over(told: &Value, security: SmtpSecurity) {
    assert_eq!(told["listener"], name_of(security));
    assert_eq!(told["tls"].as_str(), (security != SmtpSecurity::None).then_some("TLSv1.3"));
    assert_eq!(told["user"], "linerent");
}

/// The signature is right, and a bit that is flipped anywhere makes it wrong.
fn is_signed(told: &Value, key_name: &str, algorithm: &str) {
    let signature = &told["dkim"];
    assert_eq!(signature["verdict"], "valid", "{signature}");
    assert_eq!(signature["algorithm"], algorithm);
    assert_eq!(signature["selector"], key_name);
    assert_eq!(signature["domain"], DOMAIN);
    let changes = signature["changes"].as_array().expect("a list");
    for what in ["from", "to", "subject", "date", "message-id", "the body's middle letter"] {
        assert!(changes.iter().any(|change| change == what), "{what} was not changed: {signature}");
    }
    assert_eq!(signature["changes_unnoticed"], json!([]));
}

#[tokio::test]
async fn every_letter_signed_by_an_rsa_key_in_pkcs1_arrives_and_verifies() {
    if is_missing() {
        return;
    }
    every_letter_arrives("rsa-pkcs1", "rsa-sha256").await;
}

#[tokio::test]
async fn every_letter_signed_by_an_rsa_key_in_pkcs8_arrives_and_verifies() {
    if is_missing() {
        return;
    }
    every_letter_arrives("rsa-pkcs8", "rsa-sha256").await;
}

#[tokio::test]
async fn every_letter_signed_by_an_ed25519_key_arrives_and_verifies() {
    if is_missing() {
        return;
    }
    every_letter_arrives("ed25519", "ed25519-sha256").await;
}

#[tokio::test]
async fn a_letter_without_a_key_arrives_without_a_signature() {
    if is_missing() {
        return;
    }
    let mailer = mailer(&settings(smtp(SmtpSecurity::None)));
    let told = send_one(&mailer, compose(&mailer, &low_balance(), OWNER)).await;
    assert_eq!(told["dkim"], Value::Null);
    is_well_formed(&told);
}

#[tokio::test]
async fn a_signature_by_another_key_than_the_published_one_is_invalid() {
    if is_missing() {
        return;
    }
    let stolen = DkimSettings { key: key("rsa-pkcs8").key, ..key("rsa-pkcs1") };
    let mailer = mailer(&MailSettings { dkim: Some(stolen), ..settings(smtp(SmtpSecurity::None)) });
    let told = send_one(&mailer, compose(&mailer, &low_balance(), OWNER)).await;
    assert_eq!(told["dkim"]["verdict"], "invalid");
}

#[tokio::test]
async fn names_arrive_as_they_are_written() {
    if is_missing() {
        return;
    }
    let long = "Gesellschaft für außerordentlich lange Namen ".repeat(4);
    let names = [
        "Doe, John",
        "John \"Jack\" Doe",
        "back\\slash",
        "a@b.example <x>; (y)",
        "=?utf-8?q?not_encoded?=",
        "日本電信電話株式会社",
        "👩‍👩‍👧‍👦 & Familie",
        "שלום בע״מ",
        "e\u{301}e\u{301}",
        long.trim(),
        "two  blanks,   three",
        "Line Rental Holdings of the United Kingdom, Ireland, and Some Other Islands Limited",
        &"👍".repeat(200),
        &"Ab ".repeat(60),
        &"A".repeat(200),
    ];
    let mailer = signing_mailer(SmtpSecurity::None, "rsa-pkcs8");
    let content = low_balance();
    let owners = names.map(|name| (name.trim(), "ada@example.com"));
    let mails = owners.map(|owner| compose(&mailer, &content, owner));
    send(&mailer, &mails).await;
    let received = received();
    for ((name, _), mail) in owners.iter().zip(&mails) {
        let told = arrived(&received, mail);
        assert_eq!(told["to"], json!([name, "ada@example.com"]));
        is_well_formed(&told);
        is_signed(&told, "rsa-pkcs8", "rsa-sha256");
    }
}

#[tokio::test]
async fn an_address_with_letters_outside_of_ascii_arrives_where_the_server_takes_such() {
    if is_missing() {
        return;
    }
    let mailer = signing_mailer(SmtpSecurity::Tls, "ed25519");
    let mail = compose(&mailer, &low_balance(), ("Zoë", "zoë@exämple.org"));
    let told = send_one(&mailer, mail).await;
    assert_eq!(told["envelope"]["to"], json!(["zoë@xn--exmple-cua.org"]));
    assert_eq!(told["to"], json!(["Zoë", "zoë@xn--exmple-cua.org"]));
    let options = told["envelope"]["options"].as_array().expect("a list");
    assert!(options.iter().any(|option| option == "SMTPUTF8"), "{options:?}");
    is_signed(&told, "ed25519", "ed25519-sha256");
}

/// What trips mail: dots, lines that begin like an mbox's, long lines, blanks at a line's end.
const AWKWARD: &str =
    "\n.\n..\n. dot\nFrom the start\n=3D and =\n\ttab\t\nblank \n\n\nÆ\u{2028}😀\n";

#[tokio::test]
async fn an_awkward_letter_arrives_as_it_is_written() {
    if is_missing() {
        return;
    }
    let templates = tempfile::tempdir().expect("a folder");
    let subject =
        "Ünïcode für {{ account.name }}: 余額不足 — please add funds, dear customer of ours";
    let long = "so many words in one line ".repeat(100);
    let text = format!("Subject: {subject}\n\nDear {{{{ account.name }}}}{AWKWARD}{long}\nend\n");
    std::fs::write(templates.path().join("low_balance.txt"), text).expect("a file");
    std::fs::write(templates.path().join("low_balance.html"), format!("<p>{AWKWARD}{long}</p>\n"))
        .expect("a file");
    for key_name in ["rsa-pkcs1", "ed25519"] {
        let mailer = mailer(&MailSettings {
            templates: Some(templates.path().to_owned()),
            dkim: Some(key(key_name)),
            ..settings(smtp(SmtpSecurity::StartTls))
        });
        let content = low_balance();
        let told = send_one(&mailer, compose(&mailer, &content, OWNER)).await;
        says_what_it_should(&told, Kind::LowBalance, &letter(&mailer, &content));
        is_well_formed(&told);
        assert_eq!(told["dkim"]["verdict"], "valid");
        assert_eq!(told["dkim"]["changes_unnoticed"], json!([]));
    }
}
