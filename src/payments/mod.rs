//! Charging cards: what billing asks of a gateway, and the gateways that there are.
//!
//! [`Gateway`] is billing's own idea of one. It tells apart what must never be confused: charged,
//! refused, and nobody knows. `sandbox` plays one and remembers in the database, `stripe` is one.
//! To add another: a file here, its name in [`GatewaySettings`], and the contract in
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

use chrono::{DateTime, TimeDelta, Utc};
use thiserror::Error;

use crate::clock::Clock;
use crate::ids::ReloadId;
use crate::money::Money;
use crate::reload::PaymentMethod;

/// What a gateway answers, some time later.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Who charges cards. None of its methods changes anything of ours.
pub trait Gateway: fmt::Debug + Send + Sync {
    /// Its name, as it is configured and stored.
    fn name(&self) -> &'static str;

    /// Whether real money moves.
    fn mode(&self) -> Mode;

    /// For how long it knows an idempotency key; for ever where there is no limit. Asked to charge
    /// under the same key later, it might charge again.
    fn key_lifetime(&self) -> Option<TimeDelta>;

    /// The longest that an answer takes. It is given up then, and in doubt.
    fn timeout(&self) -> Duration;

    /// Whether it can charge exactly this amount.
    ///
    /// # Errors
    /// [`Unchargeable`] where the amount is no whole number of what it counts in.
    fn check_amount(&self, amount: Money) -> Result<(), Unchargeable>;

    /// Charges a stored payment method while its owner is away, under the idempotency key
    /// `charge.id`: asked again, it answers as it did and charges nothing more.
    fn charge<'a>(&'a self, charge: &'a Charge) -> Answer<'a, Outcome>;

    /// What became of a charge, as far as it was ever heard of. One that only its owner could still
    /// pay is given up there, so that it cannot be paid after it was called declined.
    fn look_up<'a>(&'a self, charge: &'a Charge) -> Answer<'a, Lookup>;

    /// Whether it can charge this payment method; returns it with the customer that it belongs to.
    fn verify_payment_method<'a>(
        &'a self,
        method: &'a PaymentMethod,
    ) -> Answer<'a, Result<PaymentMethod, Unrecognised>>;

    /// Whether it lets us in at all; asked when a daemon starts.
    fn check_credentials(&self) -> Answer<'_, Result<(), Unrecognised>>;

    /// All that was captured for us since an instant.
    fn captures(&self, since: DateTime<Utc>) -> Answer<'_, Result<Vec<Capture>, Uncertainty>>;
}

/// Whether real money moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// None does.
    Test,
    /// It does.
    Live,
}

/// One charge, as a gateway needs to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// Its name with us, and the idempotency key.
    pub id: ReloadId,
    /// How much.
    pub amount: Money,
    /// By what.
    pub payment_method: PaymentMethod,
    /// Its name at the gateway, where that is known.
    pub reference: Option<String>,
    /// When the gateway was first and last asked to charge, by the machine's clock.
    pub asked: (DateTime<Utc>, DateTime<Utc>),
}

/// What a gateway says of a charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The money is ours.
    Captured {
        /// The charge's name at the gateway.
        reference: Option<String>,
    },
    /// Nothing was charged, and nothing will be under this key.
    Declined(Decline),
    /// Neither is known.
    InDoubt(Uncertainty),
}

/// Why a charge was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decline {
    /// The provider's code, such as `insufficient_funds`.
    pub code: String,
    /// The provider's words.
    pub message: String,
    /// Whether trying again can help.
    pub advice: Advice,
    /// The charge's name at the gateway.
    pub reference: Option<String>,
}

/// Whether trying again can help after a decline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// The same payment method may be charged another time.
    TryLater,
    /// Not with this payment method: its owner has to do something.
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

/// Why nobody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uncertainty {
    /// In words.
    pub reason: String,
    /// How far it reaches.
    pub trouble: Trouble,
    /// The charge's name at the gateway, where it said so.
    pub reference: Option<String>,
}

/// How far a trouble reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// This charge alone, as far as can be seen: it is under way.
    Charge,
    /// Most likely all of them: the gateway is down, or turns us away.
    Gateway,
    /// The gateway refuses how it is asked: a person must look.
    Request,
}

impl Uncertainty {
    /// A trouble of this charge.
    pub(crate) fn of_charge(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), trouble: Trouble::Charge, reference: None }
    }

    /// A trouble of how we ask.
    pub(crate) fn of_request(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), trouble: Trouble::Request, reference: None }
    }

    /// A trouble of the gateway.
    pub(crate) fn of_gateway(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), trouble: Trouble::Gateway, reference: None }
    }
}

/// What looking a charge up came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// The gateway has heard of it.
    Charge(Outcome),
    /// It has never heard of it.
    Nothing,
    /// It could not be asked.
    Unavailable(Uncertainty),
}

/// An amount that cannot be charged exactly.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{amount} cannot be charged to a card\nhint: use a whole multiple of {step}")]
pub struct Unchargeable {
    /// The amount.
    pub amount: Money,
    /// What has to divide it.
    pub step: Money,
}

/// Why a gateway does not do with a payment method, or with us.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unrecognised {
    /// The gateway says no.
    #[error("{0}")]
    Unknown(String),
    /// The gateway could not be asked.
    #[error(
        "the gateway could not be asked: {0}\nhint: nothing has changed: try again, or check `payments`"
    )]
    Unavailable(String),
}

/// A charge that a gateway says it captured for us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// The key, as it came: perhaps none of ours.
    pub id: String,
    /// How much, as the gateway says it.
    pub amount: String,
}

/// Which gateway charges, and how it is reached.
#[derive(Debug, Clone)]
pub enum GatewaySettings {
    /// The one that is built in: no money moves.
    Sandbox,
    /// Stripe.
    Stripe(StripeSettings),
}

impl GatewaySettings {
    /// Whether real money moves.
    pub fn mode(&self) -> Mode {
        match self {
            Self::Sandbox => Mode::Test,
            Self::Stripe(settings) => settings.mode(),
        }
    }

    /// Opens the gateway. The sandbox gateway remembers its charges in `memory`.
    pub fn open(&self, memory: Arc<dyn ChargeMemory>, clock: &Arc<dyn Clock>) -> Arc<dyn Gateway> {
        let clock = Arc::clone(clock);
        match self {
            Self::Sandbox => Arc::new(Sandbox::new(memory, clock)),
            Self::Stripe(settings) => Arc::new(Stripe::new(settings.clone(), clock)),
        }
    }
}
