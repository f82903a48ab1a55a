//! A gateway that answers with too much, or too slowly: nothing is known of the charge, and nothing is kept in memory.

use std::sync::Arc;
use std::time::{Duration, Instant};

use linerent::clock::SystemClock;
use linerent::payments::{Gateway as _, Outcome, Stripe, StripeSettings, Trouble};
use linerent_testkit::webhook_server::{Answer, Server};

use super::contract::charge;

const HEAD: &str = "HTTP/1.1 200 OK\r\n";

fn answers(path: &str) -> Answer {
    let json = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"id\": \"";
    match path.split('/').nth(1).unwrap_or_default() {
        "endless" => Answer::Endless(json.to_owned(), "x".repeat(64 * 1024)),
        "slow" => Answer::Drips(json.to_owned()),
        "headers" => Answer::Endless(HEAD.to_owned(), "X-A: b\r\n".to_owned()),
        "header" => Answer::Endless(HEAD.to_owned() + "X-A: ", "b".repeat(1_000)),
        "continue" => Answer::Endless(String::new(), "HTTP/1.1 100 Continue\r\n\r\n".to_owned()),
        "deep" => whole("200 OK", &"[".repeat(1 << 20)),
        "moved" => whole("302 Found\r\nLocation: http://127.0.0.1:1/", ""),
        other => panic!("nothing asks for {other}"),
    }
}

/// A whole answer on a connection that stays open.
fn whole(status: &str, body: &str) -> Answer {
    let length = body.len();
    Answer::SaysAndHangs(format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_the_gateway_that_is_too_much_or_too_slow_leaves_the_charge_in_doubt() {
    let server = Server::start(answers).await;
    for (path, said) in [
        ("endless", "the answer is too long"),
        ("slow", "no answer came in time"),
        ("headers", "the connection was lost: message head is too large"),
        ("header", "the connection was lost: message head is too large"),
        ("continue", "no answer came in time"),
        ("deep", "the answer (200) is not one of Stripe's"),
        ("moved", "the answer (302) is not one of Stripe's"),
    ] {
        // What does not end by itself ends after this time; the rest must not need it.
        let is_timed = said.ends_with("in time");
        let timeout = Duration::from_millis(if is_timed { 500 } else { 60_000 });
        let settings = StripeSettings {
            api_key: "sk_test_x".to_owned().into(),
            api_base: server.url(&format!("/{path}")),
            connect_timeout: Duration::from_secs(5),
            timeout,
        };
        let stripe = Stripe::new(settings, Arc::new(SystemClock::default()));
        let begun = Instant::now();
        match stripe.charge(&charge("pm_card_visa", "12.50", "EUR")).await {
            Outcome::InDoubt(doubt) => {
                assert_eq!(
                    (doubt.reason.as_str(), doubt.trouble),
                    (said, Trouble::Gateway),
                    "{path}"
                );
            }
            other => panic!("{path}: {other:?}"),
        }
        assert!(begun.elapsed() < Duration::from_secs(50), "{path}: {:?}", begun.elapsed());
    }
}
