//! The imperative shell: loads snapshots, calls the decision, writes what comes of it.
//!
//! [`run`] is the daily work, one pass per file; [`forecast`] foretells those of the days ahead.
//! [`settle`] does the same for one account at once, when money arrives or a number is rented.
//! [`reload_processor`] charges cards, for the run, for the [`check`] between runs, and for who rents. To add
//! a pass: a file here, its name in [`Pass`](crate::run::Pass), and its place in [`run::execute`].

mod account_writer;
mod backoff;
mod batch;
pub mod check;
mod circuit_breaker;
pub mod close_account;
pub mod delivery;
pub mod forecast;
mod guard;
mod observer;
pub mod preview;
pub mod refund;
mod reload;
pub mod reload_processor;
mod report;
pub mod reprice;
pub mod run;
mod run_report_notice;
pub mod settle;
mod worker;

pub use account_writer::AccountWriter;
pub(crate) use backoff::backoff;
pub use observer::{Day, NoopObserver, Observer};
pub use report::RunReport;
