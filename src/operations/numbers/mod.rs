//! The inventory of numbers and their prices.
//!
//! To add an operation: a file here, and its command in `cli`.

pub mod import;
pub mod reprice;
pub mod retire;
pub mod search;
pub mod show;
