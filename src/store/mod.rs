//! The database: the only place that knows SQL and engines.
//!
//! `engine` knows that there are two of them; every other file here is one subject with its
//! statements, written once for both. What changes an account's money or subscriptions goes
//! through `changes`. To add a table: a migration, a file with its statements, and a test that
//! runs them on both engines.

mod accounts;
mod audit;
mod auto_reloads;
mod backlog;
mod changes;
mod claims;
mod configurations;
mod daemon_lock;
mod engine;
mod error;
mod health;
mod history;
mod journal;
mod migrations;
mod notices;
mod numbers;
mod offers;
mod outbox;
mod outcomes;
mod prices;
mod queue;
mod reloads;
mod rentals;
mod repricings;
mod runs;
mod sandbox_charges;
mod schema;
mod set_ups;
mod slices;
mod snapshots;
mod subscriptions;
mod transfers;

pub use audit::{AuditPage, AuditedAccount, AuditedReload, AuditedSubscription, AuditedTransfer};
pub use changes::AccountChange;
pub use claims::{Claimed, Doubt};
pub use daemon_lock::DaemonLock;
pub use engine::{PoolSettings, PoolUse};
pub use error::StoreError;
pub use health::Waiting;
pub use history::{HeldFact, RentalFact, Span, TransferFact};
pub use journal::{Note, NotedFact};
pub use sandbox_charges::{SandboxCharge, SandboxChargeStatus};
pub use schema::SchemaState;
pub use set_ups::Renter;
pub use slices::{Claim, Progress, Slice, cut};
pub use snapshots::LoadedSnapshot;

use engine::Database;

/// An open database.
#[derive(Debug, Clone)]
pub struct Store {
    database: Database,
}

impl Store {
    /// Reads the URL of a database as [`Store::connect`] does, and connects to nothing.
    ///
    /// # Errors
    /// [`StoreError::Url`].
    pub fn check_url(url: &str) -> Result<(), StoreError> {
        Database::check(url)
    }

    /// Connects to the database at `url` (`sqlite:PATH` or `postgres://…`), which must exist.
    ///
    /// # Errors
    /// [`StoreError`] with a remedy where it cannot be reached.
    pub async fn connect(url: &str, pool: PoolSettings) -> Result<Self, StoreError> {
        Ok(Self { database: Database::connect(url, pool, false).await? })
    }

    /// Connects as [`Store::connect`] does; an SQLite file that is missing is made.
    ///
    /// # Errors
    /// [`StoreError`] with a remedy where it cannot be reached.
    pub async fn connect_or_create(url: &str, pool: PoolSettings) -> Result<Self, StoreError> {
        Ok(Self { database: Database::connect(url, pool, true).await? })
    }

    /// Its pools of connections, and how far they are in use.
    pub fn pools(&self) -> Vec<PoolUse> {
        self.database.pools()
    }

    /// Closes every connection; SQLite folds its log into the file.
    pub async fn close(&self) {
        self.database.close().await;
    }
}
