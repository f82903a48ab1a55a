//! Runs, and the slices in which their work is shared out.

mod rows;
pub mod slices;
