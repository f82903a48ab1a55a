//! linerent bills the monthly rental of virtual phone numbers.
//!
//! Read it from the inside out. The values ([`calendar`], [`money`], [`ids`], [`clock`]) and the
//! nouns ([`ledger`], [`rental`], [`reload`], [`notice`], [`journal`], [`short_code`]) are plain data;
//! [`decision`] is a pure function over them; the [`store`] is the only place that knows SQL, [`payments`] the only
//! one that knows who charges cards, [`mail`] the only one that knows how letters are written and sent,
//! [`paper`] how documents are, [`webhooks`] the only one that asks what customers wrote ([`tls`] says
//! how all of these are encrypted); [`billing`] is the daily run; [`operations`] is what an operator
//! may do. A module
//! imports only from those before it.

pub mod account;
pub mod billing;
pub mod calendar;
pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod decision;
pub mod ids;
pub mod installation;
pub mod journal;
pub mod ledger;
pub mod lifecycle;
pub mod mail;
pub mod metrics;
pub mod money;
pub mod notice;
pub mod operations;
pub mod paper;
pub mod payments;
pub mod policy;
pub mod reload;
pub mod rental;
pub mod repricing;
pub mod run;
pub mod schedule;
pub mod schemas;
pub mod short_code;
pub mod statement;
pub mod store;
pub mod telemetry;
pub mod tls;
pub mod webhooks;
