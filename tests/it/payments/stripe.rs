//! What Stripe's answers come to, each over a socket.

use std::sync::Arc;

use chrono::TimeDelta;
use linerent::clock::SystemClock;
use linerent::payments::{
    Advice, Decline, Gateway as _, Lookup, Outcome, Stripe, StripeSettings, Trouble, Unrecognised,
};
use linerent::reload::PaymentMethod;

use super::contract::{again, charge};
use linerent_testkit::stripe_server::stripe_at;
use linerent_testkit::stripe_server::{Fault, StripeServer};
use linerent_testkit::system_now;

#[tokio::test]
async fn every_fault_is_a_doubt_and_then_charged_once() {
    for (fault, trouble) in [
        (Fault::CutBefore, Trouble::Gateway),
        (Fault::CutAfter, Trouble::Gateway),
        (Fault::CutMidAnswer, Trouble::Gateway),
        (Fault::SilentBefore, Trouble::Gateway),
        (Fault::SilentAfter, Trouble::Gateway),
        (Fault::FailAfter, Trouble::Gateway),
        (Fault::Locked, Trouble::Charge),
        (Fault::Misused, Trouble::Charge),
        (Fault::Html, Trouble::Gateway),
        (Fault::Processing, Trouble::Charge),
        (Fault::Conflict, Trouble::Charge),
        (Fault::RateLimit, Trouble::Gateway),
        (Fault::Unauthorized, Trouble::Gateway),
    ] {
        let stand_in = StripeServer::start().await;
        stand_in.faults(&[fault]);
        let stripe = stripe_at(&stand_in.url);
        let charge = charge("pm_card_visa", "12.50", "EUR");
        match stripe.charge(&charge).await {
            Outcome::InDoubt(doubt) => assert_eq!(doubt.trouble, trouble, "{fault:?}: {doubt:?}"),
            other => panic!("{fault:?}: {other:?}"),
        }
        let second = stripe.charge(&again(&charge)).await;
        assert!(matches!(second, Outcome::Captured { .. }), "{fault:?}: {second:?}");
        assert_eq!(stand_in.captured(), [(charge.id.to_string(), 1_250)], "{fault:?}");
    }
}

#[tokio::test]
async fn a_500_that_the_key_stands_for_stays_in_doubt_until_the_key_has_expired() {
    let stand_in = StripeServer::start().await;
    stand_in.faults(&[Fault::FailBefore]);
    let stripe = stripe_at(&stand_in.url);
    let charge = charge("pm_card_visa", "12.50", "EUR");
    for asked in [charge.clone(), again(&charge), again(&charge)] {
        let outcome = stripe.charge(&asked).await;
        assert!(matches!(outcome, Outcome::InDoubt(_)), "{outcome:?}");
    }
    assert_eq!(stripe.look_up(&charge).await, Lookup::Nothing);
    assert_eq!(stand_in.captured(), []);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_doubt_of_the_gateway() {
    let stand_in = StripeServer::start().await;
    let url = stand_in.url.clone();
    drop(stand_in);
    let stripe = stripe_at(&url);
    let charge = charge("pm_card_visa", "12.50", "EUR");
    match stripe.charge(&charge).await {
        Outcome::InDoubt(doubt) => {
            assert_eq!(doubt.trouble, Trouble::Gateway);
            assert!(doubt.reason.starts_with("the gateway cannot be reached"), "{doubt:?}");
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(stripe.look_up(&charge).await, Lookup::Unavailable(_)));
    assert!(matches!(stripe.check_credentials().await, Err(Unrecognised::Unavailable(_))));
}

#[tokio::test]
async fn https_is_never_spoken_in_the_clear() {
    let stand_in = StripeServer::start().await;
    let stripe = stripe_at(&stand_in.url.replace("http://", "https://"));
    let outcome = stripe.charge(&charge("pm_card_visa", "12.50", "EUR")).await;
    match outcome {
        Outcome::InDoubt(doubt) => assert_eq!(doubt.trouble, Trouble::Gateway),
        other => panic!("{other:?}"),
    }
    assert_eq!(stand_in.requests(), (0, 0), "it was not understood");
}

#[tokio::test]
async fn an_intent_that_waits_for_its_owner_is_given_up_and_declined() {
    let stand_in = StripeServer::start().await;
    let stripe = stripe_at(&stand_in.url);
    let charge = charge("pm_stand_in_requiresAction", "12.50", "EUR");
    match stripe.charge(&charge).await {
        Outcome::Declined(Decline { code, advice, reference, .. }) => {
            assert_eq!((code.as_str(), advice), ("authentication_required", Advice::AnotherMethod));
            assert_eq!(reference.as_deref(), Some("pi_1"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(stand_in.intents()[0].status, "canceled", "it cannot be paid any more");
}

#[tokio::test]
async fn an_intent_that_its_owner_pays_while_it_is_given_up_is_captured() {
    let stand_in = StripeServer::start().await;
    let stripe = stripe_at(&stand_in.url);
    let charge = charge("pm_stand_in_paidByItsOwner", "12.50", "EUR");
    let outcome = stripe.charge(&charge).await;
    assert_eq!(outcome, Outcome::Captured { reference: Some("pi_1".to_owned()) });
}

#[tokio::test]
async fn a_payment_that_is_still_at_work_is_not_taken_for_a_refused_one() {
    let stand_in = StripeServer::start().await;
    stand_in.faults(&[Fault::Unfinished]);
    let stripe = stripe_at(&stand_in.url);
    let charge = charge("pm_card_visa", "12.50", "EUR");
    for asked in [charge.clone(), again(&charge)] {
        let outcome = stripe.charge(&asked).await;
        assert!(matches!(outcome, Outcome::InDoubt(_)), "{outcome:?}");
    }
    let found = stripe.look_up(&charge).await;
    assert!(matches!(found, Lookup::Charge(Outcome::InDoubt(_))), "{found:?}");
    stand_in.finish();
    let outcome = stripe.charge(&again(&charge)).await;
    assert!(matches!(outcome, Outcome::Captured { .. }), "{outcome:?}");
    assert_eq!(stand_in.captured().len(), 1);
}

#[tokio::test]
async fn what_was_never_finished_is_given_up_once_nothing_can_be_at_work_any_more() {
    let stand_in = StripeServer::start().await;
    stand_in.faults(&[Fault::Unfinished]);
    let stripe = stripe_at(&stand_in.url);
    let charge = charge("pm_card_visa", "12.50", "EUR");
    stripe.charge(&charge).await;
    let yesterday = system_now() - TimeDelta::days(1);
    let old = linerent::payments::Charge { asked: (yesterday, yesterday), ..charge };
    let found = stripe.look_up(&old).await;
    assert!(matches!(found, Lookup::Charge(Outcome::Declined(_))), "{found:?}");
    assert_eq!(stand_in.intents()[0].status, "canceled", "it cannot be paid any more");
}

#[tokio::test]
async fn a_payment_method_that_is_gone_is_declined() {
    let stand_in = StripeServer::start().await;
    let stripe = stripe_at(&stand_in.url);
    match stripe.charge(&charge("pm_gone", "12.50", "EUR")).await {
        Outcome::Declined(Decline { code, advice, .. }) => {
            assert_eq!((code.as_str(), advice), ("resource_missing", Advice::AnotherMethod));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_payment_method_that_is_gone_when_asked_again_says_nothing_of_the_first_time() {
    let stand_in = StripeServer::start().await;
    let stripe = stripe_at(&stand_in.url);
    match stripe.charge(&again(&charge("pm_gone", "12.50", "EUR"))).await {
        Outcome::InDoubt(doubt) => assert_eq!(doubt.trouble, Trouble::Request),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn amounts_are_sent_in_minor_units_with_our_ids() {
    let stand_in = StripeServer::start().await;
    let stripe = stripe_at(&stand_in.url);
    let mut ids = Vec::new();
    for (amount, currency) in [("12.50", "EUR"), ("500", "JPY"), ("5.12", "KWD"), ("5", "ISK")] {
        let charge = charge("pm_card_visa", amount, currency);
        let outcome = stripe.charge(&charge).await;
        assert!(matches!(outcome, Outcome::Captured { .. }), "{outcome:?}");
        ids.push(charge.id.to_string());
    }
    let intents = stand_in.intents();
    let sent: Vec<_> = intents.iter().map(|it| (it.amount, it.currency.as_str())).collect();
    assert_eq!(sent, [(1_250, "eur"), (500, "jpy"), (5_120, "kwd"), (500, "isk")]);
    let told: Vec<_> = intents.iter().map(|it| it.metadata["reload_id"].clone()).collect();
    assert_eq!(told, ids);
    assert!(intents.iter().all(|it| it.metadata["account"] == "0000000a"));
    let captures = stripe.captures(system_now() - TimeDelta::hours(1)).await.expect("a list");
    let mut amounts: Vec<_> = captures.into_iter().map(|it| it.amount).collect();
    amounts.sort();
    assert_eq!(amounts, ["12.50 EUR", "5 ISK", "5.120 KWD", "500 JPY"]);
}

#[tokio::test]
async fn what_was_captured_in_another_amount_is_for_a_person() {
    let stand_in = StripeServer::start().await;
    let stripe = stripe_at(&stand_in.url);
    let charge = charge("pm_card_visa", "12.50", "EUR");
    stand_in.add_captured(&charge.id.to_string(), 1_249);
    match stripe.look_up(&charge).await {
        Lookup::Charge(Outcome::InDoubt(doubt)) => {
            assert_eq!(doubt.reason, "12.49 EUR was captured, and 12.50 EUR was asked for");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_charge_is_found_among_hundreds() {
    let stand_in = StripeServer::start().await;
    let stripe = stripe_at(&stand_in.url);
    let charge = charge("pm_card_visa", "12.50", "EUR");
    stand_in.add_captured(&charge.id.to_string(), 1_250);
    for other in 0..350 {
        stand_in.add_captured(&format!("00000001-{other:012x}"), 1_000);
    }
    let found = stripe.look_up(&charge).await;
    assert!(matches!(found, Lookup::Charge(Outcome::Captured { .. })), "{found:?}");
    assert_eq!(stand_in.requests(), (4, 0), "four pages, and nothing is asked to be charged");
}

#[tokio::test]
async fn a_key_that_is_refused_is_told_of() {
    let stand_in = StripeServer::start().await;
    let settings = StripeSettings {
        api_key: "sk_test_another".into(),
        api_base: stand_in.url.clone(),
        connect_timeout: std::time::Duration::from_secs(1),
        timeout: std::time::Duration::from_secs(1),
    };
    assert!(!format!("{settings:?}").contains("another"), "a key is never shown");
    let stripe = Stripe::new(settings, Arc::new(SystemClock::default()));
    let refusal = stripe.check_credentials().await.expect_err("no entry");
    assert_eq!(refusal.to_string(), "the gateway refuses the key: Invalid API Key provided");
    assert_eq!(
        linerent::remedies::of(&refusal).as_deref(),
        Some("check `payments.stripe.api_key`")
    );
}

#[tokio::test]
async fn the_customer_of_a_payment_method_is_found_and_checked() {
    let stand_in = StripeServer::start().await;
    let stripe = stripe_at(&stand_in.url);
    let method = |id: &str, customer: Option<&str>| PaymentMethod {
        id: id.to_owned(),
        customer: customer.map(str::to_owned),
    };
    let of_ada = method("pm_of_ada", Some("cus_ada"));
    assert_eq!(stripe.verify_payment_method(&method("pm_of_ada", None)).await, Ok(of_ada.clone()));
    assert_eq!(stripe.verify_payment_method(&of_ada).await, Ok(of_ada));
    for (id, customer) in [("pm_of_ada", "cus_bob"), ("pm_card_visa", "cus_nobody")] {
        let answer = stripe.verify_payment_method(&method(id, Some(customer))).await;
        assert!(matches!(answer, Err(Unrecognised::Refused(_))), "{id} {customer}: {answer:?}");
    }
}
