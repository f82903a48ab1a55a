//! Sends notices, in a loop of its own, so that a slow or unavailable mail server does not delay billing.
//!
//! Notices are claimed in batches and sent over a few connections that stay open, and the results are recorded in
//! batches. If the process dies in between, the notices stay pending and are sent again under the same Message-ID:
//! delivery is at least once.

mod buffer;
mod connection;
mod rate_limiter;
mod sender;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, debug};

use super::backoff::backoff;
use super::circuit_breaker::CircuitBreaker;
use super::observer::Observer;
use super::retry::until_written;
use crate::clock::Clock;
use crate::mail::Mailer;
use crate::notice::{Delivery, NoticeStatus, Outgoing};
use crate::rng::Rng;
use crate::store::{Store, StoreError};
use buffer::{ClaimedNotice, NoticeBuffer};
use rate_limiter::RateLimiter;

/// Sends notices.
#[derive(Clone)]
pub struct NoticeSender {
    pub store: Store,
    pub mailer: Arc<Mailer>,
    pub clock: Arc<dyn Clock>,
    pub rng: Arc<dyn Rng>,
    /// Cancelled to stop after the mails that are being sent.
    pub stop: CancellationToken,
    pub observer: Arc<dyn Observer>,
}

/// The result of a delivery run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Notices that the mail server accepted.
    pub sent: u64,
    /// Notices that are tried again later.
    pub deferred: u64,
    /// Notices that were given up.
    pub failed: u64,
    /// Why the delivery run ended early, if it did.
    pub trouble: Option<String>,
}

impl Delivered {
    /// Adds the result of a later delivery run.
    pub fn add(&mut self, later: Self) {
        self.sent += later.sent;
        self.deferred += later.deferred;
        self.failed += later.failed;
        self.trouble = later.trouble.or(self.trouble.take());
    }
}

/// Notices claimed at once per connection.
const BATCH_EACH: u32 = 100;
/// How often results are recorded. If the process dies in between, those mails are sent once more.
const RECORD_EVERY: Duration = Duration::from_millis(10);
/// The most results in one statement.
const SETTLED_MAX: usize = 500;
/// How long a batch is claimed. Notices that are not sent by then can be claimed by other processes.
const CLAIM: TimeDelta = TimeDelta::minutes(20);
/// Nothing more is sent after this many refusals in a row.
const REFUSALS_MAX: u32 = 20;
/// How often a result is recorded again after a failure, for example if the database is unavailable for a moment.
const RECORD_ATTEMPTS_MAX: u32 = 5;
/// The wait before the second attempt to record a result, and the longest.
const PERSIST_WAIT_MIN: Duration = Duration::from_millis(50);
const PERSIST_WAIT_MAX: Duration = Duration::from_secs(2);

impl NoticeSender {
    /// Sends what is pending and due, until nothing is left or the mail server seems to fail. With `ignore_back_off`,
    /// notices that wait for another attempt are due now.
    ///
    /// # Errors
    /// [`StoreError`]; notices whose result could not be recorded are sent again.
    pub async fn deliver(&self, ignore_back_off: bool) -> Result<Delivered, StoreError> {
        let begun = self.clock.now();
        if ignore_back_off {
            self.store.hasten_notices(begun).await?;
        }
        let run = Arc::new(DeliveryRun::new(self.clone(), begun));
        let outcome = run.deliver_all().await;
        let mut left: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for claimed in run.buffer.take_all() {
            left.entry(claimed.until).or_default().push(claimed.notice.id);
        }
        for (until, notices) in left {
            self.store.give_back_notices(&notices, until).await?;
        }
        let mut delivered = outcome?;
        if let Some(trouble) = &delivered.trouble {
            // A notice that has waited for too long is given up, even if it was not tried in this run.
            let troubled_by = begun - self.mailer.settings.give_up_after;
            let given_up = self.store.note_trouble(troubled_by, trouble, self.clock.now()).await?;
            delivered.failed += given_up;
        }
        Ok(delivered)
    }
}

/// An attempt to send a notice, and its result.
struct Attempted {
    delivery: Delivery,
    result: DeliveryResult,
}

enum DeliveryResult {
    Settled(NoticeStatus),
    Deferred(DateTime<Utc>),
}

/// One delivery run: one task claims notices, one task per connection sends them, and the results are recorded every
/// few milliseconds. The tasks share two lists and wake each other only if a list is empty, because waking a task costs
/// as much as sending a mail.
struct DeliveryRun {
    notice_sender: NoticeSender,
    begun: DateTime<Utc>,
    buffer: NoticeBuffer,
    /// Results that have not been recorded.
    attempted: std::sync::Mutex<Vec<Attempted>>,
    /// Results cannot be recorded, so sending has stopped.
    cannot_record: AtomicBool,
    circuit_breaker: CircuitBreaker,
    /// Refusals in a row since a mail was last accepted.
    refusals: AtomicU32,
    rate_limiter: RateLimiter,
    trouble: std::sync::Mutex<Option<String>>,
}

impl DeliveryRun {
    fn new(notice_sender: NoticeSender, begun: DateTime<Utc>) -> Self {
        let NoticeSender { clock, rng, .. } = &notice_sender;
        let rate_max_per_s = notice_sender.mailer.settings.rate_max_per_s;
        Self {
            begun,
            buffer: NoticeBuffer::default(),
            attempted: std::sync::Mutex::default(),
            cannot_record: AtomicBool::new(false),
            circuit_breaker: CircuitBreaker::of(
                "the mail server",
                Arc::clone(clock),
                Arc::clone(rng),
            ),
            refusals: AtomicU32::new(0),
            rate_limiter: RateLimiter::new(rate_max_per_s, Arc::clone(clock)),
            trouble: std::sync::Mutex::default(),
            notice_sender,
        }
    }

    async fn deliver_all(self: &Arc<Self>) -> Result<Delivered, StoreError> {
        let connections = self.notice_sender.mailer.transport.connections_max().max(1);
        let batch = connections.saturating_mul(BATCH_EACH);
        let mut workers = JoinSet::new();
        let run = Arc::clone(self);
        workers.spawn(async move { run.fill(batch).await }.in_current_span());
        for _ in 0..connections {
            let run = Arc::clone(self);
            let sending = async move {
                run.send_all().await;
                Ok(())
            };
            workers.spawn(sending.in_current_span());
        }
        let mut delivered = Delivered::default();
        let (mut is_done, mut failed) = (false, None);
        while !is_done {
            is_done = timeout(RECORD_EVERY, join(&mut workers, &mut failed)).await.is_ok();
            if let Err(failure) = self.record(&mut delivered).await {
                self.cannot_record.store(true, Ordering::Relaxed);
                self.buffer.wake_all();
                join(&mut workers, &mut failed).await;
                return Err(failure);
            }
        }
        if let Some(failure) = failed {
            return Err(failure);
        }
        if self.is_degraded() {
            delivered.trouble = self.trouble.lock().expect("the lock is not poisoned").clone();
        }
        Ok(delivered)
    }

    fn is_over(&self) -> bool {
        self.notice_sender.stop.is_cancelled()
            || self.is_degraded()
            || self.cannot_record.load(Ordering::Relaxed)
    }

    /// Whether the mail server is unavailable, or refuses one notice after the other.
    fn is_degraded(&self) -> bool {
        self.circuit_breaker.is_open() || self.refusals.load(Ordering::Relaxed) >= REFUSALS_MAX
    }

    /// Claims notices in batches while they are being sent.
    async fn fill(&self, batch: u32) -> Result<(), StoreError> {
        let outcome = self.fill_until_over(batch).await;
        self.buffer.end();
        outcome
    }

    async fn fill_until_over(&self, batch: u32) -> Result<(), StoreError> {
        let enough = usize::try_from(batch / 2).unwrap_or(usize::MAX);
        while !self.is_over() {
            if self.buffer.len() > enough {
                self.buffer.wanted.notified().await;
                continue;
            }
            let claimed = self.claim(batch).await?;
            if claimed.is_empty() {
                break;
            }
            self.buffer.put(claimed);
        }
        Ok(())
    }

    async fn claim(&self, batch: u32) -> Result<Vec<ClaimedNotice>, StoreError> {
        let NoticeSender { store, clock, .. } = &self.notice_sender;
        let claimed = until_written(|| async {
            let now = clock.now();
            let until = now + CLAIM;
            let notices = store.claim_notices(now, self.begun, until, batch).await;
            Ok::<_, StoreError>(notices.map(|notices| (notices, until)))
        });
        match claimed.await {
            Ok((notices, until)) => Ok(notices
                .into_iter()
                .map(|Outgoing { notice, owner }| ClaimedNotice { notice, owner, until })
                .collect()),
            // Other processes are claiming them.
            Err(StoreError::Conflict) => Ok(Vec::new()),
            Err(failure) => Err(failure),
        }
    }

    /// Records and counts the results that have come in.
    async fn record(&self, delivered: &mut Delivered) -> Result<(), StoreError> {
        let NoticeSender { store, clock, .. } = &self.notice_sender;
        let attempted =
            std::mem::take(&mut *self.attempted.lock().expect("the lock is not poisoned"));
        let mut settled = Vec::with_capacity(attempted.len());
        for Attempted { delivery, result } in attempted {
            match result {
                DeliveryResult::Settled(status) => settled.push((delivery, status)),
                DeliveryResult::Deferred(due_at) => {
                    self.persist(|| store.defer_notice(&delivery, due_at, clock.now())).await?;
                    delivered.deferred += 1;
                    self.notice_sender.observer.delivered(1);
                }
            }
        }
        for some in settled.chunks(SETTLED_MAX) {
            self.persist(|| store.settle_notices(some, clock.now())).await?;
            let sent = some.iter().filter(|(_, status)| *status == NoticeStatus::Sent).count();
            delivered.sent += sent as u64;
            delivered.failed += (some.len() - sent) as u64;
            self.notice_sender.observer.delivered(some.len() as u64);
        }
        Ok(())
    }

    /// Tries a statement several times, because the mails that it records have been sent.
    async fn persist<F>(&self, statement: impl Fn() -> F) -> Result<(), StoreError>
    where
        F: Future<Output = Result<(), StoreError>>,
    {
        let NoticeSender { clock, rng, .. } = &self.notice_sender;
        let mut attempts = 1;
        loop {
            match statement().await {
                Err(failure) if attempts < RECORD_ATTEMPTS_MAX => {
                    let wait = backoff(attempts, PERSIST_WAIT_MIN, PERSIST_WAIT_MAX, &**rng);
                    debug!(%failure, "a result could not be recorded; trying again");
                    clock.sleep(wait).await;
                    attempts += 1;
                }
                outcome => return outcome,
            }
        }
    }
}

/// Waits for all workers; the first failure of one is kept.
async fn join(workers: &mut JoinSet<Result<(), StoreError>>, failed: &mut Option<StoreError>) {
    while let Some(outcome) = workers.join_next().await {
        let outcome = outcome.expect("a worker does not panic, and is not aborted");
        *failed = failed.take().or(outcome.err());
    }
}
