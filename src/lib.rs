//! linerent bills the monthly rental of virtual phone numbers.
//!
//! A module imports only from the modules before it in this list; `docs/ARCHITECTURE.md` says what each is for:
//! the values ([`calendar`], [`money`], [`text`], [`ids`], [`clock`], [`rng`]), the nouns ([`ledger`], [`rental`], [`reload`],
//! [`notice`], [`change_log`]), [`decision`], [`store`], the leaves ([`payments`], [`mail`],
//! [`webhooks`], [`tls`]), [`billing`], [`operations`], [`config`], [`remedies`], [`daemon`] and [`cli`].

pub mod account;
pub mod arguments;
pub mod billing;
pub mod bounded_file;
pub mod change_log;
pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod decision;
pub mod history;
pub mod ids;
pub mod installation;
pub mod ledger;
pub mod lifecycle;
pub mod mail;
pub mod metrics;
pub mod notice;
pub mod operations;
pub mod payments;
pub mod policy;
pub mod private_files;
pub mod reload;
pub mod remedies;
pub mod rental;
pub mod repricing;
pub mod rng;
pub mod run;
pub mod schedule;
pub mod statement;
pub mod store;
pub mod telemetry;
pub mod tls;
pub mod webhooks;

pub use linerent_core::{calendar, money, text};
