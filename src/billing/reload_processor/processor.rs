//! The reload processor: what it needs, and the results that it has.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::billing::account_writer::AccountWriter;
use crate::billing::circuit_breaker::CircuitBreaker;
use crate::ids::ReloadId;
use crate::payments::{Charge, Gateway};
use crate::reload::{Reload, ReloadStatus};
use crate::run::RunCounts;
use crate::store::StoreError;

/// Takes reloads to the gateway, at one moment.
#[derive(Clone)]
pub struct ReloadProcessor {
    pub(super) writer: AccountWriter,
    /// `None` if this database may not use the configured gateway. Then requests wait.
    pub(super) gateway: Option<Arc<dyn Gateway>>,
    /// Limits the charges at once in the whole process.
    pub(super) permits: Arc<Semaphore>,
    pub(super) circuit_breaker: Arc<CircuitBreaker>,
    /// Cancelled to stop between two transactions of one account.
    pub(super) stop: CancellationToken,
}

/// The result of processing a reload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReloadResult {
    /// Paid and credited.
    Captured,
    /// With the reason.
    Declined(String),
    /// It never reached the gateway, and is not sent again.
    Lapsed,
    /// Its outcome is not yet known, for this reason.
    Open(String),
    /// Another process has claimed it.
    Busy,
    /// Another process has recorded its outcome.
    Settled,
}

/// What to do about a reload that another process has claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::billing) enum IfClaimed {
    /// Leave it to the other process.
    Skip,
    /// Wait until the other process has finished, or has exceeded its time.
    Wait,
}

/// The result of one step, what it did, and the reload to process next.
pub(super) type Processed = (ReloadResult, RunCounts, Option<ReloadId>);

/// A charge may still arrive at the gateway for this long after it was last sent.
pub(super) const LATE_ARRIVAL: TimeDelta = TimeDelta::hours(1);
/// A request that was not sent for this long lapses. If it is still needed, it is made again.
const STALE: TimeDelta = TimeDelta::hours(1);

impl ReloadProcessor {
    /// A processor that asks `gateway`, at most as often at once as there are `permits`.
    pub fn new(
        writer: AccountWriter,
        gateway: Option<Arc<dyn Gateway>>,
        permits: Arc<Semaphore>,
    ) -> Self {
        let (clock, rng) = (Arc::clone(&writer.clock), Arc::clone(&writer.rng));
        let circuit_breaker = Arc::new(CircuitBreaker::of("the gateway", clock, rng));
        Self { writer, gateway, permits, circuit_breaker, stop: CancellationToken::new() }
    }

    /// A processor that stops when `stop` is cancelled, once the outcome of its reload is recorded.
    pub fn stopping_at(self, stop: CancellationToken) -> Self {
        Self { stop, ..self }
    }

    /// The most cards charged at once.
    pub(in crate::billing) fn charges(&self) -> usize {
        usize::try_from(self.writer.policy.run.charges.max(1)).unwrap_or(usize::MAX)
    }

    /// The reload, if it was requested long ago and never sent, for example because the gateway was down. Since then
    /// the account may have been paid for, or its order may have ended.
    pub(super) async fn find_stale(&self, id: ReloadId) -> Result<Option<Reload>, StoreError> {
        let reload = self.writer.store.find_reload(id).await?;
        Ok(reload.filter(|it| {
            let age = self.writer.moment.at.signed_duration_since(it.requested.at);
            it.status == ReloadStatus::Requested && it.asked.is_none() && age >= STALE
        }))
    }
}

/// The request to the gateway for a reload, which was `asked` for first and last at these times.
pub(super) fn charge_of(reload: &Reload, asked: (DateTime<Utc>, DateTime<Utc>)) -> Charge {
    Charge {
        id: reload.id,
        amount: reload.amount,
        payment_method: reload.payment_method.clone(),
        reference: reload.reference.clone(),
        asked,
    }
}
