//! Properties of what reads Stripe's answers: whatever is answered, a charge counts as captured only if the answer says
//! that the amount asked for was received.

use chrono::DateTime;
use linerent_testkit::fuzz::check;
use serde_json::Value;

use super::answers::{Customer, Intent, List, Method, Reply};
use crate::money::{Money, currency_of};
use crate::payments::{Charge, Outcome};
use crate::reload::PaymentMethod;

const RELOAD: &str = "0000000a-0b6d3c92a7e1";

/// A charge that is asked for the first time, or again after `later_s` seconds.
fn charge(later_s: i64) -> Charge {
    let asked = |after_s| DateTime::from_timestamp(1_775_199_600 + after_s, 0).expect("an instant");
    Charge {
        id: RELOAD.parse().expect("the id of a reload"),
        amount: Money::parse("12.50", currency_of("EUR").expect("a currency")).expect("an amount"),
        payment_method: PaymentMethod { id: "pm_card_visa".to_owned(), customer: None },
        reference: None,
        asked: (asked(0), asked(later_s)),
    }
}

/// Whether an object anywhere in `json` says that 12.50 EUR was received for the reload.
fn says_that_it_was_paid(json: &Value) -> bool {
    match json {
        Value::Object(fields) => {
            let paid = fields.get("amount_received").filter(|it| !it.is_null());
            let amount = paid.or_else(|| fields.get("amount")).and_then(Value::as_i64);
            let currency = fields.get("currency").and_then(Value::as_str).unwrap_or_default();
            let is_paid = fields.get("status").and_then(Value::as_str) == Some("succeeded")
                && amount == Some(1_250)
                && json.pointer("/metadata/reload_id").and_then(Value::as_str) == Some(RELOAD)
                && currency.eq_ignore_ascii_case("eur");
            is_paid || fields.values().any(says_that_it_was_paid)
        }
        Value::Array(items) => items.iter().any(says_that_it_was_paid),
        _ => false,
    }
}

#[test]
fn any_answer_is_an_outcome_and_only_a_payment_is_a_capture() {
    let charges = [charge(0), charge(60)];
    check("stripe_answers", |input| {
        // The reader does not look at fields that it does not use, not even whether they are text.
        let json: Option<Value> = serde_json::from_str(&String::from_utf8_lossy(input)).ok();
        let is_paid = json.as_ref().is_some_and(says_that_it_was_paid);
        for status in [200, 302, 400, 401, 402, 404, 409, 429, 500, 599] {
            let reply = Reply { status, body: input.to_vec() };
            for charge in &charges {
                let outcome = match reply.charged(charge) {
                    Ok(intent) => {
                        let _ = (intent.reload_id(), intent.capture(), intent.refusal());
                        let _ = (intent.waits_for_its_owner(), intent.is_untried());
                        intent.outcome(charge)
                    }
                    Err(outcome) => outcome,
                };
                let is_captured = matches!(outcome, Outcome::Captured { .. });
                assert!(!is_captured || is_paid, "{status} {outcome:?}");
            }
            if let Ok(list) = reply.read::<List>() {
                for intent in &list.data {
                    let _ = (intent.capture(), intent.outcome(&charges[0]));
                }
            }
            let _ = reply.known::<Customer>("cus_1");
            let _ = reply.read::<Intent>();
            if let Ok(method) = reply.known::<Method>("pm_1") {
                let _ = method.refuse_unless_a_card("pm_1");
            }
        }
    });
}
