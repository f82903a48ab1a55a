//! The inventory of numbers.

mod repricings;
mod rows;
mod search;
