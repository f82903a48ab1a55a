//! Runs, and the slices in which processes share their work.

mod rows;
pub mod slices;
