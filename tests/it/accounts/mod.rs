//! Accounts: their money, their documents, their history, and their end.

mod change_log;
mod closing;
mod history;
pub mod refunds;
pub mod statements;
