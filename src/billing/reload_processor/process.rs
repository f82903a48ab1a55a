//! Asks the gateway about open reloads.

use std::time::Duration;

use chrono::TimeDelta;
use tracing::{error, warn};

use super::evidence::Evidence;
use super::processor::{
    IfClaimed, LATE_ARRIVAL, Processed, ReloadProcessor, ReloadResult, charge_of,
};
use crate::billing::account_writer::AccountWriter;
use crate::billing::backoff::backoff;
use crate::billing::error_chain::describe;
use crate::billing::retry::until_written;
use crate::billing::settle_error::SettleError;
use crate::billing::slice_book::SliceBook;
use crate::ids::ReloadId;
use crate::payments::{Gateway, Lookup, Outcome, Trouble, Uncertainty};
use crate::reload::{Reload, ReloadClaim, ReloadDoubt};
use crate::run::RunCounts;
use crate::store::StoreError;

/// The wait before a daemon asks again: twice as long each time, within these bounds.
const ASK_AGAIN_MIN: Duration = Duration::from_secs(30);
const ASK_AGAIN_MAX: Duration = Duration::from_secs(3_600);
/// The wait before another look whether a claim has ended: twice as long each time, within these bounds.
const LOOK_AGAIN_MIN: Duration = Duration::from_millis(10);
const LOOK_AGAIN_MAX: Duration = Duration::from_millis(500);

/// The reason of a doubt.
const TAKEN: &str =
    "the answer of the gateway belongs to another charge: another reload has been paid by it";

impl ReloadProcessor {
    /// Processes an open reload, and those that are requested as a consequence. What is done is counted in `book`, if
    /// there is one. Returns the result of the last reload, and everything that was done.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails, or the lease on the slice of `book` is lost. If only this account fails,
    /// that is logged and the reload stays open.
    pub(in crate::billing) async fn process(
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
                // It is stored, and carried out by the next run or check.
                Some(further) if !self.stop.is_cancelled() => next = further,
                Some(_) | None => return Ok((result, done)),
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
                match self.record(&reload, &evidence, book).await {
                    Err(SettleError::Store(StoreError::ReferenceTaken)) => {
                        let doubt = Uncertainty::of_request(TAKEN);
                        self.note_doubt(&reload, &doubt).await?;
                        Ok(alone(ReloadResult::Open(doubt.reason)))
                    }
                    recorded => recorded,
                }
            }
        }
    }

    /// Claims the reload, unless another process has claimed it.
    async fn claim(
        &self,
        id: ReloadId,
        gateway: &dyn Gateway,
        if_claimed: IfClaimed,
    ) -> Result<ReloadClaim, StoreError> {
        let AccountWriter { store, clock, .. } = &self.writer;
        let timeout = TimeDelta::from_std(gateway.timeout()).unwrap_or(TimeDelta::MAX);
        let begun = clock.now();
        // A claim by a process with a clock that is ahead must not be waited for without an end.
        let has_waited = || clock.now().signed_duration_since(begun) > timeout * 2;
        let mut pause = LOOK_AGAIN_MIN;
        loop {
            let claim = until_written(|| async {
                let now = clock.now();
                let until = now.checked_add_signed(timeout).unwrap_or(now);
                Ok::<_, StoreError>(store.claim_reload(id, gateway.name(), now, until).await)
            });
            match claim.await? {
                ReloadClaim::Busy if if_claimed == IfClaimed::Wait && !has_waited() => {}
                claim => return Ok(claim),
            }
            while store.is_claimed(id, clock.now()).await? {
                clock.sleep(pause).await;
                pause = (pause * 2).min(LOOK_AGAIN_MAX);
                if has_waited() {
                    break;
                }
            }
        }
    }

    /// Asks the gateway to charge while the idempotency key is valid. After that, only looks up what it knows.
    async fn ask_gateway(
        &self,
        gateway: &dyn Gateway,
        reload: &Reload,
    ) -> Result<Evidence, StoreError> {
        let now = self.writer.clock.now();
        let (first, last) = reload.asked.unwrap_or((now, now));
        let mut charge = charge_of(reload, (first, last));
        let age = now.signed_duration_since(first);
        // If the clock went back, the age of the key is unknown, and the reload is only looked up.
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
                error!(reload.id = %id, reason, "the gateway rejects the request; operator action required");
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
        match self.writer.store.note_doubt(id, &doubt).await {
            // The doubt must not be lost over it.
            Err(StoreError::ReferenceTaken) => {
                error!(reload.id = %id, reason = TAKEN, "the gateway's answer contradicts an earlier one; operator action required");
                let reason = format!("{TAKEN}; {}", doubt.reason);
                let doubt = ReloadDoubt { reason: &reason, reference: None, ..doubt };
                self.writer.store.note_doubt(id, &doubt).await
            }
            noted => noted,
        }
    }
}
