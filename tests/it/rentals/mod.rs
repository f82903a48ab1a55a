//! Rentals by hand and by file: renting, configuring, ending.

mod cancellation;
mod configuration;
mod files;
mod many;
