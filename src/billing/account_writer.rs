//! Writing changes of accounts, at one moment and by one set of rules.

use std::sync::Arc;

use crate::clock::{Clock, Moment};
use crate::policy::BillingPolicy;
use crate::rng::Rng;
use crate::store::{AccountChange, Store, StoreError};

/// What a change of an account needs, from reading it to writing it.
#[derive(Debug, Clone)]
pub struct AccountWriter {
    /// The database.
    pub store: Store,
    /// The operator's rules.
    pub policy: Arc<BillingPolicy>,
    /// The billing date, and the instant that postings carry.
    pub moment: Moment,
    /// The time of leases, claims and back-offs.
    pub clock: Arc<dyn Clock>,
    /// What ids, tokens and jitter are drawn from.
    pub rng: Arc<dyn Rng>,
}

impl AccountWriter {
    /// Writes `change` in one transaction.
    pub(super) async fn write(&self, change: AccountChange) -> Result<(), StoreError> {
        let (hold, today, now) = (self.policy.release.hold, self.moment.on, self.clock.now());
        self.store.write(&[change], hold, today, now, &*self.rng, None).await?;
        Ok(())
    }
}
