//! The integration tests, one binary. Each test builds a [`linerent_testkit::World`], does one thing and
//! looks at one thing; what concerns the database runs on both engines.

#![expect(
    clippy::disallowed_methods,
    reason = "tests wait for real processes and servers, and measure real time"
)]

#[macro_use]
extern crate linerent_testkit;

mod accounts;
mod architecture;
mod cli;
mod config;
mod daemon;
mod doctor;
mod forecast;
mod fuzz;
mod mail;
mod numbers;
mod payments;
mod refusals;
mod reloads;
mod rentals;
mod runs;
mod store;
mod storm;
mod webhooks;
