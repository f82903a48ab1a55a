//! The command line itself: help, questions, progress, JSON, refusals.

mod confirmation;
mod demo;
mod help;
mod installing;
mod lists;
mod progress;
mod refusals_page;
mod schemas;
