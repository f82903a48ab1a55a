//! The imperative shell: loads snapshots, calls the decision, and writes the outcome.
//!
//! [`run`] is the daily run, with one pass per file; [`forecast`] computes the runs of the coming days. [`settle`]
//! changes one account at once, for example when money is booked or a number is rented. [`reload_processor`] charges
//! cards for the run, for the [`check`] between runs, and for rentals. [`delivery`] sends notices.
//!
//! Every change is read, computed and written by compare-and-set, and computed again after a conflict: `retry` has
//! the one rule for that. To add a pass: a file here, its name in [`Pass`](crate::run::Pass), and its place in `run`.

pub mod account_pages;
mod account_writer;
mod backoff;
mod batch;
pub mod check;
mod circuit_breaker;
mod clock_guard;
pub mod close_account;
mod context;
pub mod delivery;
mod dry_run;
mod error_chain;
pub mod forecast;
mod guard;
mod observer;
mod outcome_sink;
pub mod refund;
mod reload;
pub mod reload_processor;
mod report;
pub mod reprice;
mod retry;
mod return_numbers;
pub mod run;
mod run_report_notice;
pub mod settle;
mod settle_error;
mod slice_book;
mod slice_leases;
mod slice_writer;
mod snapshots;
pub mod undo;
mod worker;

pub use account_writer::AccountWriter;
pub(crate) use backoff::backoff;
pub use observer::{Day, NoopObserver, Observer};
pub use report::RunReport;
pub(crate) use retry::until_written;
