//! Databases and their clocks, and how the whole stands.
//!
//! To add an operation: a file here, and its command in `cli`.

pub mod advance;
pub mod init;
pub mod system_status;
