//! Reloads, and the charges that the sandbox gateway remembers.

pub mod claims;
pub(in crate::store) mod rows;
pub mod sandbox_charges;
