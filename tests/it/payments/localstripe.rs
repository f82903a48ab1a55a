//! The gateway `stripe` before localstripe, which others wrote: `./scripts/test-localstripe`.
//!
//! It knows customers, attached payment methods and the life of a PaymentIntent. What it leaves
//! out or does otherwise than Stripe (it filters no lists, and its declines are of another type)
//! is the stand-in's to show.

use linerent::payments::{Advice, Decline, Gateway as _, Outcome, Stripe, Unrecognised};
use linerent::reload::PaymentMethod;
use serde_json::Value;

use super::contract::{again, charge};
use linerent_testkit::peers::peer_is_missing;
use linerent_testkit::stripe_server::{self, stripe_at};
use linerent_testkit::{Engine, World};

/// The server's URL; the tests run only if it is set.
const VARIABLE: &str = "LINERENT_TEST_LOCALSTRIPE";

fn is_missing() -> bool {
    peer_is_missing(VARIABLE, "scripts/test-localstripe")
}

fn url() -> String {
    std::env::var(VARIABLE).expect("the test was skipped without it")
}

fn stripe() -> Stripe {
    stripe_at(&url())
}

/// What a shop would do when a customer leaves a card.
async fn post(path: &str, form: &[(&str, &str)]) -> Value {
    let client = reqwest_client();
    let request =
        client.post(format!("{}{path}", url())).bearer_auth(stripe_server::API_KEY).form(form);
    let answer = request.send().await.expect("an answer");
    let status = answer.status();
    let body = answer.text().await.expect("a body");
    assert!(status.is_success(), "{path}: {status} {body}");
    serde_json::from_str(&body).expect("JSON")
}

fn reqwest_client() -> reqwest::Client {
    let roots = rustls::RootCertStore::empty();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS")
        .with_root_certificates(roots)
        .with_no_client_auth();
    reqwest::Client::builder().tls_backend_preconfigured(tls).build().expect("a client")
}

/// A new customer with this payment method attached.
async fn customer_with(method: &str) -> PaymentMethod {
    let customer = post("/v1/customers", &[("email", "ada@example.com")]).await;
    let customer = customer["id"].as_str().expect("an id").to_owned();
    let path = format!("/v1/payment_methods/{method}/attach");
    let attached = post(&path, &[("customer", &customer)]).await;
    PaymentMethod {
        id: attached["id"].as_str().expect("an id").to_owned(),
        customer: Some(customer),
    }
}

#[tokio::test]
async fn a_stored_card_is_charged_once_however_often_it_is_asked_for() {
    if is_missing() {
        return;
    }
    let mut charge = charge("", "12.50", "EUR");
    charge.payment_method = customer_with("pm_card_visa").await;
    let mut references = Vec::new();
    for asked in [charge.clone(), again(&charge), again(&charge)] {
        match stripe().charge(&asked).await {
            Outcome::Captured { reference } => references.push(reference),
            other => panic!("{other:?}"),
        }
    }
    references.dedup();
    assert_eq!(references.len(), 1, "{references:?}");
}

#[tokio::test]
async fn yen_are_charged_in_yen() {
    if is_missing() {
        return;
    }
    let outcome = stripe().charge(&charge("pm_card_visa", "500", "JPY")).await;
    assert!(matches!(outcome, Outcome::Captured { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_card_that_fails_when_charged_is_declined() {
    if is_missing() {
        return;
    }
    let mut charge = charge("", "12.50", "EUR");
    charge.payment_method = customer_with("pm_card_chargeCustomerFail").await;
    match stripe().charge(&charge).await {
        Outcome::Declined(Decline { code, .. }) => assert_eq!(code, "card_declined"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_card_that_waits_for_its_owner_is_given_up_and_declined() {
    if is_missing() {
        return;
    }
    let card = [
        ("type", "card"),
        ("card[number]", "4000002760003184"),
        ("card[exp_month]", "12"),
        ("card[exp_year]", "2040"),
        ("card[cvc]", "123"),
    ];
    let method = post("/v1/payment_methods", &card).await;
    let method = customer_with(method["id"].as_str().expect("an id")).await;
    let mut charge = charge("", "12.50", "EUR");
    charge.payment_method = method;
    let reference = match stripe().charge(&charge).await {
        Outcome::Declined(Decline { code, advice, reference, .. }) => {
            assert_eq!((code.as_str(), advice), ("authentication_required", Advice::AnotherMethod));
            reference.expect("it is named")
        }
        other => panic!("{other:?}"),
    };
    charge.reference = Some(reference);
    let found = stripe().look_up(&charge).await;
    assert!(
        matches!(found, linerent::payments::Lookup::Charge(Outcome::Declined(_))),
        "it cannot be paid any more: {found:?}"
    );
}

#[tokio::test]
async fn payment_methods_and_keys_are_known_or_not() {
    if is_missing() {
        return;
    }
    let known = customer_with("pm_card_visa").await;
    let without_customer = PaymentMethod { customer: None, ..known.clone() };
    assert_eq!(stripe().verify_payment_method(&without_customer).await, Ok(known));
    let unknown = PaymentMethod { id: "pm_nope".to_owned(), customer: None };
    assert!(matches!(
        stripe().verify_payment_method(&unknown).await,
        Err(Unrecognised::Refused(_))
    ));
    assert_eq!(stripe().check_credentials().await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_is_paid_by_card() {
    if is_missing() {
        return;
    }
    let mut world = World::new(Engine::Sqlite).await;
    world.app.gateway = Some(std::sync::Arc::new(stripe()));
    world.numbers(&["447700900001"], "2").await;
    world.account("0000000a", "2").await;
    world.rent("0000000a", "447700900001").await;
    let method = customer_with("pm_card_visa").await;
    world.auto_reload("0000000a", "5", "4", &method.id).await;
    assert_eq!(world.show("0000000a").await.auto_reload.expect("on").customer, method.customer);
    world.sleep_until("2026-02-28").await;
    let run = world.run().await;
    assert_eq!((run.renewed, run.reloads.captured, run.released), (1, 1, 0));
    assert_eq!(world.balance("0000000a").await, "6.00");
    world.end().await;
}
