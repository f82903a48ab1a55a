//! The command line itself: help, questions, progress, JSON.

mod confirmation;
mod demo;
mod help;
mod progress;
mod schemas;
