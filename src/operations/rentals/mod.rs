//! Rentals: one, many, or those of a file.
//!
//! To add an operation: a file here, and its command in `cli`.

pub mod cancel;
pub mod configure;
pub mod file_cancel;
pub mod file_rent;
pub mod file_work;
pub mod list;
pub mod rent;
pub mod rent_any;
