//! What every gateway keeps to. Each test is run on each of them; the names of the payment methods
//! are the same for both.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;
use linerent::clock::SystemClock;
use linerent::ids::{AccountId, ReloadId};
use linerent::money::{Money, currency_of};
use linerent::payments::{
    Advice, Charge, Decline, Gateway, Lookup, Outcome, Sandbox, Trouble, Unrecognised,
};
use linerent::reload::PaymentMethod;
use linerent::rng::SystemRng;
use linerent_testkit::stripe_server::stripe_at;
use linerent_testkit::stripe_server::{Fault, StripeServer};
use linerent_testkit::{Engine, World, system_now};

/// A gateway under test, and what it needs to live.
struct Subject {
    gateway: Arc<dyn Gateway>,
    /// A payment method that first gives no answer, with the fault that makes the stand-in do so.
    silent_after_capture: (&'static str, Option<Fault>),
    silent_before_capture: (&'static str, Option<Fault>),
    late: (&'static str, Option<Fault>),
    stand_in: Option<StripeServer>,
    world: Option<World>,
}

impl Subject {
    async fn sandbox() -> Self {
        let world = World::new(Engine::Sqlite).await;
        Self {
            gateway: Arc::new(Sandbox::new(
                Arc::new(world.app.store.clone()),
                Arc::new(SystemClock::default()),
            )),
            silent_after_capture: ("pm_sandbox_timeoutAfterCapture", None),
            silent_before_capture: ("pm_sandbox_timeoutBeforeCapture", None),
            late: ("pm_sandbox_answersLate", None),
            stand_in: None,
            world: Some(world),
        }
    }

    async fn stripe() -> Self {
        let stand_in = StripeServer::start().await;
        Self {
            gateway: Arc::new(stripe_at(&stand_in.url)),
            silent_after_capture: ("pm_card_visa", Some(Fault::SilentAfter)),
            silent_before_capture: ("pm_card_visa", Some(Fault::SilentBefore)),
            late: ("pm_card_visa", Some(Fault::Processing)),
            stand_in: Some(stand_in),
            world: None,
        }
    }

    /// A charge of a payment method that answers as it is told to.
    fn charge_of(&self, (method, fault): (&str, Option<Fault>)) -> Charge {
        if let (Some(stand_in), Some(fault)) = (&self.stand_in, fault) {
            stand_in.faults(&[fault]);
        }
        charge(method, "12.50", "EUR")
    }

    async fn end(self) {
        if let Some(world) = self.world {
            world.end().await;
        }
    }
}

pub(super) fn charge(method: &str, amount: &str, currency: &str) -> Charge {
    let now = system_now();
    let currency = currency_of(currency).expect("a currency");
    Charge {
        id: ReloadId::random(AccountId::new(10), &SystemRng),
        amount: Money::parse(amount, currency).expect("an amount"),
        payment_method: PaymentMethod { id: method.to_owned(), customer: None },
        reference: None,
        asked: (now, now),
    }
}

/// The same charge, asked for once more.
pub(super) fn again(charge: &Charge) -> Charge {
    let asked = (charge.asked.0, charge.asked.1 + TimeDelta::seconds(1));
    Charge { asked, ..charge.clone() }
}

/// What the gateway says it captured, by key.
async fn captures(gateway: &dyn Gateway) -> BTreeMap<String, String> {
    let since = system_now() - TimeDelta::days(1);
    let captures = gateway.captures(since).await.expect("an answer");
    let count = captures.len();
    let by_key: BTreeMap<_, _> = captures.into_iter().map(|it| (it.id, it.amount)).collect();
    assert_eq!(by_key.len(), count, "each key is captured once");
    by_key
}

macro_rules! contract {
    ($name:ident, |$subject:ident| $body:block) => {
        mod $name {
            use super::*;

            async fn check($subject: &Subject) $body

            #[tokio::test]
            async fn sandbox() {
                let subject = Subject::sandbox().await;
                check(&subject).await;
                subject.end().await;
            }

            #[tokio::test]
            async fn stripe() {
                let subject = Subject::stripe().await;
                check(&subject).await;
                subject.end().await;
            }
        }
    };
}

contract!(what_is_captured_is_captured_once_however_often_it_is_asked_for, |subject| {
    let charge = charge("pm_card_visa", "12.50", "EUR");
    for asked in [charge.clone(), again(&charge), again(&charge)] {
        let outcome = subject.gateway.charge(&asked).await;
        assert!(matches!(outcome, Outcome::Captured { .. }), "{outcome:?}");
    }
    let captured = captures(&*subject.gateway).await;
    assert_eq!(captured, BTreeMap::from([(charge.id.to_string(), "12.50 EUR".to_owned())]));
});

contract!(a_decline_comes_with_the_providers_code_and_whether_trying_again_helps, |subject| {
    for (method, code, advice) in [
        ("pm_card_chargeDeclined", "generic_decline", Advice::TryLater),
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds", Advice::TryLater),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", Advice::AnotherMethod),
        ("pm_card_authenticationRequired", "authentication_required", Advice::AnotherMethod),
    ] {
        let charge = charge(method, "12.50", "EUR");
        for asked in [charge.clone(), again(&charge)] {
            match subject.gateway.charge(&asked).await {
                Outcome::Declined(Decline { code: said, advice: given, .. }) => {
                    assert_eq!((said.as_str(), given), (code, advice));
                }
                other => panic!("{method}: {other:?}"),
            }
        }
    }
    assert_eq!(captures(&*subject.gateway).await, BTreeMap::new());
});

contract!(an_answer_that_is_lost_after_the_capture_leaves_a_doubt_and_one_charge, |subject| {
    let charge = subject.charge_of(subject.silent_after_capture);
    let first = subject.gateway.charge(&charge).await;
    assert!(matches!(first, Outcome::InDoubt(_)), "{first:?}");
    assert!(matches!(
        subject.gateway.look_up(&charge).await,
        Lookup::Charge(Outcome::Captured { .. })
    ));
    let second = subject.gateway.charge(&again(&charge)).await;
    assert!(matches!(second, Outcome::Captured { .. }), "{second:?}");
    assert_eq!(captures(&*subject.gateway).await.len(), 1);
});

contract!(a_request_that_is_lost_before_the_capture_is_captured_by_the_next_one, |subject| {
    let charge = subject.charge_of(subject.silent_before_capture);
    let first = subject.gateway.charge(&charge).await;
    assert!(matches!(first, Outcome::InDoubt(_)), "{first:?}");
    assert_eq!(subject.gateway.look_up(&charge).await, Lookup::Nothing);
    let second = subject.gateway.charge(&again(&charge)).await;
    assert!(matches!(second, Outcome::Captured { .. }), "{second:?}");
    assert_eq!(captures(&*subject.gateway).await.len(), 1);
});

contract!(what_is_still_being_processed_is_in_doubt_and_then_captured, |subject| {
    let charge = subject.charge_of(subject.late);
    match subject.gateway.charge(&charge).await {
        Outcome::InDoubt(doubt) => assert_eq!(doubt.trouble, Trouble::Charge),
        other => panic!("{other:?}"),
    }
    let second = subject.gateway.charge(&again(&charge)).await;
    assert!(matches!(second, Outcome::Captured { .. }), "{second:?}");
    assert_eq!(captures(&*subject.gateway).await.len(), 1);
});

contract!(two_who_ask_at_once_under_one_key_charge_once, |subject| {
    let charge = charge("pm_card_visa", "12.50", "EUR");
    let asked = (0..8).map(|_| subject.gateway.charge(&charge));
    for outcome in futures_util::future::join_all(asked).await {
        // Nobody is told that it was declined.
        assert!(!matches!(outcome, Outcome::Declined(_)), "{outcome:?}");
    }
    assert_eq!(captures(&*subject.gateway).await.len(), 1);
});

contract!(what_was_never_asked_for_is_not_found, |subject| {
    let charge = charge("pm_card_visa", "12.50", "EUR");
    assert_eq!(subject.gateway.look_up(&charge).await, Lookup::Nothing);
});

contract!(a_payment_method_is_known_or_not, |subject| {
    let known = PaymentMethod { id: "pm_card_visa".to_owned(), customer: None };
    assert_eq!(subject.gateway.verify_payment_method(&known).await, Ok(known.clone()));
    for id in ["pm_nope", "", "pm_card_visa/../../x", "pm ?"] {
        let method = PaymentMethod { id: id.to_owned(), customer: None };
        let answer = subject.gateway.verify_payment_method(&method).await;
        assert!(matches!(answer, Err(Unrecognised::Refused(_))), "{id}: {answer:?}");
    }
});

contract!(only_whole_minor_units_are_charged, |subject| {
    for (amount, currency, is_whole) in [
        ("12.50", "EUR", true),
        ("12.505", "EUR", false),
        ("500", "JPY", true),
        ("500.5", "JPY", false),
    ] {
        let amount = charge("pm_card_visa", amount, currency).amount;
        assert_eq!(subject.gateway.check_amount(amount).is_ok(), is_whole, "{amount}");
    }
});

contract!(it_lets_us_in, |subject| {
    assert_eq!(subject.gateway.check_credentials().await, Ok(()));
});
