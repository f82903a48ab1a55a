//! What the stand-in makes of a request.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::http::{Reply, Request};
use super::{API_KEY, Fault, Intent, MESSAGE_WITH_NUL, State};
use crate::world::system_now;

/// What is decided before the work begins: replays, conflicts and faults; none where it goes on.
pub(super) fn begin(state: &Mutex<State>, request: &Request) -> Option<Reply> {
    let mut state = state.lock().expect("no panic");
    state.asked += 1;
    let problem = |status, kind: &str, message: &str| {
        Some(Reply::Whole(status, json!({"error": {"type": kind, "message": message}}).to_string()))
    };
    if request.authorization != format!("Bearer {API_KEY}") {
        return problem(401, "invalid_request_error", "Invalid API Key provided");
    }
    assert_eq!(request.version, linerent::payments::API_VERSION, "the version is pinned");
    let is_charge = request.method == "POST" && request.path == "/v1/payment_intents";
    if !is_charge {
        let is_out = matches!(state.outage, Some(Fault::CutBefore | Fault::CutAfter));
        return is_out.then_some(Reply::Cut);
    }
    state.posted += 1;
    let key = request.key.clone().expect("a charge has an idempotency key");
    let fingerprint = format!("{key} {:?}", request.form);
    if state.at_work.contains(&key) {
        return problem(409, "idempotency_error", "There is currently another in-progress request");
    }
    let fault = state.outage.or_else(|| state.faults.pop_front());
    match fault {
        Some(Fault::CutBefore) => return Some(Reply::Cut),
        Some(Fault::SilentBefore) => return Some(Reply::Silence),
        Some(Fault::Html) => {
            return Some(Reply::Whole(502, "<html>Bad Gateway</html>".to_owned()));
        }
        Some(Fault::Conflict) => {
            return problem(
                409,
                "idempotency_error",
                "There is currently another in-progress request",
            );
        }
        Some(Fault::Locked) => {
            let error = json!({"type": "invalid_request_error", "code": "lock_timeout",
                "message": "This object cannot be accessed right now"});
            return Some(Reply::Whole(429, json!({ "error": error }).to_string()));
        }
        Some(Fault::Misused) => {
            return problem(
                400,
                "idempotency_error",
                "Keys can only be used with the same parameters",
            );
        }
        Some(Fault::RateLimit) => {
            return problem(429, "invalid_request_error", "Too many requests");
        }
        Some(Fault::AnotherPayment) => {
            let first = state.intents.first().expect("a payment");
            return Some(Reply::Whole(200, shown(first).to_string()));
        }
        Some(Fault::NulInMessage) => {
            let error = json!({"type": "card_error", "code": "card_declined\0",
                "message": MESSAGE_WITH_NUL});
            return Some(Reply::Whole(402, json!({ "error": error }).to_string()));
        }
        Some(Fault::Unauthorized) => {
            return problem(401, "invalid_request_error", "Expired API Key provided");
        }
        _ => {}
    }
    if let Some(kept) = state.answers.get(&key) {
        assert_eq!(state.keys_that_pay.iter().find(|it| it.0 == key), Some(&(key, fingerprint)));
        let is_out = state.outage.is_some();
        return Some(if is_out { Reply::Cut } else { Reply::Whole(kept.0, kept.1.clone()) });
    }
    if fault == Some(Fault::FailBefore) {
        let body = json!({"error": {"type": "api_error", "message": "Something went wrong"}});
        state.keys_that_pay.push((key.clone(), fingerprint));
        state.answers.insert(key, (500, body.to_string()));
        return Some(Reply::Whole(500, body.to_string()));
    }
    state.keys_that_pay.push((key.clone(), fingerprint));
    state.at_work.insert(key.clone());
    // Done at once, and told after the latency: who is killed meanwhile does not know.
    let (status, body) = create(&mut state, &request.form, fault);
    if fault == Some(Fault::Unfinished) {
        return Some(Reply::Cut);
    }
    let (status, body) = match fault {
        Some(Fault::FailAfter) => {
            let body = json!({"error": {"type": "api_error", "message": "Something went wrong"}});
            (500, body.to_string())
        }
        _ => (status, body),
    };
    if status != 400 {
        state.answers.insert(key, (status, body.clone()));
    }
    Some(match fault {
        Some(Fault::CutAfter) => Reply::Cut,
        Some(Fault::CutMidAnswer) => Reply::Half(status, body),
        Some(Fault::SilentAfter) => Reply::Silence,
        _ => Reply::Whole(status, body),
    })
}

/// Everything that is no charge, and the end of one.
pub(super) fn answer(state: &Mutex<State>, request: &Request) -> Reply {
    let mut state = state.lock().expect("no panic");
    let (status, body) = match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/v1/payment_intents") => list(&mut state, &request.query),
        ("GET", path) if path.starts_with("/v1/payment_intents/") => {
            let id = path.trim_start_matches("/v1/payment_intents/").to_owned();
            state.look_at(|intent| intent.id == id);
            with_intent(&mut state, &id, |_| {})
        }
        ("POST", path) if path.ends_with("/cancel") => {
            let id = path.trim_start_matches("/v1/payment_intents/").trim_end_matches("/cancel");
            cancel(&mut state, id)
        }
        ("GET", path) if path.starts_with("/v1/payment_methods/") => {
            match path.trim_start_matches("/v1/payment_methods/") {
                "pm_of_ada" => (200, json!({"id": "pm_of_ada", "customer": "cus_ada"}).to_string()),
                id if id.starts_with("pm_card_") || id.starts_with("pm_stand_in_") => {
                    (200, json!({"id": id, "customer": null}).to_string())
                }
                id => missing("payment_method", id),
            }
        }
        ("GET", "/v1/customers/cus_ada") => (200, json!({"id": "cus_ada"}).to_string()),
        ("GET", path) => missing("id", path),
        _ => (404, "<html>Not Found</html>".to_owned()),
    };
    Reply::Whole(status, body)
}

fn missing(param: &str, id: &str) -> (u16, String) {
    let error = json!({
        "type": "invalid_request_error", "code": "resource_missing", "param": param,
        "message": format!("No such {param}: '{id}'"),
    });
    (404, json!({ "error": error }).to_string())
}

/// Makes an intent and charges it.
fn create(
    state: &mut State,
    form: &BTreeMap<String, String>,
    fault: Option<Fault>,
) -> (u16, String) {
    assert_eq!((form["confirm"].as_str(), form["off_session"].as_str()), ("true", "true"));
    let (status, decline) = match form["payment_method"].as_str() {
        _ if fault == Some(Fault::Processing) => ("processing", None),
        _ if fault == Some(Fault::Unfinished) => ("requires_payment_method", None),
        "pm_card_visa" | "pm_of_ada" => ("succeeded", None),
        "pm_card_chargeDeclined" => {
            ("requires_payment_method", Some(("card_declined", "generic_decline")))
        }
        "pm_card_chargeDeclinedInsufficientFunds" => {
            ("requires_payment_method", Some(("card_declined", "insufficient_funds")))
        }
        "pm_card_chargeDeclinedExpiredCard" => {
            ("requires_payment_method", Some(("expired_card", "expired_card")))
        }
        "pm_card_authenticationRequired" => (
            "requires_payment_method",
            Some(("authentication_required", "authentication_required")),
        ),
        // As a 3DS card is answered by some versions: no error, and its owner has to act.
        "pm_stand_in_requiresAction" | "pm_stand_in_paidByItsOwner" => ("requires_action", None),
        other => {
            let (_, body) = missing("payment_method", other);
            return (400, body);
        }
    };
    let metadata = form.iter().filter_map(|(name, value)| {
        let name = name.strip_prefix("metadata[")?.strip_suffix(']')?;
        Some((name.to_owned(), value.clone()))
    });
    let intent = Intent {
        id: match fault {
            Some(Fault::UsedId) => state.intents.first().expect("a payment").id.clone(),
            Some(Fault::NulInId) => "pi_\0".to_owned(),
            _ => format!("pi_{}", state.intents.len() + 1),
        },
        status,
        amount: form["amount"].parse().expect("a number"),
        currency: form["currency"].clone(),
        created: system_now().timestamp(),
        metadata: metadata.collect(),
        decline,
        is_paid_by_its_owner: form["payment_method"] == "pm_stand_in_paidByItsOwner",
    };
    state.intents.push(intent.clone());
    if let Some((code, decline_code)) = decline {
        let error = json!({
            "type": "card_error", "code": code, "decline_code": decline_code,
            "message": "Your card was declined.", "payment_intent": shown(&intent),
        });
        return (402, json!({ "error": error }).to_string());
    }
    (200, shown(&intent).to_string())
}

fn list(state: &mut State, query: &BTreeMap<String, String>) -> (u16, String) {
    let number = |name: &str| query.get(name).map(|text| text.parse::<i64>().expect("a number"));
    let (from, to) = (number("created[gte]"), number("created[lte]"));
    let limit = number("limit").map_or(10, |limit| usize::try_from(limit).expect("small"));
    assert!(limit <= 100, "Stripe gives a hundred at most");
    state.look_at(|_| true);
    // Newest first.
    let mut found: Vec<&Intent> = state
        .intents
        .iter()
        .rev()
        .filter(|it| from.is_none_or(|from| it.created >= from))
        .filter(|it| to.is_none_or(|to| it.created <= to))
        .collect();
    if let Some(after) = query.get("starting_after") {
        let position = found.iter().position(|it| it.id == *after).expect("a known id");
        found.drain(..=position);
    }
    let has_more = found.len() > limit;
    found.truncate(limit);
    let data: Vec<Value> = found.into_iter().map(shown).collect();
    (200, json!({"object": "list", "data": data, "has_more": has_more}).to_string())
}

/// Gives an intent up, unless its owner was faster.
fn cancel(state: &mut State, id: &str) -> (u16, String) {
    let is_paid = state.intents.iter_mut().find(|intent| intent.id == id).is_some_and(|intent| {
        if intent.is_paid_by_its_owner {
            intent.status = "succeeded";
        }
        intent.status == "succeeded"
    });
    if is_paid {
        let error = json!({"type": "invalid_request_error",
            "code": "payment_intent_unexpected_state", "message": "It has succeeded"});
        return (400, json!({ "error": error }).to_string());
    }
    with_intent(state, id, |intent| intent.status = "canceled")
}

pub(super) fn is_unfinished(state: &Mutex<State>, key: &str) -> bool {
    let state = state.lock().expect("no panic");
    state.intents.iter().any(|it| it.metadata["reload_id"] == key && is_untried(it))
}

/// Whether nobody has tried to pay it yet.
pub(super) fn is_untried(intent: &Intent) -> bool {
    intent.status == "requires_payment_method" && intent.decline.is_none()
}

fn with_intent(state: &mut State, id: &str, change: impl FnOnce(&mut Intent)) -> (u16, String) {
    match state.intents.iter_mut().find(|intent| intent.id == id) {
        Some(intent) => {
            change(intent);
            (200, shown(intent).to_string())
        }
        None => missing("intent", id),
    }
}

pub(super) fn shown(intent: &Intent) -> Value {
    let error = intent.decline.map(|(code, decline_code)| {
        json!({"type": "card_error", "code": code, "decline_code": decline_code,
            "message": "Your card was declined."})
    });
    json!({
        "id": intent.id, "object": "payment_intent", "status": intent.status,
        "amount": intent.amount, "currency": intent.currency, "created": intent.created,
        "amount_received": if intent.status == "succeeded" { intent.amount } else { 0 },
        "metadata": intent.metadata, "last_payment_error": error, "livemode": false,
    })
}
