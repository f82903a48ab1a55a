//! The ways in which mails leave.

use std::io::Write as _;
use std::path::PathBuf;

use linerent::mail::{SmtpSecurity, SmtpSettings};
use linerent::operations::mail_test;
use linerent_testkit::notices::{mailbox, smtp_settings};
use linerent_testkit::smtp_server::{SmtpServer, Tls};
use linerent_testkit::{Engine, World};

#[tokio::test(flavor = "multi_thread")]
async fn tls_from_the_start_starttls_and_none() {
    for (tls, security) in [
        (Tls::None, SmtpSecurity::None),
        (Tls::StartTls, SmtpSecurity::StartTls),
        (Tls::Implicit, SmtpSecurity::Tls),
    ] {
        let server = SmtpServer::start_with(tls).await;
        let mut world = World::new(Engine::Sqlite).await;
        world.use_smtp_settings(encrypted(&world, &server, tls, security));
        let answer =
            mail_test::send(&world.app, &mailbox("ada@example.com")).await.expect("a mail");
        assert!(answer.answer.starts_with("250"), "{answer:?}");
        let message = server.messages().remove(0);
        assert_eq!(message.is_encrypted, tls != Tls::None, "{tls:?}");
        assert_eq!(message.recipients, ["ada@example.com"]);
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_mails_go_over_one_encrypted_connection() {
    for (tls, security) in
        [(Tls::StartTls, SmtpSecurity::StartTls), (Tls::Implicit, SmtpSecurity::Tls)]
    {
        let server = SmtpServer::start_with(tls).await;
        let mut world = World::new(Engine::Sqlite).await;
        let settings = encrypted(&world, &server, tls, security);
        world.use_smtp_settings(SmtpSettings { connections_max: 1, ..settings });
        world.renewers(20).await;
        assert_eq!(world.deliver().await.sent, 20);
        assert_eq!(server.connections(), 1, "{tls:?}");
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_starttls_nothing_is_said() {
    let server = SmtpServer::start_with(Tls::StartTls).await;
    server.no_starttls();
    server.credentials("ada", "secret");
    let mut world = World::new(Engine::Sqlite).await;
    let mut settings = encrypted(&world, &server, Tls::StartTls, SmtpSecurity::StartTls);
    settings.credentials = Some(("ada".to_owned(), "secret".to_owned().into()));
    world.use_smtp_settings(settings);
    let failure =
        mail_test::send(&world.app, &mailbox("ada@example.com")).await.expect_err("no mail");
    assert!(failure.to_string().contains("STARTTLS"), "{failure}");
    assert_eq!(server.accepted(), 0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_nobody_vouches_for_is_not_trusted() {
    for (tls, security) in
        [(Tls::StartTls, SmtpSecurity::StartTls), (Tls::Implicit, SmtpSecurity::Tls)]
    {
        let server = SmtpServer::start_with(tls).await;
        let mut world = World::new(Engine::Sqlite).await;
        let settings = SmtpSettings { security, ..smtp_settings(&server) };
        world.use_smtp_settings(SmtpSettings { host: "localhost".to_owned(), ..settings });
        mail_test::send(&world.app, &mailbox("ada@example.com")).await.expect_err("no mail");
        assert_eq!(server.accepted(), 0, "{tls:?}");
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn user_and_password_are_given_and_a_wrong_one_costs_no_notice() {
    let server = SmtpServer::start().await;
    server.credentials("ada", "right");
    let mut world = World::new(Engine::Sqlite).await;
    world.renewers(2).await;
    let with = |password: &str| SmtpSettings {
        credentials: Some(("ada".to_owned(), password.to_owned().into())),
        ..smtp_settings(&server)
    };
    world.use_smtp_settings(with("left"));
    let done = world.deliver().await;
    assert_eq!((done.sent, done.failed), (0, 0));
    let trouble = done.trouble.expect("trouble");
    assert!(trouble.contains("refuses the login of `ada`"), "{trouble}");
    world.use_smtp_settings(with("right"));
    assert_eq!(world.deliver().await.sent, 2);
    assert_eq!(server.messages()[0].user.as_deref(), Some("ada"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_folder_holds_one_file_for_each_mail() {
    let mut world = World::new(Engine::Sqlite).await;
    world.renewers(3).await;
    let output = world.linerent(&["--json", "notice", "send"]);
    assert!(output.status.success(), "{output:?}");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(world.folder().join("data/mail")).expect("the folder") {
        let path = entry.expect("an entry").path();
        let bytes = std::fs::read(&path).expect("a file");
        let parsed = mail_parser::MessageParser::default().parse(&bytes).expect("a mail");
        assert!(parsed.subject().is_some_and(|it| it.starts_with("Your receipt")));
        names.push(path.file_name().expect("a name").to_string_lossy().into_owned());
    }
    names.sort();
    assert_eq!(names.len(), 3);
    assert!(names[0].starts_with("00000001.renewed.2026-02-28."), "{names:?}");
    assert!(names.iter().all(|name| name.ends_with(".eml")), "{names:?}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_cannot_be_written_to_costs_no_notice() {
    let mut world = World::new(Engine::Sqlite).await;
    world.renewers(2).await;
    std::fs::create_dir_all(world.folder().join("data")).expect("a folder");
    // Where the folder should be there is a file: not even root can write into that.
    let mut file = std::fs::File::create(world.folder().join("data/mail")).expect("a file");
    file.write_all(b"no folder").expect("written");
    let output = world.linerent(&["notice", "send"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("data/mail") && said.contains("`mail.dir`"), "{said}");
    assert!(world.all_notices().await.iter().all(|it| it.status == "pending" && it.attempts == 0));
    world.end().await;
}

/// How to reach a server with a certificate of its own.
fn encrypted(world: &World, server: &SmtpServer, tls: Tls, security: SmtpSecurity) -> SmtpSettings {
    let host = if tls == Tls::None { "127.0.0.1" } else { "localhost" };
    let ca_file = (tls != Tls::None).then(|| certificate_file(world, server));
    SmtpSettings { host: host.to_owned(), security, ca_file, ..smtp_settings(server) }
}

fn certificate_file(world: &World, server: &SmtpServer) -> PathBuf {
    let path = world.folder().join("ca.pem");
    std::fs::write(&path, server.certificate_pem()).expect("a file");
    path
}
