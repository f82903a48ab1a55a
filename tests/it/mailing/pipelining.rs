//! Several commands at once, where a mail server takes them: faster, and nothing else is any different.

use linerent::mail::SmtpSettings;

use super::outage::arrived_once;
use super::server::{Fault, SmtpServer};
use super::smtp_settings;

/// All that goes over one connection goes in one order.
fn one_connection(server: &SmtpServer) -> SmtpSettings {
    SmtpSettings { connections_max: 1, ..smtp_settings(server) }
}

async fn pipelining_server() -> SmtpServer {
    let server = SmtpServer::start().await;
    server.pipelining();
    server
}

on_both_engines!(all_but_the_first_mail_of_a_connection_is_announced_at_once, |world| {
    let server = pipelining_server().await;
    world.use_smtp_settings(one_connection(&server));
    world.renewers(12).await;
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
    let server = pipelining_server().await;
    server.refuse("00000002@example.com");
    server.refuse("00000003@example.com");
    world.use_smtp_settings(one_connection(&server));
    world.renewers(6).await;
    let done = world.deliver().await;
    assert_eq!((done.sent, done.deferred, done.failed), (4, 0, 2));
    let failed = world.notices("00000002").await.remove(0);
    assert!(failed.answer.expect("an answer").contains("no such user"));
    assert_eq!(server.connections(), 1);
    assert!(server.announced_at_once() > 0);
});

on_both_engines!(a_greylisted_one_comes_again, |world| {
    let server = pipelining_server().await;
    world.use_smtp_settings(one_connection(&server));
    world.renewers(6).await;
    server.greylist(1);
    let done = world.deliver().await;
    assert_eq!((done.sent, done.deferred, done.trouble), (0, 6, None));
    assert_eq!(world.deliver_now().await.sent, 6);
    arrived_once(world, &server, 6).await;
});

on_both_engines!(no_text_follows_where_nobody_is_to_get_it, |world| {
    let server = pipelining_server().await;
    server.take_data_for_nobody();
    server.refuse("00000003@example.com");
    world.use_smtp_settings(one_connection(&server));
    world.renewers(6).await;
    let done = world.deliver().await;
    assert_eq!((done.sent, done.deferred, done.failed, done.trouble), (5, 0, 1, None));
    let failed = world.notices("00000003").await.remove(0);
    assert!(failed.answer.expect("an answer").contains("no such user"), "and not of its text");
    assert_eq!(server.accepted(), 5);
    assert!(server.messages().iter().all(|it| it.recipients != ["00000003@example.com"]));
});

on_both_engines!(one_at_whom_the_server_breaks_holds_up_nobody, |world| {
    let server = pipelining_server().await;
    server.break_at("00000004@example.com");
    world.use_smtp_settings(one_connection(&server));
    world.renewers(12).await;
    let done = world.deliver().await;
    assert_eq!((done.sent, done.deferred, done.failed), (11, 1, 0));
    let waiting = world.notices("00000004").await.remove(0);
    assert_eq!((waiting.status, waiting.attempts), ("pending", 1));
});

on_both_engines!(connections_that_are_cut_or_closed_lose_nothing, |world| {
    let server = pipelining_server().await;
    server.close_after(4);
    world.use_smtp(&server);
    world.renewers(30).await;
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
    let server = pipelining_server().await;
    world.use_smtp_settings(one_connection(&server));
    world.renewers(8).await;
    server.refuse_sender_after(3);
    let done = world.deliver().await;
    assert_eq!((done.sent, done.failed), (3, 0));
    assert!(done.trouble.expect("trouble").contains("550"));
});
