//! Reloads, and the charges that the sandbox gateway remembers.

mod claims;
pub(in crate::store) mod rows;
mod sandbox_charges;
