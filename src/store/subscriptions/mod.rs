//! Subscriptions, and what belongs to each of them.

pub(in crate::store) mod configurations;
pub(in crate::store) mod prices;
pub(in crate::store) mod rentals;
pub(in crate::store) mod rows;
pub mod short_codes;
