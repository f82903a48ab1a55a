//! The application service: what an operator can do, one file per operation.
//!
//! An operation takes the [`App`] and typed values. It returns typed values, or an [`Error`]: a [`Refusal`] if a rule
//! does not allow it, after which nothing has changed, or a failure. Sentences, hints and JSON belong to the
//! interfaces, for example to `cli`.
//!
//! To add an operation: a file in the folder of its noun, with a function `NAME(app, …) -> Result<T>` that takes
//! `app.moment()` once and changes accounts through `app.account_writer(moment)`; a [`Refusal`] for each rule
//! that can forbid it; its command in `cli`, and its view in `cli::views`.

pub mod accounts;
pub mod app;
pub mod audit;
mod csv_lines;
pub mod databases;
pub mod demo;
pub mod doctor;
mod error;
pub mod forecast;
mod lookup;
pub mod mail_test;
pub mod notice;
pub mod numbers;
pub mod pages;
pub mod refusal;
pub mod reload;
pub mod rentals;
pub mod run;
pub mod run_undo;
mod settings;
mod settle_refusal;
pub mod short_code;
mod texts;

pub use app::{App, OpenError};
pub use error::Error;
pub use refusal::Refusal;
pub use settings::Settings;
