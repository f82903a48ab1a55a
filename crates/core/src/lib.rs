//! Values that every part of linerent uses. They depend on no other crate of the workspace.

pub mod calendar;
pub mod money;
pub mod text;
