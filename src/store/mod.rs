//! The database: the only module that knows SQL and the engines.
//!
//! `engine` is the only part that knows that there are two engines. Each other file has the
//! statements of one subject, written once for both. A subject with several files has a folder, with
//! its plain reads and writes in `rows`. Every change to an account's money or subscriptions is
//! written by `changes`. `columns` reads the columns that several tables have.
//!
//! To add a table: a migration, a file with its statements, and a test that runs them on both
//! engines.

pub mod accounts;
pub mod audit;
pub mod changes;
mod columns;
pub mod daemon_lock;
pub mod engine;
mod error;
mod health;
mod history;
mod ledger;
mod notices;
mod numbers;
mod open;
mod reloads;
pub mod runs;
pub mod schema;
mod status;
pub mod subscriptions;

pub use changes::{AccountChange, Progress};
pub use engine::init_lock::InitLock;
pub use error::{DatabaseFault, StoreError, UrlMistake};
pub use notices::NoticePlace;
pub use open::Store;
pub use status::DatabaseStatus;
