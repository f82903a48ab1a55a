//! What tests, benchmarks and simulations of linerent begin with.
//!
//! A [`World`] is a database of its own with a sandbox's clock and verbs: rent, run, look. Beside it are servers
//! that take the place of other parties ([`stripe_server`], [`smtp_server`], [`webhook_server`]), the real programs as
//! processes ([`processes`], [`daemon`], [`terminal`]), and random cases that can be repeated ([`seeded_rng`]).
//!
//! To add a verb: a method of `World` in the file of its noun below `world/`. A verb that one test alone needs is a
//! function of that test.

#![expect(
    clippy::disallowed_methods,
    reason = "tests wait for real processes and servers, and measure real time"
)]

pub mod daemon;
pub mod fuzz;
pub mod json_schema;
pub mod peers;
mod population;
pub mod processes;
pub mod seeded_rng;
pub mod smtp_server;
pub mod stripe_server;
pub mod template;
pub mod terminal;
pub mod webhook_server;
pub mod world;

pub use population::Population;
pub use processes::path_of;
pub use seeded_rng::SeededRng;
pub use world::*;
