//! Certificates, passwords, and a whole run.

use super::*;

#[tokio::test]
async fn nothing_is_said_to_a_server_that_nobody_vouches_for() {
    if is_missing() {
        return;
    }
    for security in [SmtpSecurity::StartTls, SmtpSecurity::Tls] {
        let unknown = SmtpSettings { ca_file: None, ..smtp(security) };
        let refused = mailer(&settings(unknown)).transport.connect().await.err();
        let reason = refused.expect("no connection");
        assert!(reason.contains("UnknownIssuer"), "{reason}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_told_of_without_it() {
    if is_missing() {
        return;
    }
    for security in CONNECTIONS {
        let credentials = Some(("linerent".to_owned(), "sesame".into()));
        let wrong = SmtpSettings { credentials, ..smtp(security) };
        let refused = mailer(&settings(wrong)).transport.connect().await.err();
        let reason = refused.expect("no connection");
        assert!(reason.contains("refuses the login of `linerent`"), "{reason}");
        assert!(reason.contains("535") && !reason.contains("sesame"), "{reason}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_notices_of_a_run_arrive_once_each() {
    if is_missing() {
        return;
    }
    const ACCOUNTS: u32 = 40;
    let mut world = World::new(Engine::Sqlite).await;
    world.change_mail_settings(|mail| {
        *mail = MailSettings {
            from: mailbox_of("A Run <run@example.com>").expect("a mailbox"),
            dkim: Some(key("ed25519")),
            ..settings(smtp(SmtpSecurity::Tls))
        };
    });
    world.use_smtp_settings(smtp(SmtpSecurity::Tls));
    for (key, number) in (0..ACCOUNTS).map(|n| (key_of(n), format!("4477009{n:05}"))) {
        world.numbers(&[&number], "1").await;
        world.account(&key, "100").await;
        world.rent(&key, &number).await;
    }
    world.sleep_until("2026-02-28").await;
    assert_eq!(world.run().await.renewed, u64::from(ACCOUNTS));
    let delivered = world.deliver().await;
    let again = world.deliver().await;

    let received: Vec<_> =
        received().into_iter().filter(|it| it["envelope"]["from"] == "run@example.com").collect();
    let recipients: HashSet<_> =
        received.iter().map(|it| it["envelope"]["to"][0].as_str().expect("one")).collect();
    let mut wanted: HashSet<_> = (0..ACCOUNTS).map(|n| format!("{}@{DOMAIN}", key_of(n))).collect();
    wanted.insert("ops@example.com".to_owned());
    assert_eq!(recipients, wanted.iter().map(String::as_str).collect());
    assert_eq!(received.len(), wanted.len(), "each arrived once");
    assert_eq!(delivered.sent, received.len() as u64);
    assert_eq!((again.sent, delivered.deferred, delivered.failed), (0, 0, 0));
    for told in &received {
        is_signed(told, "ed25519", "ed25519-sha256");
    }
    world.end().await;
}
