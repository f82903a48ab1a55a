//! The command line itself: help, questions, progress, JSON, refusals.

mod confirmation;
mod demo;
mod help;
mod progress;
mod refusals_page;
mod schemas;
