//! Charging cards: the interface that billing needs, and the gateways that implement it.
//!
//! A [`Gateway`] tells apart three outcomes that must never be confused: charged, declined, and unknown.
//! `sandbox` imitates a gateway and stores its charges in the database, `stripe` charges real cards. To add
//! another: a file here, its variant of [`GatewaySettings`], its name in `config`, and the contract in
//! `tests/it/payments`.

pub mod charge_memory;
mod sandbox;
mod stripe;

use charge_memory::ChargeMemory;
pub use sandbox::Sandbox;
pub use stripe::{API_VERSION, Stripe, StripeSettings};

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::text::storable;
use chrono::{DateTime, TimeDelta, Utc};
use thiserror::Error;

use crate::clock::Clock;
use crate::ids::ReloadId;
use crate::money::Money;
use crate::reload::PaymentMethod;
use crate::text::quoted;

/// The answer of a gateway, when it arrives.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Charges cards. No method changes anything in our database.
pub trait Gateway: fmt::Debug + Send + Sync {
    /// The name in the configuration and in the database.
    fn name(&self) -> &'static str;

    /// Whether real money moves.
    fn mode(&self) -> Mode;

    /// How long it remembers an idempotency key; `None` if without limit. A request to charge under the same key
    /// might charge again after that.
    fn key_lifetime(&self) -> Option<TimeDelta>;

    /// How long an answer may take. After that the charge is in doubt.
    fn timeout(&self) -> Duration;

    /// Whether it can charge exactly this amount.
    ///
    /// # Errors
    /// [`Unchargeable`] if the amount is not a whole multiple of the smallest chargeable amount.
    fn check_amount(&self, amount: Money) -> Result<(), Unchargeable>;

    /// Charges a stored payment method without its owner, under the idempotency key `charge.id`: asked again,
    /// it repeats its answer and charges nothing more.
    fn charge<'a>(&'a self, charge: &'a Charge) -> Answer<'a, Outcome>;

    /// Looks up the outcome of a charge. A charge that only the owner of the card could still complete is
    /// cancelled at the gateway, so that it cannot be paid after it was recorded as declined.
    fn look_up<'a>(&'a self, charge: &'a Charge) -> Answer<'a, Lookup>;

    /// Checks that it can charge this payment method; returns it with the customer that it belongs to.
    fn verify_payment_method<'a>(
        &'a self,
        method: &'a PaymentMethod,
    ) -> Answer<'a, Result<PaymentMethod, Unrecognised>>;

    /// Checks that it accepts our credentials.
    fn check_credentials(&self) -> Answer<'_, Result<(), Unrecognised>>;

    /// All charges that it captured for us since an instant.
    fn captures(&self, since: DateTime<Utc>) -> Answer<'_, Result<Vec<Capture>, Uncertainty>>;
}

/// Whether real money moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// No real money moves.
    Test,
    Live,
}

/// One charge, with the data that a gateway needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// Also the idempotency key.
    pub id: ReloadId,
    pub amount: Money,
    pub payment_method: PaymentMethod,
    /// The gateway's id of the charge, if it is known.
    pub reference: Option<String>,
    /// The first and the last request to charge, by the machine's clock.
    pub asked: (DateTime<Utc>, DateTime<Utc>),
}

/// The outcome of a charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The card was charged.
    Captured {
        /// The gateway's id of the charge.
        reference: Option<String>,
    },
    /// Nothing was charged, and nothing will be charged under this key.
    Declined(Decline),
    /// It is not known whether the card was charged.
    InDoubt(Uncertainty),
}

/// Why a charge was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decline {
    /// The provider's code, such as `insufficient_funds`.
    pub code: String,
    /// The provider's message.
    pub message: String,
    pub advice: Advice,
    /// The gateway's id of the charge.
    pub reference: Option<String>,
}

/// Whether trying again can help after a decline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// The same payment method may be charged another time.
    TryLater,
    /// This payment method cannot be charged until its owner acts.
    AnotherMethod,
}

impl fmt::Display for Decline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        match self.advice {
            Advice::TryLater => Ok(()),
            Advice::AnotherMethod => f.write_str(" (trying again does not help)"),
        }
    }
}

/// Why the outcome of a charge is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uncertainty {
    pub reason: String,
    pub trouble: Trouble,
    /// The gateway's id of the charge, if it said one.
    pub reference: Option<String>,
}

/// The extent of a problem at the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Only this charge, which is still being processed.
    Charge,
    /// Probably all charges: the gateway is down, or refuses all requests.
    Gateway,
    /// The gateway refuses the form of the request: an operator must look at it.
    Request,
}

/// The longest reason that is kept.
const REASON_CHARS_MAX: usize = 500;

impl Uncertainty {
    /// The reason may contain words of the gateway, so it is made fit to be stored.
    fn of(reason: &str, trouble: Trouble) -> Self {
        Self { reason: storable(reason, REASON_CHARS_MAX), trouble, reference: None }
    }

    pub(crate) fn of_charge(reason: impl Into<String>) -> Self {
        Self::of(&reason.into(), Trouble::Charge)
    }

    pub(crate) fn of_request(reason: impl Into<String>) -> Self {
        Self::of(&reason.into(), Trouble::Request)
    }

    pub(crate) fn of_gateway(reason: impl Into<String>) -> Self {
        Self::of(&reason.into(), Trouble::Gateway)
    }
}

/// The result of looking a charge up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    Charge(Outcome),
    /// The gateway has no such charge.
    Nothing,
    /// The gateway could not be asked.
    Unavailable(Uncertainty),
}

/// An amount that cannot be charged exactly.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{amount} cannot be charged to a card")]
pub struct Unchargeable {
    pub amount: Money,
    /// Only whole multiples of this can be charged.
    pub step: Money,
}

/// Why a gateway does not accept a payment method or our credentials.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unrecognised {
    #[error("{0}")]
    Refused(Rejection),
    #[error("the gateway could not be asked: {0}")]
    Unavailable(String),
}

/// The reason of a gateway that refuses a payment method or our credentials.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Rejection {
    /// The credentials are wrong; with the gateway's message.
    #[error("the gateway refuses the key: {0}")]
    KeyRefused(String),
    #[error("the gateway does not know {}: {message}", quoted(.id))]
    Unknown { id: String, message: String },
    /// Not a name of one of the test cards of the sandbox gateway.
    #[error("the sandbox gateway does not know the payment method {}", quoted(.id))]
    NotATestCard {
        id: String,
        /// The names that it knows.
        known: &'static str,
    },
    #[error("{} is not an id of the gateway", quoted(.0))]
    NotAnId(String),
    #[error("the payment method {} is a {}, and only cards can be charged", quoted(.id), quoted(.kind))]
    NotACard { id: String, kind: String },
    #[error(
        "the payment method {} belongs to the customer {}, not to {}",
        quoted(.id),
        quoted(.owner),
        quoted(.wanted)
    )]
    OtherCustomer { id: String, owner: String, wanted: String },
    #[error("the payment method {} belongs to no customer, and could be charged once only", quoted(.0))]
    NoCustomer(String),
}

impl From<Rejection> for Unrecognised {
    fn from(rejection: Rejection) -> Self {
        Self::Refused(rejection)
    }
}

/// A charge that a gateway captured for us, in its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// The idempotency key; possibly not one of ours.
    pub id: String,
    pub amount: String,
}

/// The configured gateway.
#[derive(Debug, Clone)]
pub enum GatewaySettings {
    /// The built-in one, which moves no money.
    Sandbox,
    Stripe(StripeSettings),
}

impl GatewaySettings {
    /// The key of the gateway; `None` for the sandbox gateway.
    pub fn api_key(&self) -> Option<ApiKey> {
        match self {
            Self::Sandbox => None,
            Self::Stripe(settings) => Some(settings.described_key()),
        }
    }

    /// Opens a gateway that needs no database; `None` for the sandbox gateway.
    pub fn open_without_database(&self, clock: &Arc<dyn Clock>) -> Option<Arc<dyn Gateway>> {
        match self {
            Self::Sandbox => None,
            Self::Stripe(settings) => {
                Some(Arc::new(Stripe::new(settings.clone(), Arc::clone(clock))))
            }
        }
    }

    /// Opens the gateway. The sandbox gateway stores its charges in `memory`.
    pub fn open(&self, memory: Arc<dyn ChargeMemory>, clock: &Arc<dyn Clock>) -> Arc<dyn Gateway> {
        let gateway = self.open_without_database(clock);
        gateway.unwrap_or_else(|| Arc::new(Sandbox::new(memory, Arc::clone(clock))))
    }
}

/// A description of the key of a gateway, which does not contain the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiKey {
    pub mode: Mode,
    /// The setting that contains it.
    pub setting: &'static str,
    /// The form of a test key.
    pub test_form: &'static str,
    /// The form of a live key.
    pub live_form: &'static str,
}
