//! Reads Stripe's answers. Every field except an intent's id and status is optional: a missing or new field must
//! not turn a payment into an error, nor an error into a payment.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::text::storable;

use super::fit::refuse_unless_an_id;
use super::minor_units;
use crate::payments::{
    Advice, Capture, Charge, Decline, Outcome, Rejection, Uncertainty, Unchargeable, Unrecognised,
};

/// The longest answer that is read. A page of a hundred intents is about a tenth of it.
pub(super) const BYTES_MAX: usize = 16 << 20;

#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// The fields of a PaymentIntent that are read.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Intent {
    pub(super) id: String,
    status: String,
    amount: Option<i64>,
    amount_received: Option<i64>,
    currency: Option<String>,
    /// The id, or the object itself.
    pub(super) customer: Option<serde_json::Value>,
    pub(super) payment_method: Option<serde_json::Value>,
    #[serde(default)]
    metadata: Metadata,
    last_payment_error: Option<Problem>,
    cancellation_reason: Option<String>,
}

/// Intents of ours have names and values; those of other programs may have anything.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Metadata {
    Named(HashMap<String, String>),
    Other(IgnoredAny),
}

impl Default for Metadata {
    fn default() -> Self {
        Self::Other(IgnoredAny)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct List {
    pub(super) data: Vec<Intent>,
    #[serde(default)]
    pub(super) has_more: bool,
}

/// The fields of a PaymentMethod that are read.
#[derive(Debug, Deserialize)]
pub(super) struct Method {
    r#type: Option<String>,
    pub(super) customer: Option<String>,
}

impl Method {
    /// Other types are paid in other ways, some of them days later.
    pub(super) fn refuse_unless_a_card(&self, id: &str) -> Result<(), Rejection> {
        match self.r#type.as_deref() {
            None | Some("card") => Ok(()),
            Some(other) => Err(Rejection::NotACard { id: id.to_owned(), kind: other.to_owned() }),
        }
    }
}

/// A Customer. Only its existence is checked.
#[derive(Debug, Deserialize)]
pub(super) struct Customer {}

#[derive(Debug, Deserialize)]
struct ErrorBody {
    error: Problem,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Problem {
    r#type: Option<String>,
    code: Option<String>,
    decline_code: Option<String>,
    advice_code: Option<String>,
    message: Option<String>,
    param: Option<String>,
    payment_intent: Option<Box<Intent>>,
}

impl Reply {
    /// Whether the status is 2xx.
    pub(super) fn is_done(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The answer to a request to charge: the intent if there is one, else the outcome. A missing payment method is a
    /// decline only for the first request. For a later one, the charge may have been made before the payment
    /// method was removed, or in another account of ours.
    pub(super) fn charged(&self, charge: &Charge) -> Result<Intent, Outcome> {
        let first = charge.asked.0 == charge.asked.1;
        if self.is_done() {
            return self.read().map_err(Outcome::InDoubt);
        }
        let Some(problem) = self.problem() else {
            return Err(Outcome::InDoubt(self.not_understood()));
        };
        let code = problem.code.as_deref();
        let (is_gateways, what) = match self.status {
            402 => {
                return match &problem.payment_intent {
                    Some(intent) if intent.mismatch(charge).is_some() => Ok((**intent).clone()),
                    // Only the intent itself says whether it can still be paid.
                    Some(intent) if !intent.was_refused() && !intent.is_untried() => {
                        Ok((**intent).clone())
                    }
                    _ => Err(Outcome::Declined(problem.decline())),
                };
            }
            400 | 404 if first && problem.blames_the_order() => {
                return Err(Outcome::Declined(problem.decline()));
            }
            409 => (false, "a charge under this key is under way"),
            400 if problem.is_of("idempotency_error") => {
                (false, "the key stands for another charge")
            }
            429 if code == Some("lock_timeout") => (false, "it is locked"),
            429 => (true, "too many requests"),
            401 | 403 => (true, "the key is refused"),
            500.. => (true, "the gateway failed"),
            _ => {
                let told = self.told("the request is refused", &problem);
                return Err(Outcome::InDoubt(Uncertainty::of_request(told)));
            }
        };
        let told = self.told(what, &problem);
        let doubt =
            if is_gateways { Uncertainty::of_gateway(told) } else { Uncertainty::of_charge(told) };
        Err(Outcome::InDoubt(doubt))
    }

    /// The requested object. After any other answer the outcome is not known.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Uncertainty> {
        if self.is_done() {
            return serde_json::from_slice(&self.body).map_err(|_| self.not_understood());
        }
        let Some(problem) = self.problem() else { return Err(self.not_understood()) };
        let told = self.told("the request is refused", &problem);
        Err(match self.status {
            401 | 403 | 429 | 500.. => Uncertainty::of_gateway(told),
            _ => Uncertainty::of_request(told),
        })
    }

    /// The object with this `id`.
    pub(super) fn known<T: DeserializeOwned>(&self, id: &str) -> Result<T, Unrecognised> {
        match (self.status, self.problem()) {
            (401 | 403, Some(problem)) => Err(Rejection::KeyRefused(problem.words()).into()),
            (400 | 404, Some(problem)) => {
                let (id, message) = (id.to_owned(), problem.words());
                Err(Rejection::Unknown { id, message }.into())
            }
            _ => self.read().map_err(|doubt| Unrecognised::Unavailable(doubt.reason)),
        }
    }

    fn problem(&self) -> Option<Problem> {
        serde_json::from_slice(&self.body).ok().map(|body: ErrorBody| body.error)
    }

    fn told(&self, what: &str, problem: &Problem) -> String {
        format!("{what} ({}): {}", self.status, problem.words())
    }

    /// An answer that is not Stripe's, such as a proxy's page, or an incomplete one.
    fn not_understood(&self) -> Uncertainty {
        Uncertainty::of_gateway(format!("the answer ({}) is not one of Stripe's", self.status))
    }
}

/// The outcome for an amount that this gateway cannot charge.
pub(super) fn unchargeable(why: &Unchargeable) -> Outcome {
    Outcome::Declined(Decline {
        code: "amount_invalid".to_owned(),
        message: one_line(&format!("{why}, only whole multiples of {}", why.step)),
        advice: Advice::AnotherMethod,
        reference: None,
    })
}

impl Intent {
    /// The id of the reload, if the intent is one of ours.
    pub(super) fn reload_id(&self) -> Option<&String> {
        match &self.metadata {
            Metadata::Named(names) => names.get("reload_id"),
            Metadata::Other(_) => None,
        }
    }

    /// Whether only the owner of the card could still complete it.
    pub(super) fn waits_for_its_owner(&self) -> bool {
        matches!(self.status.as_str(), "requires_action" | "requires_source_action")
    }

    /// Whether there was no attempt to pay it yet. It begins so, and stays so if the request that created it
    /// failed.
    pub(super) fn is_untried(&self) -> bool {
        match self.status.as_str() {
            "requires_confirmation" => true,
            "requires_payment_method" | "requires_source" => self.last_payment_error.is_none(),
            _ => false,
        }
    }

    pub(super) fn has_succeeded(&self) -> bool {
        self.status == "succeeded"
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.status == "canceled"
    }

    /// Whether an attempt to pay it failed, or it was cancelled. The answer to a refused request has the error
    /// beside the intent, which need not repeat it.
    fn was_refused(&self) -> bool {
        let can_be_tried =
            matches!(self.status.as_str(), "requires_payment_method" | "requires_source");
        self.is_cancelled() || (can_be_tried && self.last_payment_error.is_some())
    }

    /// The outcome of its charge.
    pub(super) fn outcome(&self, charge: &Charge) -> Outcome {
        if let Some(doubt) = self.mismatch(charge) {
            return Outcome::InDoubt(doubt);
        }
        match self.status.as_str() {
            _ if self.has_succeeded() => self.captured(charge),
            _ if self.was_refused() => self.refusal(),
            status => Outcome::InDoubt(Uncertainty {
                reference: Some(self.id.clone()),
                ..Uncertainty::of_charge(format!("the payment is `{status}`"))
            }),
        }
    }

    /// Captured if the amount is the requested one; otherwise an operator must look at it.
    fn captured(&self, charge: &Charge) -> Outcome {
        let expected = minor_units::of(charge.amount).ok();
        let currency = self.currency.as_deref().unwrap_or_default();
        let is_right = self.amount_received.or(self.amount) == expected
            && currency.eq_ignore_ascii_case(charge.amount.currency().code());
        if is_right {
            return Outcome::Captured { reference: Some(self.id.clone()) };
        }
        Outcome::InDoubt(Uncertainty {
            reference: Some(self.id.clone()),
            ..Uncertainty::of_request(format!(
                "{} was captured, and {} was asked for",
                self.amount_in_words(),
                charge.amount
            ))
        })
    }

    /// Declined, with the message of its last error.
    pub(super) fn refusal(&self) -> Outcome {
        let mut decline = self.last_payment_error.clone().unwrap_or_default().decline();
        if self.waits_for_its_owner() {
            decline.code = "authentication_required".to_owned();
            decline.message = "its owner has to confirm it".to_owned();
            decline.advice = Advice::AnotherMethod;
        } else if self.last_payment_error.is_none() {
            let reason = self.cancellation_reason.clone();
            decline.code = reason.as_deref().map_or_else(|| "not_completed".to_owned(), one_line);
            decline.message = "the gateway has not completed it".to_owned();
        }
        decline.reference = Some(self.id.clone());
        Outcome::Declined(decline)
    }

    /// The charge, if it was captured and is one of ours.
    pub(super) fn capture(&self) -> Option<Capture> {
        let id = self.reload_id().filter(|_| self.has_succeeded())?.clone();
        Some(Capture { id, amount: self.amount_in_words() })
    }

    fn amount_in_words(&self) -> String {
        let minor = self.amount_received.or(self.amount).unwrap_or_default();
        let code = self.currency.as_deref().unwrap_or_default().to_ascii_uppercase();
        minor_units::in_words(minor, &code)
    }
}

/// Stripe's codes of declines after which another attempt cannot succeed (docs.stripe.com/declines/codes).
const HOPELESS: [&str; 20] = [
    "authentication_required",
    "card_not_supported",
    "currency_not_supported",
    "expired_card",
    "fraudulent",
    "incorrect_cvc",
    "incorrect_number",
    "invalid_account",
    "invalid_expiry_month",
    "invalid_expiry_year",
    "invalid_number",
    "lost_card",
    "new_account_information_available",
    "no_action_taken",
    "not_permitted",
    "pickup_card",
    "resource_missing",
    "restricted_card",
    "revocation_of_all_authorizations",
    "stolen_card",
];

/// Codes of errors about the payment method or the amount of one order. Errors about our account, such as
/// `payment_method_unactivated`, are not among them.
const OF_THE_ORDER: [&str; 7] = [
    "amount_too_large",
    "amount_too_small",
    "payment_method_currency_mismatch",
    "payment_method_customer_decline",
    "payment_method_provider_decline",
    "payment_method_unexpected_state",
    "payment_method_unsupported_type",
];

impl Problem {
    fn decline(self) -> Decline {
        let code = self.decline_code.or(self.code);
        let code = code.as_deref().map_or_else(|| "declined".to_owned(), one_line);
        let advice = match self.advice_code.as_deref() {
            Some("do_not_try_again" | "confirm_card_data") => Advice::AnotherMethod,
            Some("try_again_later") => Advice::TryLater,
            _ if HOPELESS.contains(&code.as_str()) => Advice::AnotherMethod,
            _ => Advice::TryLater,
        };
        let reference = self.payment_intent.map(|intent| intent.id);
        let reference = reference.filter(|id| refuse_unless_an_id(id).is_ok());
        let message =
            self.message.as_deref().map_or_else(|| "no reason was given".to_owned(), one_line);
        Decline { code, message, advice, reference }
    }

    /// Whether the payment method, its customer or the amount is the cause: nothing was charged, and nothing will be
    /// under this order.
    fn blames_the_order(&self) -> bool {
        let names = |name: &Option<String>, known: &[&str]| {
            name.as_deref().is_some_and(|name| known.contains(&name))
        };
        self.is_of("invalid_request_error")
            && (names(&self.param, &["payment_method", "customer", "amount"])
                || names(&self.code, &OF_THE_ORDER))
    }

    fn is_of(&self, kind: &str) -> bool {
        self.r#type.as_deref() == Some(kind)
    }

    fn words(&self) -> String {
        let words = self.message.as_deref().or(self.code.as_deref()).map(one_line);
        words.unwrap_or_else(|| "no reason was given".to_owned())
    }
}

/// The provider's message as one line, for tables, notices and logs.
fn one_line(text: &str) -> String {
    const CHARS_MAX: usize = 300;
    storable(&text.split_whitespace().collect::<Vec<_>>().join(" "), CHARS_MAX)
}
