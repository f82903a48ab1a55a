//! Several commands at once, where a mail server takes them: faster, and nothing else is any different.

use linerent::mail::SmtpSettings;
use linerent::operations::mail_test;

use super::outage::arrived_once;
use linerent_testkit::World;
use linerent_testkit::notices::{mailbox, smtp_settings};
use linerent_testkit::smtp_server::{Fault, SmtpServer};

/// A server that takes several commands at once, and so many notices for it. They go over one connection, so
/// that all but the first meet it.
async fn pipelining_server(world: &mut World, notices: u32) -> SmtpServer {
    let server = SmtpServer::start().await;
    server.pipelining();
    world.use_smtp_settings(one_connection(&server));
    world.renewers(notices).await;
    server
}

fn one_connection(server: &SmtpServer) -> SmtpSettings {
    SmtpSettings { connections_max: 1, ..smtp_settings(server) }
}

on_both_engines!(all_but_the_first_mail_of_a_connection_is_announced_at_once, |world| {
    let server = pipelining_server(world, 12).await;
    assert_eq!(world.deliver().await.sent, 12);
    arrived_once(world, &server, 12).await;
    assert_eq!((server.connections(), server.announced_at_once()), (1, 11));
});

on_both_engines!(whoever_does_not_take_it_is_told_one_thing_at_a_time, |world| {
    let server = SmtpServer::start().await;
    world.use_smtp_settings(one_connection(&server));
    world.renewers(6).await;
    assert_eq!(world.deliver().await.sent, 6);
    assert_eq!((server.connections(), server.announced_at_once()), (1, 0));
});

on_both_engines!(a_refused_recipient_breaks_no_connection, |world| {
    let server = pipelining_server(world, 6).await;
    server.refuse("00000002@example.com");
    server.refuse("00000003@example.com");
    let done = world.deliver().await;
    assert_eq!((done.sent, done.deferred, done.failed), (4, 0, 2));
    let failed = world.notices("00000002").await.remove(0);
    assert!(failed.answer.expect("an answer").contains("no such user"));
    assert_eq!(server.connections(), 1);
    assert!(server.announced_at_once() > 0);
});

on_both_engines!(greylisted_ones_come_again, |world| {
    let server = pipelining_server(world, 6).await;
    server.greylist(1);
    let first = mail_test::send(&world.app, &mailbox("00000001@example.com")).await;
    assert!(first.expect_err("it is greylisted, and the others are").to_string().contains("451"));
    let done = world.deliver().await;
    assert_eq!((done.sent, done.deferred, done.trouble), (1, 5, None));
    assert_eq!((server.connections(), server.announced_at_once()), (2, 5));
    assert_eq!(world.deliver_now().await.sent, 5);
    arrived_once(world, &server, 6).await;
});

on_both_engines!(no_text_follows_where_nobody_is_to_get_it, |world| {
    let server = pipelining_server(world, 6).await;
    server.take_data_for_nobody();
    server.refuse("00000003@example.com");
    let done = world.deliver().await;
    assert_eq!((done.sent, done.deferred, done.failed, done.trouble), (5, 0, 1, None));
    let failed = world.notices("00000003").await.remove(0);
    assert!(failed.answer.expect("an answer").contains("no such user"), "and not of its text");
    assert_eq!((server.accepted(), server.connections()), (5, 2), "that connection was of no use");
    assert!(server.messages().iter().all(|it| it.recipients != ["00000003@example.com"]));
});

on_both_engines!(one_at_whom_the_server_breaks_holds_up_nobody, |world| {
    let server = pipelining_server(world, 12).await;
    server.break_at("00000004@example.com");
    let done = world.deliver().await;
    assert_eq!((done.sent, done.deferred, done.failed), (11, 1, 0));
    let waiting = world.notices("00000004").await.remove(0);
    assert_eq!((waiting.status, waiting.attempts), ("pending", 1));
});

on_both_engines!(connections_that_are_cut_or_closed_lose_nothing, |world| {
    let server = pipelining_server(world, 30).await;
    world.use_smtp(&server);
    server.close_after(4);
    server.faults(&[
        Fault::CutAfterData,
        Fault::CutBeforeData,
        Fault::TemporaryAfterData,
        Fault::CutBeforeData,
        Fault::CutBeforeData,
        Fault::CutAfterData,
    ]);
    world.deliver().await;
    world.deliver_now().await;
    arrived_once(world, &server, 30).await;
    assert!(server.announced_at_once() > 0);
});

on_both_engines!(a_sender_that_is_refused_later_on_costs_no_notice, |world| {
    let server = pipelining_server(world, 8).await;
    server.refuse_sender_after(3);
    let done = world.deliver().await;
    assert_eq!((done.sent, done.failed), (3, 0));
    assert!(done.trouble.expect("trouble").contains("550"));
});
