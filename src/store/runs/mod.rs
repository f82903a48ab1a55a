//! Runs, and the slices in which processes share their work.

pub(in crate::store) mod guards;
mod rows;
pub mod slices;
pub mod undo;
