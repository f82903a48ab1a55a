//! The database by itself.

mod constraints;
mod plans;
mod statements;
