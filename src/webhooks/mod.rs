//! Webhooks: each is checked with one request before it is saved, and must answer.
//!
//! A customer's URL decides what this machine connects to, so the check must not reach the machine itself or its
//! network: `addresses` has the addresses that are refused, `lookup` resolves names and refuses such addresses,
//! `check` sends the request and follows redirects, with the same checks for each. `trouble` has the errors.

mod addresses;
mod check;
mod lookup;
mod trouble;

use std::time::Duration;

pub use addresses::{Range, admit_all, admit_public};
pub use check::Checker;
pub use lookup::{Lookup, Resolved, SystemLookup};
pub use trouble::{Failure, Trouble};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhookSettings {
    /// For everything together: lookup, connections, redirects and the answer.
    pub timeout: Duration,
    /// Whether a webhook may be on this machine or in its network.
    pub allow_private: bool,
}
