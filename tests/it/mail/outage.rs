//! A mail server that is careful, busy, slow or away: each notice arrives, and arrives once.

use std::collections::BTreeMap;
use std::time::Duration;

use linerent::mail::SmtpSettings;
use linerent_testkit::World;
use linerent_testkit::notices::smtp_settings;
use linerent_testkit::smtp_server::{Fault, Outage, SmtpServer};
use mail_parser::MessageParser;

on_both_engines!(a_greylisted_notice_arrives_later_and_once, |world| {
    let server = SmtpServer::start().await;
    server.greylist(1);
    world.use_smtp(&server);
    world.renewers(5).await;
    let first = world.deliver().await;
    assert_eq!((first.sent, first.deferred, first.failed, first.trouble), (0, 5, 0, None));
    assert_eq!(world.deliver().await.deferred, 0, "it is not tried again at once");
    for notice in world.all_notices().await {
        assert_eq!((notice.status, notice.attempts), ("pending", 1));
        assert!(notice.answer.expect("an answer").contains("451"));
        assert!(notice.due_at > Some(world.app.clock.now()));
    }
    assert_eq!(world.deliver_now().await.sent, 5);
    arrived_once(world, &server, 5).await;
});

on_both_engines!(a_refused_recipient_is_given_up_and_the_others_are_not, |world| {
    let server = SmtpServer::start().await;
    server.refuse("00000002@example.com");
    world.use_smtp(&server);
    world.renewers(5).await;
    let done = world.deliver().await;
    assert_eq!((done.sent, done.deferred, done.failed), (4, 0, 1));
    let failed = world.notices("00000002").await.remove(0);
    assert_eq!((failed.status, failed.attempts), ("failed", 1));
    assert!(failed.answer.expect("an answer").contains("no such user"));
    assert_eq!(world.deliver_now().await.sent, 0, "it is not tried again by itself");
    assert!(server.connections() <= 4, "one refusal breaks no connection");
});

on_both_engines!(a_server_that_refuses_everybody_is_not_believed, |world| {
    let server = SmtpServer::start().await;
    world.use_smtp(&server);
    world.renewers(60).await;
    for index in 0..60 {
        server.refuse(&format!("{}@example.com", linerent_testkit::notices::key_of(index)));
    }
    let done = world.deliver().await;
    assert!((20..30).contains(&done.failed), "{done:?}");
    let trouble = done.trouble.expect("trouble");
    assert!(trouble.contains("one notice after the other"), "{trouble}");
    let waiting = world.all_notices().await.iter().filter(|it| it.status == "pending").count();
    assert_eq!(waiting as u64, 60 - done.failed, "the rest waits for a person");
    let server = SmtpServer::start().await;
    world.use_smtp(&server);
    linerent::operations::notice::retry_failed(&world.app).await.expect("all again");
    assert_eq!(world.deliver().await.sent, 60);
    arrived_once(world, &server, 60).await;
});

on_both_engines!(what_is_old_and_was_never_tried_is_tried, |world| {
    let server = SmtpServer::start().await;
    server.outage(Some(Outage::Refuse));
    world.use_smtp(&server);
    world.renewers(1).await;
    world.execute_sql("UPDATE notices SET created_at = '2020-01-01T00:00:00+00:00'").await;
    assert_eq!(world.deliver().await.failed, 0, "the server is away since just now");
    server.outage(None);
    server.greylist(1);
    assert_eq!(world.deliver().await.deferred, 1);
    assert_eq!(world.deliver_now().await.sent, 1);
});

on_both_engines!(a_notice_that_cannot_be_read_holds_up_nobody, |world| {
    world.renewers(3).await;
    world
        .execute_sql("UPDATE notices SET content = '{\"kind\": \"later\"}' WHERE account_id = 1")
        .await;
    assert_eq!(world.deliver().await.sent, 2);
    assert_eq!(world.all_notices().await.len(), 2, "it is left out, and told of");
});

on_both_engines!(more_than_a_batch_of_what_cannot_be_read_holds_up_nobody, |world| {
    world.renewers(253).await;
    world
        .execute_sql(
            "UPDATE notices
             SET content = '{\"kind\": \"later\"}', due_at = '2020-01-01T00:00:00+00:00'
             WHERE account_id <= 250",
        )
        .await;
    assert_eq!(world.deliver().await.sent, 3);
    assert_eq!(world.deliver().await.sent, 0);
});

on_both_engines!(a_letter_that_is_refused_after_it_was_read_is_given_up, |world| {
    let server = SmtpServer::start().await;
    server.refuse_content();
    world.use_smtp(&server);
    world.renewers(1).await;
    assert_eq!(world.deliver().await.failed, 1);
});

on_both_engines!(connections_that_are_cut_lose_nothing, |world| {
    let server = SmtpServer::start().await;
    server.faults(&[
        Fault::CutAfterData,
        Fault::CutBeforeData,
        Fault::TemporaryAfterData,
        Fault::CutAfterData,
    ]);
    world.use_smtp(&server);
    world.renewers(12).await;
    world.deliver().await;
    world.deliver_now().await;
    arrived_once(world, &server, 12).await;
});

on_both_engines!(an_answer_that_never_comes_is_waited_for_no_longer_than_it_may_take, |world| {
    let server = SmtpServer::start().await;
    server.faults(&[Fault::SilentAfterData]);
    let timeout = Duration::from_millis(200);
    world.use_smtp_settings(SmtpSettings { timeout, ..smtp_settings(&server) });
    world.renewers(6).await;
    let first = world.deliver().await;
    assert_eq!((first.sent, first.deferred), (5, 1));
    assert_eq!(world.deliver_now().await.sent, 1);
    arrived_once(world, &server, 6).await;
});

on_both_engines!(a_mail_whose_answer_was_lost_comes_twice_under_one_name, |world| {
    let server = SmtpServer::start().await;
    server.faults(&[Fault::CutAfterAccept]);
    world.use_smtp(&server);
    world.renewers(1).await;
    let first = world.deliver().await;
    assert_eq!((first.sent, first.deferred), (0, 1), "nobody knows whether it was taken");
    assert_eq!(world.deliver_now().await.sent, 1);
    let names = message_ids(&server);
    assert_eq!(names.into_values().collect::<Vec<_>>(), [2], "a mail program can tell");
    let bytes: Vec<_> = server.messages().into_iter().map(|it| it.bytes).collect();
    assert_eq!(bytes[0], bytes[1], "it is the same mail");
});

on_both_engines!(a_server_that_closes_after_some_mails_is_called_again, |world| {
    let server = SmtpServer::start().await;
    server.close_after(2);
    world.use_smtp(&server);
    world.renewers(20).await;
    let done = world.deliver().await;
    assert_eq!((done.sent, done.deferred, done.failed), (20, 0, 0));
    arrived_once(world, &server, 20).await;
});

on_both_engines!(a_slow_server_gets_everything_over_few_connections, |world| {
    let server = SmtpServer::start().await;
    server.outage(Some(Outage::Slow(Duration::from_millis(20))));
    world.use_smtp(&server);
    world.renewers(20).await;
    assert_eq!(world.deliver().await.sent, 20);
    arrived_once(world, &server, 20).await;
    assert!(server.connections() <= 4, "{} connections", server.connections());
    assert!(server.connections_open_max() <= 4, "{} at once", server.connections_open_max());
});

on_both_engines!(a_server_that_is_out_of_order_costs_no_notice, |world| {
    world.renewers(8).await;
    for outage in [Outage::Refuse, Outage::Busy, Outage::WrongAnswers, Outage::Silent] {
        let server = SmtpServer::start().await;
        server.outage(Some(outage));
        let timeout = Duration::from_millis(200);
        world.use_smtp_settings(SmtpSettings { timeout, ..smtp_settings(&server) });
        let done = world.deliver().await;
        assert_eq!((done.sent, done.deferred, done.failed), (0, 0, 0), "{outage:?}");
        assert!(done.trouble.is_some(), "{outage:?}");
    }
    for notice in world.all_notices().await {
        assert_eq!((notice.status, notice.attempts), ("pending", 0), "it was none of its fault");
    }
    let server = SmtpServer::start().await;
    world.use_smtp(&server);
    assert_eq!(world.deliver().await.sent, 8, "nobody has to wait for the end of a back-off");
    arrived_once(world, &server, 8).await;
});

on_both_engines!(a_sender_that_is_refused_costs_no_notice, |world| {
    let server = SmtpServer::start().await;
    server.refuse_sender();
    world.use_smtp(&server);
    world.renewers(3).await;
    let done = world.deliver().await;
    assert_eq!((done.sent, done.failed), (0, 0));
    assert!(done.trouble.expect("trouble").contains("550"));
});

on_both_engines!(what_cannot_be_sent_for_days_is_given_up_and_can_be_taken_up_again, |world| {
    let server = SmtpServer::start().await;
    world.use_smtp(&server);
    world.renewers(2).await;
    server.outage(Some(Outage::Refuse));
    assert_eq!(world.deliver().await.failed, 0);
    world
        .execute_sql(
            "UPDATE notices SET failing_since = '2020-01-01T00:00:00+00:00' WHERE account_id = 1",
        )
        .await;
    assert_eq!(world.deliver().await.failed, 1, "three days are over");
    let failed = world.notices("00000001").await.remove(0);
    assert_eq!(failed.status, "failed");
    assert!(failed.answer.expect("a reason").contains("554"));
    server.outage(None);
    assert_eq!(world.deliver().await.sent, 1, "the other one is not too old");
    let id = failed.id.parse().expect("the id of a notice");
    linerent::operations::notice::retry(&world.app, id).await.expect("a second chance");
    assert_eq!(world.deliver().await.sent, 1);
    arrived_once(world, &server, 2).await;
});

on_both_engines!(a_greylisting_that_never_ends_does, |world| {
    let server = SmtpServer::start().await;
    server.greylist(100);
    world.use_smtp(&server);
    world.renewers(1).await;
    assert_eq!(world.deliver().await.deferred, 1);
    world.execute_sql("UPDATE notices SET failing_since = '2020-01-01T00:00:00+00:00'").await;
    let done = world.deliver_now().await;
    assert_eq!((done.deferred, done.failed), (0, 1));
    assert!(world.all_notices().await[0].answer.as_ref().expect("a reason").contains("451"));
});

on_both_engines!(two_that_deliver_at_once_send_each_notice_once, |world| {
    let server = SmtpServer::start().await;
    server.latency(Duration::from_millis(1));
    world.use_smtp(&server);
    world.renewers(60).await;
    let (one, other) = tokio::join!(world.deliver(), world.deliver());
    assert_eq!(one.sent + other.sent, 60);
    arrived_once(world, &server, 60).await;
});

on_both_engines!(no_more_mails_go_than_the_server_wants_to_see, |world| {
    let server = SmtpServer::start().await;
    world.change_mail_settings(|mail| mail.rate_max_per_s = Some(20));
    world.use_smtp(&server);
    world.renewers(11).await;
    let begun = std::time::Instant::now();
    assert_eq!(world.deliver().await.sent, 11);
    // A lower bound, which no slow machine can break.
    assert!(begun.elapsed() >= Duration::from_millis(500), "{:?}", begun.elapsed());
});

/// Every notice is recorded as sent, and there is one mail for each, under a name of its own.
pub async fn arrived_once(world: &World, server: &SmtpServer, count: usize) {
    let notices = world.all_notices().await;
    assert_eq!(notices.len(), count);
    for notice in &notices {
        assert_eq!(notice.status, "sent", "{notice:?}");
        assert!(notice.answer.as_ref().is_some_and(|it| it.starts_with("250")), "{notice:?}");
    }
    let names = message_ids(server);
    assert_eq!(names.len(), count, "each has a name of its own");
    assert!(names.values().all(|times| *times == 1), "each came once: {names:?}");
    let recipients: Vec<_> = server.messages().into_iter().flat_map(|it| it.recipients).collect();
    for notice in &notices {
        let to = notice.to.as_ref().expect("somebody");
        assert_eq!(recipients.iter().filter(|it| *it == to).count(), 1, "{to}");
    }
}

/// How often each Message-ID came.
pub fn message_ids(server: &SmtpServer) -> BTreeMap<String, usize> {
    let mut names = BTreeMap::new();
    for message in server.messages() {
        let parsed = MessageParser::default().parse(&message.bytes).expect("a message");
        *names.entry(parsed.message_id().expect("a name").to_owned()).or_default() += 1;
    }
    names
}
