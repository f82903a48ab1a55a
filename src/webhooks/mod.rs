//! Webhooks: each is asked once before it is saved, and must answer.
//!
//! Whoever may configure a number chooses what this machine connects to, so most of it is about where that must
//! not lead: `addresses` knows which ones are nobody's but the machine's own or its network's, `lookup` turns
//! names into addresses and lets only others pass, `check` asks and follows redirects, each hop as if it was the
//! first. `trouble` has what can go wrong, in words.

mod addresses;
mod check;
mod lookup;
mod trouble;

use std::time::Duration;

pub use addresses::{Range, admit_all, admit_public};
pub use check::Checker;
pub use lookup::{Lookup, Resolved, SystemLookup};
pub use trouble::{Failure, Trouble};

/// How webhooks are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhookSettings {
    /// How long one may take for all of it: names, connections, redirects and the answer.
    pub timeout: Duration,
    /// Whether it may be in the machine's own network, or the machine itself.
    pub allow_private: bool,
}
