//! The database by itself.

mod constraints;
