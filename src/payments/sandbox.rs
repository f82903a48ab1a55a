//! The sandbox gateway: moves no money, and can imitate every problem that a card can have.
//!
//! Most payment methods have the names of Stripe's payment methods for tests; names that begin with `pm_sandbox_`
//! are ours. The charges are stored in the database, so that they survive a crash of the program, as they would at
//! a real gateway.

#[cfg(test)]
mod fuzz;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::charge_memory::{
    ChargeMemory, MemoryError, SandboxCharge, SandboxChargeStatus as Status,
};
use super::{
    Advice, Answer, Capture, Charge, Decline, Gateway, Lookup, Mode, Outcome, Rejection,
    Uncertainty, Unchargeable, Unrecognised,
};
use crate::clock::Clock;
use crate::money::Money;
use crate::reload::PaymentMethod;

#[derive(Debug, Clone)]
pub struct Sandbox {
    memory: Arc<dyn ChargeMemory>,
    clock: Arc<dyn Clock>,
}

/// The behaviour of a payment method when it is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Behaviour {
    Pays,
    /// Every time, with this code and message.
    Declines(&'static str, &'static str, Advice),
    /// The first this many charges of the account.
    DeclinesFirst(u32),
    /// The first answer is lost, and nothing was charged.
    TimesOutBeforeCapture,
    /// The first answer is lost after the charge was captured.
    TimesOutAfterCapture,
    /// The first answer is that the charge is being processed.
    AnswersLate,
    /// The first this many answers are 500.
    ServerErrors(u32),
    /// It pays after this many milliseconds.
    Slow(u64),
}

const DECLINES: [(&str, &str, &str, Advice); 9] = [
    ("pm_card_chargeDeclined", "generic_decline", "your card was declined", Advice::TryLater),
    ("pm_card_chargeCustomerFail", "generic_decline", "your card was declined", Advice::TryLater),
    (
        "pm_card_chargeDeclinedInsufficientFunds",
        "insufficient_funds",
        "your card has insufficient funds",
        Advice::TryLater,
    ),
    (
        "pm_card_chargeDeclinedProcessingError",
        "processing_error",
        "an error occurred while processing your card",
        Advice::TryLater,
    ),
    (
        "pm_card_chargeDeclinedExpiredCard",
        "expired_card",
        "your card has expired",
        Advice::AnotherMethod,
    ),
    (
        "pm_card_chargeDeclinedLostCard",
        "lost_card",
        "your card was declined",
        Advice::AnotherMethod,
    ),
    (
        "pm_card_chargeDeclinedStolenCard",
        "stolen_card",
        "your card was declined",
        Advice::AnotherMethod,
    ),
    (
        "pm_card_chargeDeclinedIncorrectCvc",
        "incorrect_cvc",
        "your card's security code is incorrect",
        Advice::AnotherMethod,
    ),
    (
        "pm_card_authenticationRequired",
        "authentication_required",
        "this payment needs its owner to confirm it",
        Advice::AnotherMethod,
    ),
];

const CARDS_THAT_PAY: [&str; 6] = [
    "pm_card_visa",
    "pm_card_visa_debit",
    "pm_card_mastercard",
    "pm_card_amex",
    "pm_card_discover",
    "pm_card_jcb",
];

/// All names that the gateway knows, for people.
const KNOWN: &str = "pm_card_visa, pm_card_chargeDeclined, pm_card_chargeDeclinedInsufficientFunds, \
    pm_card_authenticationRequired, … as Stripe names them, or pm_sandbox_declines_N, \
    pm_sandbox_timeoutBeforeCapture, pm_sandbox_timeoutAfterCapture, pm_sandbox_answersLate, \
    pm_sandbox_error500_N, pm_sandbox_slow_MILLISECONDS";

fn behaviour_of(method: &str) -> Option<Behaviour> {
    if CARDS_THAT_PAY.contains(&method) {
        return Some(Behaviour::Pays);
    }
    if let Some((_, code, message, advice)) = DECLINES.iter().find(|it| it.0 == method) {
        return Some(Behaviour::Declines(code, message, *advice));
    }
    let own = method.strip_prefix("pm_sandbox_")?;
    let number = |prefix: &str| own.strip_prefix(prefix).and_then(|count| count.parse().ok());
    match own {
        "timeoutBeforeCapture" => Some(Behaviour::TimesOutBeforeCapture),
        "timeoutAfterCapture" => Some(Behaviour::TimesOutAfterCapture),
        "answersLate" => Some(Behaviour::AnswersLate),
        _ => number("declines_")
            .map(Behaviour::DeclinesFirst)
            .or_else(|| number("error500_").map(Behaviour::ServerErrors))
            .or_else(|| number("slow_").map(|millis| Behaviour::Slow(u64::from(millis)))),
    }
}

/// The time-out of a charge.
const TIMEOUT: Duration = Duration::from_secs(2);
/// How often a request is repeated if another one with the same key was first.
const RACES_MAX: u32 = 10;

impl Sandbox {
    pub const fn new(memory: Arc<dyn ChargeMemory>, clock: Arc<dyn Clock>) -> Self {
        Self { memory, clock }
    }

    async fn try_to_charge(&self, charge: &Charge) -> Result<Outcome, MemoryError> {
        let method = charge.payment_method.id.as_str();
        let Some(behaviour) = behaviour_of(method) else {
            return Ok(declined(
                "resource_missing",
                "no such payment method",
                Advice::AnotherMethod,
            ));
        };
        if let Behaviour::Slow(millis) = behaviour {
            let pause = Duration::from_millis(millis);
            self.clock.sleep(pause.min(TIMEOUT)).await;
            if pause >= TIMEOUT {
                return Ok(Outcome::InDoubt(Uncertainty::of_gateway("no answer came in time")));
            }
        }
        for _ in 0..RACES_MAX {
            let before = self.memory.find_charge(charge.id).await?;
            if let Some(other) = before.as_ref().filter(|it| it.amount != charge.amount) {
                let what = format!("the key stands for a charge of {}", other.amount);
                return Ok(Outcome::InDoubt(Uncertainty::of_charge(what)));
            }
            let asked = before.as_ref().map_or(0, |it| it.asked).saturating_add(1);
            let status = before.as_ref().map_or(Status::Pending, |it| it.status);
            let (status, outcome) = match status {
                Status::Pending => self.answer(behaviour, asked, charge).await?,
                known => (known, outcome_of(known, behaviour)),
            };
            let charge = SandboxCharge {
                id: charge.id,
                amount: charge.amount,
                payment_method: method.to_owned(),
                status,
                asked,
            };
            match self.memory.remember_charge(&charge).await {
                Err(MemoryError::Conflict) => {}
                written => return written.map(|()| outcome),
            }
        }
        Ok(Outcome::InDoubt(Uncertainty::of_charge(
            "another request under the same key is under way",
        )))
    }

    /// The new status of a charge after `asked` requests, and the answer.
    async fn answer(
        &self,
        behaviour: Behaviour,
        asked: u32,
        charge: &Charge,
    ) -> Result<(Status, Outcome), MemoryError> {
        let is_first = asked == 1;
        let doubt = |doubt: Uncertainty| Outcome::InDoubt(doubt);
        let timed_out = || doubt(Uncertainty::of_charge("no answer came in time"));
        Ok(match behaviour {
            Behaviour::Declines(..) => (Status::Declined, outcome_of(Status::Declined, behaviour)),
            Behaviour::DeclinesFirst(count) => {
                let method = charge.payment_method.id.as_str();
                let account = charge.id.account();
                let so_far = self.memory.count_declined(account, method).await?;
                let status =
                    if so_far < u64::from(count) { Status::Declined } else { Status::Captured };
                (status, outcome_of(status, behaviour))
            }
            Behaviour::TimesOutBeforeCapture if is_first => (Status::Pending, timed_out()),
            Behaviour::TimesOutAfterCapture if is_first => (Status::Captured, timed_out()),
            Behaviour::AnswersLate if is_first => {
                (Status::Pending, doubt(Uncertainty::of_charge("the payment is being processed")))
            }
            Behaviour::ServerErrors(count) if asked <= count => {
                (Status::Pending, doubt(Uncertainty::of_gateway("the gateway answered 500")))
            }
            _ => (Status::Captured, outcome_of(Status::Captured, behaviour)),
        })
    }
}

/// The answer for a known charge.
fn outcome_of(status: Status, behaviour: Behaviour) -> Outcome {
    match (status, behaviour) {
        (Status::Captured, _) => Outcome::Captured { reference: None },
        (Status::Pending, _) => Outcome::InDoubt(Uncertainty::of_charge("nothing is charged yet")),
        (Status::Declined, Behaviour::Declines(code, message, advice)) => {
            declined(code, message, advice)
        }
        (Status::Declined, _) => {
            declined("generic_decline", "your card was declined", Advice::TryLater)
        }
    }
}

fn declined(code: &str, message: &str, advice: Advice) -> Outcome {
    Outcome::Declined(Decline {
        code: code.to_owned(),
        message: message.to_owned(),
        advice,
        reference: None,
    })
}

/// A failure of the gateway's storage counts as a failure of the gateway.
fn storage_failed(error: &MemoryError) -> Uncertainty {
    Uncertainty::of_gateway(format!("the sandbox gateway is out of order: {error}"))
}

impl Gateway for Sandbox {
    fn name(&self) -> &'static str {
        "sandbox"
    }

    fn mode(&self) -> Mode {
        Mode::Test
    }

    fn key_lifetime(&self) -> Option<TimeDelta> {
        None
    }

    fn timeout(&self) -> Duration {
        TIMEOUT
    }

    fn check_amount(&self, amount: Money) -> Result<(), Unchargeable> {
        let currency = amount.currency();
        let decimals = currency.exponent().map_or(2, u32::from).min(6);
        let step = 10_i64.pow(6 - decimals);
        if amount.micros() % step == 0 {
            return Ok(());
        }
        Err(Unchargeable { amount, step: Money::from_micros(step, currency) })
    }

    fn charge<'a>(&'a self, charge: &'a Charge) -> Answer<'a, Outcome> {
        Box::pin(async move {
            match tokio::time::timeout(TIMEOUT, self.try_to_charge(charge)).await {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(error)) => Outcome::InDoubt(storage_failed(&error)),
                Err(_) => Outcome::InDoubt(Uncertainty::of_gateway("no answer came in time")),
            }
        })
    }

    fn look_up<'a>(&'a self, charge: &'a Charge) -> Answer<'a, Lookup> {
        Box::pin(async move {
            match self.memory.find_charge(charge.id).await {
                // A pending charge goes on only when it is requested again.
                Ok(None | Some(SandboxCharge { status: Status::Pending, .. })) => Lookup::Nothing,
                Ok(Some(found)) => {
                    let behaviour = behaviour_of(&found.payment_method).unwrap_or(Behaviour::Pays);
                    Lookup::Charge(outcome_of(found.status, behaviour))
                }
                Err(error) => Lookup::Unavailable(storage_failed(&error)),
            }
        })
    }

    fn verify_payment_method<'a>(
        &'a self,
        method: &'a PaymentMethod,
    ) -> Answer<'a, Result<PaymentMethod, Unrecognised>> {
        Box::pin(async move {
            if behaviour_of(&method.id).is_some() {
                return Ok(method.clone());
            }
            Err(Rejection::NotATestCard { id: method.id.clone(), known: KNOWN }.into())
        })
    }

    fn check_credentials(&self) -> Answer<'_, Result<(), Unrecognised>> {
        Box::pin(async { Ok(()) })
    }

    fn captures(&self, _since: DateTime<Utc>) -> Answer<'_, Result<Vec<Capture>, Uncertainty>> {
        Box::pin(async move {
            let charges =
                self.memory.captured_charges().await.map_err(|error| storage_failed(&error))?;
            Ok(charges
                .into_iter()
                .map(|it| Capture { id: it.id.to_string(), amount: it.amount.to_string() })
                .collect())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_are_read() {
        assert_eq!(behaviour_of("pm_sandbox_error500_3"), Some(Behaviour::ServerErrors(3)));
        assert_eq!(behaviour_of("pm_sandbox_declines_2"), Some(Behaviour::DeclinesFirst(2)));
        assert_eq!(behaviour_of("pm_sandbox_slow_300"), Some(Behaviour::Slow(300)));
        assert_eq!(behaviour_of("pm_card_visa"), Some(Behaviour::Pays));
        for unknown in ["", "pm_card_", "pm_sandbox_", "pm_sandbox_error500_", "pm_1NvXyz"] {
            assert_eq!(behaviour_of(unknown), None, "{unknown}");
        }
    }
}
