//! Notices, from the transaction that queues them to the result of sending them.

mod backlog;
mod claim;
pub(in crate::store) mod enqueue;
mod record;
pub(in crate::store) mod rows;

pub use rows::NoticePlace;
