//! Sending notices: a loop of its own, so that a mail server that is slow or away delays nobody's
//! billing (DESIGN 2.11).
//!
//! Notices are claimed in batches, sent over a few connections that are used again and again, and what
//! came of them is written down in batches. Whoever dies in between leaves notices that are pending,
//! and they are sent again: better twice than never, under the same Message-ID.

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
    /// The database.
    pub store: Store,
    /// Who writes the mails and carries them.
    pub mailer: Arc<Mailer>,
    pub clock: Arc<dyn Clock>,
    pub rng: Arc<dyn Rng>,
    /// Set when it shall stop after the mails in hand.
    pub stop: CancellationToken,
    /// Who follows it.
    pub observer: Arc<dyn Observer>,
}

/// What a round came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivered {
    /// The mail server took them.
    pub sent: u64,
    /// They are tried again later.
    pub deferred: u64,
    /// They were given up.
    pub failed: u64,
    /// Why the round ended early, if it did.
    pub trouble: Option<String>,
}

impl Delivered {
    /// Adds what a later round came to.
    pub fn add(&mut self, later: Self) {
        self.sent += later.sent;
        self.deferred += later.deferred;
        self.failed += later.failed;
        self.trouble = later.trouble.or(self.trouble.take());
    }
}

/// Notices claimed at once for each connection.
const BATCH_EACH: u32 = 100;
/// So often, outcomes are written down. Whoever dies meanwhile sends their mails once more.
const WRITE_EVERY: Duration = Duration::from_millis(10);
/// Outcomes in one statement, at most.
const SETTLED_MAX: usize = 500;
/// How long a batch may take. What is not sent by then others may take.
const CLAIM: TimeDelta = TimeDelta::minutes(20);
/// Refusals in a row after which nothing more is sent.
const REFUSALS_MAX: u32 = 20;
/// How often a statement is tried when another came first or the database is away for a moment.
const STORE_ATTEMPTS_MAX: u32 = 5;
/// The wait before the second attempt to record an outcome, and the longest.
const PERSIST_WAIT_MIN: Duration = Duration::from_millis(50);
const PERSIST_WAIT_MAX: Duration = Duration::from_secs(2);

impl NoticeSender {
    /// Sends what is pending and due, until there is nothing left or the transport seems to be out of
    /// order. `impatiently`, it does not wait for the time at which a notice was to be tried again.
    ///
    /// # Errors
    /// [`StoreError`]; what was sent and could not be written down is sent again.
    pub async fn deliver(&self, impatiently: bool) -> Result<Delivered, StoreError> {
        let begun = self.clock.now();
        if impatiently {
            self.store.hasten_notices(begun).await?;
        }
        let round = Arc::new(DeliveryRun::new(self.clone(), begun));
        let outcome = round.carry_out().await;
        let mut left: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for claimed in round.buffer.take_all() {
            left.entry(claimed.until).or_default().push(claimed.notice.id);
        }
        for (until, notices) in left {
            self.store.give_back_notices(&notices, until).await?;
        }
        let mut delivered = outcome?;
        if let Some(trouble) = &delivered.trouble {
            // What has waited for too long is given up, though it was not its own turn.
            let troubled_by = begun - self.mailer.settings.give_up_after;
            let given_up = self.store.note_trouble(troubled_by, trouble, self.clock.now()).await?;
            delivered.failed += given_up;
        }
        Ok(delivered)
    }
}

/// What came of a notice.
struct Attempted {
    delivery: Delivery,
    result: DeliveryResult,
}

enum DeliveryResult {
    Settled(NoticeStatus),
    Deferred(DateTime<Utc>),
}

/// One round of sending: one takes notices, as many as there are connections send them, and what came
/// of it is written down every few milliseconds, all at once. They meet over two lists and wake each
/// other only when one of them runs dry: a wake costs as much as a mail.
struct DeliveryRun {
    notice_sender: NoticeSender,
    begun: DateTime<Utc>,
    buffer: NoticeBuffer,
    outcomes: std::sync::Mutex<Vec<Attempted>>,
    /// Nothing can be written down any more, so nothing more is sent.
    cannot_record: AtomicBool,
    circuit_breaker: CircuitBreaker,
    /// Refusals in a row, since a mail was accepted.
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
            outcomes: std::sync::Mutex::default(),
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

    async fn carry_out(self: &Arc<Self>) -> Result<Delivered, StoreError> {
        let connections = self.notice_sender.mailer.transport.connections_max().max(1);
        let batch = connections.saturating_mul(BATCH_EACH);
        let mut workers = JoinSet::new();
        let round = Arc::clone(self);
        workers.spawn(async move { round.fill(batch).await }.in_current_span());
        for _ in 0..connections {
            let round = Arc::clone(self);
            let carrying = async move {
                round.send_all().await;
                Ok(())
            };
            workers.spawn(carrying.in_current_span());
        }
        let mut delivered = Delivered::default();
        let (mut is_done, mut failed) = (false, None);
        while !is_done {
            is_done = timeout(WRITE_EVERY, join(&mut workers, &mut failed)).await.is_ok();
            if let Err(failure) = self.write_down(&mut delivered).await {
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
            delivered.trouble = self.trouble.lock().expect("nobody panics while noting").clone();
        }
        Ok(delivered)
    }

    fn is_over(&self) -> bool {
        self.notice_sender.stop.is_cancelled()
            || self.is_degraded()
            || self.cannot_record.load(Ordering::Relaxed)
    }

    /// The mail server is away, or refuses whatever it is given.
    fn is_degraded(&self) -> bool {
        self.circuit_breaker.is_open() || self.refusals.load(Ordering::Relaxed) >= REFUSALS_MAX
    }

    /// Takes notices, a batch after the other, for as long as somebody sends them.
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
            let claimed = self.take(batch).await?;
            if claimed.is_empty() {
                break;
            }
            self.buffer.put(claimed);
        }
        Ok(())
    }

    async fn take(&self, batch: u32) -> Result<Vec<ClaimedNotice>, StoreError> {
        let store = &self.notice_sender.store;
        let mut attempts = 0;
        let (notices, until) = loop {
            let now = self.notice_sender.clock.now();
            let until = now + CLAIM;
            match store.claim_notices(now, self.begun, until, batch).await {
                Err(StoreError::Conflict) if attempts < STORE_ATTEMPTS_MAX => attempts += 1,
                // Others are at it.
                Err(StoreError::Conflict) => return Ok(Vec::new()),
                claimed => break (claimed?, until),
            }
        };
        let claimed = notices.into_iter();
        Ok(claimed
            .map(|Outgoing { notice, owner }| ClaimedNotice { notice, owner, until })
            .collect())
    }

    /// Writes down what came of notices by now, and counts it.
    async fn write_down(&self, delivered: &mut Delivered) -> Result<(), StoreError> {
        let NoticeSender { store, clock, .. } = &self.notice_sender;
        let noted = std::mem::take(&mut *self.outcomes.lock().expect("nobody panics while noting"));
        let mut settled = Vec::with_capacity(noted.len());
        for Attempted { delivery, result } in noted {
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

    /// Tries a statement a few times: the mails of which it tells are out of the house.
    async fn persist<F>(&self, statement: impl Fn() -> F) -> Result<(), StoreError>
    where
        F: Future<Output = Result<(), StoreError>>,
    {
        let NoticeSender { clock, rng, .. } = &self.notice_sender;
        let mut attempts = 1;
        loop {
            match statement().await {
                Err(failure) if attempts < STORE_ATTEMPTS_MAX => {
                    let wait = backoff(attempts, PERSIST_WAIT_MIN, PERSIST_WAIT_MAX, &**rng);
                    debug!(%failure, "an outcome is written again");
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
