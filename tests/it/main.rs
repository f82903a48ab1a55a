//! The integration tests, one binary. Each test builds a [`world::World`], does one thing and
//! looks at one thing; what concerns the database runs on both engines.

#![expect(
    clippy::disallowed_methods,
    reason = "tests wait for real processes and servers, and measure real time"
)]

#[macro_use]
mod world;

mod architecture;
mod asking;
mod cancelling;
mod chance;
mod change_log;
mod closing;
mod configuration;
mod configuring;
mod crowd;
mod daemon;
mod database;
mod demo;
mod doctor;
mod filing;
mod forecasting;
mod foretelling;
mod gateways;
mod guard;
mod help;
mod isolation;
mod json_schema;
mod killed;
mod late;
mod mailing;
mod peers;
mod processes;
mod progress;
mod refunding;
mod refusals;
mod releasing;
mod reloading;
mod renewing;
mod renting_many;
mod repricing;
mod rules_of_the_database;
mod scheduling;
mod schemas;
mod searching;
mod sharing;
mod short_codes;
mod statements;
mod telling;
mod template;
mod terminal;
mod textfile;
mod two_lives;
mod verbs;
mod webhooks;
