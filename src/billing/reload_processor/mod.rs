//! Charging cards (DESIGN 2.4): takes an open reload, asks the gateway, records what became of it.
//!
//! The order of events is fixed. The intent was stored and committed before; the gateway is asked
//! outside of any transaction, under the reload's id; the outcome is committed together with its
//! transfer and with all that the money pays at once (`record`). Whoever dies in between leaves a
//! reload that is open, and the next one asks again under the same key. `fund` asks for money that
//! a rental needs, `resolve` hears a person out.

mod fund;
mod record;
mod resolve;

pub use fund::NotFunded;
pub use resolve::Unresolved;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Semaphore;
use tracing::{error, warn};

use super::AccountWriter;
use super::backoff::backoff;
use super::batch::describe;
use super::circuit_breaker::CircuitBreaker;
use super::reload::SliceBook;
use super::settle::{ATTEMPTS_MAX, SettleError};
use crate::ids::ReloadId;
use crate::payments::{Charge, Gateway, Lookup, Outcome, Trouble, Uncertainty};
use crate::reload::{Reload, ReloadClaim, ReloadDoubt, ReloadStatus};
use crate::run::RunCounts;
use crate::store::StoreError;
use record::Evidence;

/// Who charges cards, at one moment.
#[derive(Clone)]
pub struct ReloadProcessor {
    writer: AccountWriter,
    /// None where there is none that this database may use: what is asked for waits.
    gateway: Option<Arc<dyn Gateway>>,
    /// As many as the process may charge at once, whatever it does.
    permits: Arc<Semaphore>,
    circuit_breaker: Arc<CircuitBreaker>,
}

/// What became of a reload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReloadResult {
    /// Paid and credited.
    Captured,
    /// Refused, and why.
    Declined(String),
    /// It never arrived, and is not sent again.
    Lapsed,
    /// Still open, and why.
    Open(String),
    /// Somebody else is asking about it.
    Busy,
    /// Somebody else has recorded its outcome.
    Settled,
}

/// What to do about a reload that somebody else is asking about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IfClaimed {
    /// Leave it to them.
    Skip,
    /// Wait until they know, or cannot be alive any more.
    Wait,
}

/// How long after it was last sent a charge may still arrive at the gateway.
const LATE_ARRIVAL: TimeDelta = TimeDelta::hours(1);
/// An intent that was not sent for so long lapses, and is asked for anew if it is still wanted.
const STALE: TimeDelta = TimeDelta::hours(1);
/// How long a daemon waits before it asks again: twice as long each time, within these bounds.
const ASK_AGAIN_MIN: Duration = Duration::from_secs(30);
const ASK_AGAIN_MAX: Duration = Duration::from_secs(3_600);
/// How often to look whether somebody else has come to an end: half as often each time.
const LOOK_AGAIN_MIN: Duration = Duration::from_millis(10);
const LOOK_AGAIN_MAX: Duration = Duration::from_millis(500);

/// What one step came to: its result, what was done, and the reload that follows at once.
type Processed = (ReloadResult, RunCounts, Option<ReloadId>);

impl ReloadProcessor {
    /// One that asks `gateway`, with as many at once as there are `permits` in the process, and
    /// records by `writer`.
    pub fn new(
        writer: AccountWriter,
        gateway: Option<Arc<dyn Gateway>>,
        permits: Arc<Semaphore>,
    ) -> Self {
        let (clock, rng) = (Arc::clone(&writer.clock), Arc::clone(&writer.rng));
        let circuit_breaker = Arc::new(CircuitBreaker::of("the gateway", clock, rng));
        Self { writer, gateway, permits, circuit_breaker }
    }

    /// Cards charged at once, at most.
    pub(super) fn charges(&self) -> usize {
        usize::try_from(self.writer.policy.run.charges.max(1)).unwrap_or(usize::MAX)
    }

    /// Follows an open reload to its outcome, and those that it leads to; counts what was done in
    /// `book`, if there is one. Returns what became of the last of them, and all that was done.
    ///
    /// # Errors
    /// Where the database is out of order. An account that is broken is told of and left as it is.
    pub(super) async fn process(
        &self,
        first: ReloadId,
        book: Option<&SliceBook<'_>>,
        if_claimed: IfClaimed,
    ) -> Result<(ReloadResult, RunCounts), StoreError> {
        let mut done = RunCounts::default();
        let mut next = first;
        loop {
            let (result, counts, further) = match self.process_one(next, book, if_claimed).await {
                Ok(processed) => processed,
                Err(SettleError::Store(failure))
                    if failure.is_unavailable() || matches!(failure, StoreError::LeaseLost) =>
                {
                    return Err(failure);
                }
                Err(failure) => {
                    let reason = describe(&failure);
                    error!(reload.id = %next, account.key = %next.account(), reason, "a reload's outcome cannot be recorded");
                    return Ok((ReloadResult::Open(reason), done));
                }
            };
            done.add(&counts);
            match further {
                Some(further) => next = further,
                None => return Ok((result, done)),
            }
        }
    }

    async fn process_one(
        &self,
        id: ReloadId,
        book: Option<&SliceBook<'_>>,
        if_claimed: IfClaimed,
    ) -> Result<Processed, SettleError> {
        let alone = |result| (result, RunCounts::default(), None);
        let open = |why: &str| alone(ReloadResult::Open(why.to_owned()));
        let Some(gateway) = &self.gateway else {
            self.circuit_breaker.warn_not_configured();
            return Ok(open("no gateway may charge cards in this database"));
        };
        let _permit = self.permits.acquire().await.expect("it is never closed");
        if self.circuit_breaker.is_open() {
            return Ok(open("the gateway was not asked, it is down"));
        }
        if let Some(reload) = self.find_stale(id).await? {
            return self.record(&reload, &Evidence::NeverSent, book).await;
        }
        let reload = match self.claim(id, gateway.as_ref(), if_claimed).await? {
            ReloadClaim::Claimed(reload) => reload,
            ReloadClaim::OtherGateway(other) => {
                let reason = format!("only the gateway `{other}` can tell");
                error!(reload.id = %id, reason, "a reload is in doubt, and another gateway is configured");
                return Ok(open(&reason));
            }
            ReloadClaim::Busy => return Ok(alone(ReloadResult::Busy)),
            ReloadClaim::Settled => return Ok(alone(ReloadResult::Settled)),
        };
        match self.ask_gateway(gateway.as_ref(), &reload).await? {
            Evidence::Gateway(Outcome::InDoubt(doubt)) => {
                self.note_doubt(&reload, &doubt).await?;
                let is_gateways = doubt.trouble == Trouble::Gateway;
                if is_gateways {
                    self.circuit_breaker.record_failure().await
                } else {
                    self.circuit_breaker.record_success()
                }
                Ok(alone(ReloadResult::Open(doubt.reason)))
            }
            evidence => {
                self.circuit_breaker.record_success();
                self.record(&reload, &evidence, book).await
            }
        }
    }

    /// The reload, where it was asked for long ago and never sent: the gateway was down, say. Since
    /// then the account may have been paid for, or its order ended.
    async fn find_stale(&self, id: ReloadId) -> Result<Option<Reload>, StoreError> {
        let reload = self.writer.store.find_reload(id).await?;
        Ok(reload.filter(|it| {
            let age = self.writer.moment.at.signed_duration_since(it.requested.at);
            it.status == ReloadStatus::Requested && it.asked.is_none() && age >= STALE
        }))
    }

    /// Takes the reload, unless somebody else asks about it.
    async fn claim(
        &self,
        id: ReloadId,
        gateway: &dyn Gateway,
        if_claimed: IfClaimed,
    ) -> Result<ReloadClaim, StoreError> {
        let patience = TimeDelta::from_std(gateway.timeout()).unwrap_or(TimeDelta::MAX);
        let begun = self.writer.clock.now();
        let (mut conflicts, mut pause) = (0, LOOK_AGAIN_MIN);
        loop {
            let now = self.writer.clock.now();
            let until = now.checked_add_signed(patience).unwrap_or(now);
            match self.writer.store.claim_reload(id, gateway.name(), now, until).await {
                Ok(ReloadClaim::Busy) => {}
                Err(StoreError::Conflict) if conflicts < ATTEMPTS_MAX => {
                    conflicts += 1;
                    continue;
                }
                outcome => return outcome,
            }
            // A claim of somebody whose clock is ahead must not hold us up for ever.
            let waited = now.signed_duration_since(begun);
            if if_claimed == IfClaimed::Skip || waited > patience * 2 {
                return Ok(ReloadClaim::Busy);
            }
            while self.writer.store.is_claimed(id, self.writer.clock.now()).await? {
                self.writer.clock.sleep(pause).await;
                pause = (pause * 2).min(LOOK_AGAIN_MAX);
                if self.writer.clock.now().signed_duration_since(begun) > patience * 2 {
                    break;
                }
            }
        }
    }

    /// Asks the gateway to charge, as long as its key holds; afterwards, what it knows of it.
    async fn ask_gateway(
        &self,
        gateway: &dyn Gateway,
        reload: &Reload,
    ) -> Result<Evidence, StoreError> {
        let now = self.writer.clock.now();
        let (first, last) = reload.asked.unwrap_or((now, now));
        let mut charge = charge_of(reload, (first, last));
        let age = now.signed_duration_since(first);
        // A clock that went back says nothing of how old the key is: then it is only looked up.
        let holds = gateway
            .key_lifetime()
            .is_none_or(|lifetime| (TimeDelta::zero()..lifetime).contains(&age));
        if holds {
            if reload.attempts > 1 {
                self.writer.store.note_asking_again(reload.id, now).await?;
                charge.asked = (first, now.max(last));
            }
            return Ok(Evidence::Gateway(gateway.charge(&charge).await));
        }
        Ok(match gateway.look_up(&charge).await {
            Lookup::Charge(outcome) => Evidence::Gateway(outcome),
            Lookup::Nothing if now.signed_duration_since(last) >= LATE_ARRIVAL => {
                Evidence::NeverArrived
            }
            Lookup::Nothing => Evidence::Gateway(Outcome::InDoubt(Uncertainty::of_charge(
                "the gateway has not heard of it, and it may still be on its way",
            ))),
            Lookup::Unavailable(doubt) => Evidence::Gateway(Outcome::InDoubt(doubt)),
        })
    }

    async fn note_doubt(&self, reload: &Reload, doubt: &Uncertainty) -> Result<(), StoreError> {
        let (id, reason) = (reload.id, doubt.reason.as_str());
        match doubt.trouble {
            Trouble::Request => {
                error!(reload.id = %id, reason, "the gateway refuses how it is asked, a person must look");
            }
            Trouble::Charge | Trouble::Gateway => {
                warn!(reload.id = %id, reload.attempts = reload.attempts, reason, "a reload is in doubt");
            }
        }
        let now = self.writer.clock.now();
        let wait = backoff(reload.attempts, ASK_AGAIN_MIN, ASK_AGAIN_MAX, &*self.writer.rng);
        let wait = TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX);
        let doubt = ReloadDoubt {
            attempts: reload.attempts,
            reason,
            reference: doubt.reference.as_deref(),
            next_attempt_at: now.checked_add_signed(wait).unwrap_or(now),
        };
        self.writer.store.note_doubt(id, &doubt).await
    }
}

/// What the gateway is told of a reload.
fn charge_of(reload: &Reload, asked: (DateTime<Utc>, DateTime<Utc>)) -> Charge {
    Charge {
        id: reload.id,
        amount: reload.amount,
        payment_method: reload.payment_method.clone(),
        reference: reload.reference.clone(),
        asked,
    }
}
