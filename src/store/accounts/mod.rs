//! Accounts, and the tables that have one row or several rows per account.

pub(in crate::store) mod auto_reloads;
pub mod change_log;
pub mod due;
pub mod locked;
pub(in crate::store) mod rows;
pub mod snapshots;
