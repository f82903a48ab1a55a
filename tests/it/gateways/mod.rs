//! The gateways: the contract that each of them keeps, and what Stripe's answers come to.

mod contract;
mod localstripe;
pub mod stand_in;
mod stripe;

use std::sync::Arc;
use std::time::Duration;

use linerent::clock::SystemClock;
use linerent::payments::{Stripe, StripeSettings};

use crate::world::World;
use stand_in::{API_KEY, StandIn};

/// The gateway `stripe` before the stand-in; what takes longer than a moment is given up.
pub fn stripe_at(url: &str) -> Stripe {
    let settings = StripeSettings {
        api_key: API_KEY.into(),
        api_base: url.to_owned(),
        connect_timeout: Duration::from_millis(500),
        timeout: Duration::from_millis(500),
    };
    Stripe::new(settings, Arc::new(SystemClock::default()))
}

impl World {
    /// Charges cards at the stand-in from now on.
    pub fn use_stripe(&mut self, stand_in: &StandIn) {
        self.app.gateway = Some(Arc::new(stripe_at(&stand_in.url)));
    }
}
