//! Every mail as a mail program reads it: structure, headers, text, and nothing that a name could
//! smuggle in.

use linerent::mail::{Mail, Mailer, MemoryTransport, mailbox_of};
use linerent::notice::sample::samples;
use linerent::notice::{Addressee, Content, Kind, NoticeId};
use linerent::{clock::Moment, ids::AccountId};
use linerent_testkit::{Engine, World, date, mailer, settings};
use mail_parser::{Address, HeaderValue, Message, MessageParser};

#[test]
fn every_letter_is_text_and_a_page_with_the_headers_of_the_field() {
    for kind in Kind::ALL {
        for content in samples(kind) {
            let mail = compose(&content, "Analytical Engines", "ada@example.com");
            let message = parse(&mail);
            assert_eq!(message.subject(), Some(mail.subject.as_str()), "{kind}");
            assert_eq!(message.text_body_count(), 1, "{kind}");
            assert_eq!(message.html_body_count(), 1, "{kind}");
            let (text, html) = (text_of(&message), html_of(&message));
            assert!(text.len() > 100 && !text.contains('<'), "{kind}: {text}");
            assert!(html.contains("</html>") && html.contains("lang=\"en\""), "{kind}");
            for remote in ["http://", "https://", "<script", "<link"] {
                assert!(!html.contains(remote), "{kind} has {remote}");
            }
            assert_eq!(header(&message, "Auto-Submitted"), Some("auto-generated".to_owned()));
            assert!(message.date().is_some_and(|it| it.to_rfc3339() == "2026-04-03T02:30:00Z"));
            let name = message.message_id().expect("a name").to_owned();
            assert!(name.contains(kind.as_str()) && name.ends_with("@example.com"), "{name}");
            assert_eq!(address(message.reply_to()), "support@example.com", "{kind}");
            assert_eq!(address(message.from()), "billing@example.com", "{kind}");
            let expected =
                if kind.is_for_operator() { "ops@example.com" } else { "ada@example.com" };
            assert_eq!(address(message.to()), expected, "{kind}");
            let unsubscribe = header(&message, "List-Unsubscribe");
            assert_eq!(unsubscribe.is_some(), kind.is_optional(), "{kind}");
            assert!(
                mail.bytes.is_ascii(),
                "{kind} goes through servers that know nothing but ASCII"
            );
            assert!(mail.bytes.len() < 100_000, "{kind}: {} octets", mail.bytes.len());
        }
    }
}

#[test]
fn the_way_out_names_what_to_switch_off() {
    let mail = compose(&samples(Kind::Renewed)[0], "Ada", "ada@example.com");
    assert_eq!(
        header(&parse(&mail), "List-Unsubscribe").as_deref(),
        Some("<mailto:support@example.com?subject=unsubscribe%20renewed%201f3a90c2>")
    );
}

#[test]
fn the_report_shows_the_days_as_bars_and_in_figures() {
    let days = |renewed: [u64; 3]| {
        let mut content = samples(Kind::Report).swap_remove(0);
        let Content::Report(report) = &mut content else { panic!("{content:?}") };
        report.days.truncate(3);
        for (day, renewed) in report.days.iter_mut().zip(renewed) {
            (day.renewed, day.released, day.was_run) = (renewed, 0, renewed > 0);
        }
        html_of(&parse(&compose(&content, "", ""))).to_owned()
    };
    let heights = |html: &str| -> Vec<String> {
        let bars = html.match_indices("bgcolor=\"#2f80d0\"").map(|(at, _)| &html[..at]);
        let height = |before: &str| before.rsplit('"').nth(1).expect("a height").to_owned();
        bars.map(height).collect()
    };
    // The highest day has all of the height, half of it half, and one among very many can still be seen.
    assert_eq!(heights(&days([40, 20, 40])), ["104", "52", "104"]);
    assert_eq!(heights(&days([u64::MAX, 1, u64::MAX])), ["104", "2", "104"]);
    let with_a_gap = days([7, 0, 7]);
    assert_eq!(
        (heights(&with_a_gap).len(), with_a_gap.matches("bgcolor=\"#c3c9d0\"").count()),
        (2, 1)
    );

    let mail = compose(&samples(Kind::Report)[0], "", "");
    let message = parse(&mail);
    assert!(html_of(&message).contains("aria-label=\"Bars for each day. Most renewed: "));
    assert_eq!(text_of(&message).lines().filter(|line| line.contains(" 2026  ")).count(), 30);
}

#[test]
fn the_same_notice_makes_the_same_mail() {
    for kind in Kind::ALL {
        let content = &samples(kind)[0];
        assert_eq!(
            compose(content, "Ada", "a@b.org"),
            compose(content, "Ada", "a@b.org"),
            "{kind}"
        );
    }
}

#[test]
fn names_and_reasons_are_text_whatever_they_hold() {
    let name = "<script>alert(1)</script> & \"Söhne\" מספרים";
    for kind in [Kind::Renewed, Kind::PastDue] {
        let message_bytes = compose(&samples(kind)[0], name, "ada@example.com");
        let message = parse(&message_bytes);
        let html = html_of(&message);
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("&lt;script&gt;"), "{html}");
        assert!(text_of(&message).contains(name));
        assert_eq!(message.to().and_then(Address::first).and_then(|it| it.name()), Some(name));
    }
    let Content::ReloadDeclined(mut declined) = samples(Kind::ReloadDeclined).remove(0) else {
        panic!("a decline");
    };
    declined.reason = "<img src=x onerror=alert(1)>".to_owned();
    let mail = compose(&Content::ReloadDeclined(declined), "Ada", "ada@example.com");
    assert!(!html_of(&parse(&mail)).contains("<img"));
}

#[test]
fn no_name_breaks_out_of_a_header() {
    for name in ["Ada\r\nBcc: eve@example.com", "Ada\nX-Evil: 1", "\r\n\r\nBody", "a\u{2028}b"] {
        for kind in [Kind::Renewed, Kind::Released, Kind::LowBalance] {
            let mail = compose(&samples(kind)[0], name, "ada@example.com");
            let message = parse(&mail);
            assert!(message.bcc().is_none() && header(&message, "X-Evil").is_none(), "{name:?}");
            assert_eq!(message.subject(), Some(mail.subject.as_str()));
            assert_eq!(address(message.to()), "ada@example.com");
            assert_eq!(message.text_body_count(), 1, "{name:?}");
        }
    }
}

#[test]
fn internationalised_domains_and_long_names_work() {
    let name = "Ä".repeat(200);
    let mail = compose(&samples(Kind::Renewed)[0], &name, "zoe@exämple.org");
    assert_eq!(mail.to.to_string(), "zoe@xn--exmple-cua.org");
    assert_eq!(parse(&mail).to().and_then(Address::first).and_then(|it| it.name()), Some(&*name));
    let lines = mail.bytes.split(|byte| *byte == b'\n').map(<[u8]>::len);
    assert!(lines.max() <= Some(998), "no line is longer than servers take");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_part_outside_of_ascii_is_sent_where_the_server_can() {
    let server = linerent_testkit::smtp_server::SmtpServer::start().await;
    let mut world = World::new(Engine::Sqlite).await;
    world.renewers(1).await;
    world.execute_sql("UPDATE accounts SET email = 'zoë@exämple.org'").await;
    world.use_smtp(&server);
    assert_eq!(world.deliver().await.sent, 1);
    let message = server.messages().remove(0);
    assert_eq!(message.recipients, ["zoë@xn--exmple-cua.org"]);
    assert!(message.parameters.iter().any(|it| it == "SMTPUTF8"), "{:?}", message.parameters);

    let server = linerent_testkit::smtp_server::SmtpServer::start().await;
    server.no_smtputf8();
    world.use_smtp(&server);
    world.top_up("00000001", "1", "x").await;
    world.execute_sql("UPDATE notices SET status = 'pending', settled_at = NULL").await;
    assert_eq!(world.deliver().await.failed, 1);
    let failed = world.all_notices().await.remove(0);
    assert!(failed.answer.expect("a reason").contains("SMTPUTF8"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_none_any_more_is_given_up_with_the_reason() {
    let mut world = World::new(Engine::Sqlite).await;
    world.renewers(2).await;
    world.execute_sql("UPDATE accounts SET email = 'nobody' WHERE account_id = 1").await;
    let done = world.deliver().await;
    assert_eq!((done.sent, done.failed), (1, 1));
    let failed = world.notices("00000001").await.remove(0);
    assert_eq!(failed.answer.as_deref(), Some("`nobody` is not a valid mail address"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_databases_name_their_mails_apart() {
    let mut names = Vec::new();
    for _ in 0..2 {
        let mut world = World::new(Engine::Sqlite).await;
        world.renewers(1).await;
        world.deliver().await;
        let mail = world.post.mails().remove(0);
        names.push(parse(&mail).message_id().expect("a name").to_owned());
        world.end().await;
    }
    assert_ne!(names[0], names[1], "a sandbox's mail must not hide the real one");
}

/// A mailer that signs nothing, of `billing@example.com`.
pub fn sample_mailer() -> std::sync::Arc<Mailer> {
    let mut mail = (*settings("sqlite:none.db").mail).clone();
    mail.from = mailbox_of("Example Numbers <billing@example.com>").expect("a mailbox");
    mail.reply_to = Some(mailbox_of("support@example.com").expect("a mailbox"));
    mail.operator = Some(mailbox_of("ops@example.com").expect("a mailbox"));
    mailer(&mail, &MemoryTransport::default())
}

/// The mail that tells an account, or the operator, of `content` on 2026-04-03.
fn compose(content: &Content, name: &str, email: &str) -> Mail {
    let to = match content.kind().is_for_operator() {
        true => Addressee::Operator,
        false => Addressee::Account(AccountId::new(0x1f3a_90c2)),
    };
    let on = date("2026-04-03");
    let at = "2026-04-03T02:30:00Z".parse().expect("an instant");
    let mail = sample_mailer().compose(&linerent::mail::EmailSource {
        id: NoticeId { to, kind: content.kind(), on, ordinal: 1 },
        token: 0x5f3c_9a0b_12de,
        queued: Moment { at, on },
        content,
        owner: to.account().map(|_| (name, email)),
    });
    mail.expect("a mail")
}

fn parse(mail: &Mail) -> Message<'_> {
    MessageParser::default().parse(&mail.bytes).expect("a message")
}

fn text_of(message: &Message<'_>) -> String {
    message.body_text(0).expect("text").into_owned()
}

fn html_of(message: &Message<'_>) -> String {
    message.body_html(0).expect("a page").into_owned()
}

fn address(of: Option<&Address<'_>>) -> String {
    of.and_then(Address::first).and_then(|it| it.address()).expect("an address").to_owned()
}

fn header(message: &Message<'_>, name: &str) -> Option<String> {
    let raw = message.header_raw(name)?.trim().to_owned();
    match message.header(name) {
        Some(HeaderValue::Text(text)) => Some(text.to_string()),
        _ => Some(raw),
    }
}
