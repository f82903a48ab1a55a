//! The inventory: search, prices, short codes.

mod repricing;
mod search;
mod short_codes;
