//! Sending notices: a loop of its own, so that a mail server that is slow or away delays nobody's
//! billing (DESIGN 2.11).
//!
//! Notices are taken in batches, sent over a few connections that are used again and again, and what
//! came of them is written down in batches. Whoever dies in between leaves notices that are pending,
//! and they are sent again: better twice than never, under the same Message-ID.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, debug, error, info, warn};

use super::batch::describe;
use super::weather::{Weather, backoff};
use crate::clock::system_now;
use crate::mail::{Carried, Connection, Draft, Mail, Mailer, NotComposed};
use crate::notice::NoticeId;
use crate::store::{Delivery, NoticeStatus, Owner, Store, StoreError, StoredNotice};

/// Sends notices.
#[derive(Clone)]
pub struct Postman {
    /// The database.
    pub store: Store,
    /// Who writes the mails and carries them.
    pub mailer: Arc<Mailer>,
    /// Set when it shall stop after the mails in hand.
    pub stop: CancellationToken,
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

/// Notices taken at once for each connection.
const BATCH_EACH: u32 = 50;
/// Outcomes written at once, at most.
const SETTLED_MAX: usize = 200;
/// How long a batch may take. What is not sent by then others may take.
const CLAIM: TimeDelta = TimeDelta::minutes(10);
/// Nothing is begun so shortly before the end of a claim: the other side may take its time.
const CLAIM_MARGIN: TimeDelta = TimeDelta::minutes(5);
/// The wait before a notice is tried again: twice as long each time, within these bounds.
const TRY_AGAIN_MIN: Duration = Duration::from_secs(60);
const TRY_AGAIN_MAX: Duration = Duration::from_secs(3_600);
/// How often a statement is tried when another came first or the database is away for a moment.
const STORE_ATTEMPTS_MAX: u32 = 5;

impl Postman {
    /// Sends what is pending and due, until there is nothing left or the transport seems to be out of
    /// order. `impatiently`, it does not wait for the time at which a notice was to be tried again.
    ///
    /// # Errors
    /// [`StoreError`]; what was sent and could not be written down is sent again.
    pub async fn deliver(&self, impatiently: bool) -> Result<Delivered, StoreError> {
        let begun = system_now();
        if impatiently {
            self.store.hasten_notices(begun).await?;
        }
        let round = Arc::new(Round::new(self.clone(), begun));
        let outcome = round.carry_out().await;
        let left = round.sack.lock().await.take();
        self.store.give_back_notices(&left.ids(), left.claimed_until).await?;
        let mut delivered = outcome?;
        if let Some(trouble) = &delivered.trouble {
            // What is too old is given up, though it was not its own turn.
            let queued_by = begun - self.mailer.give_up_after;
            let given_up = self.store.give_up_notices(queued_by, trouble, system_now()).await?;
            delivered.failed += given_up;
        }
        Ok(delivered)
    }
}

/// Notices that were taken and are not sent yet.
struct Sack {
    notices: VecDeque<(StoredNotice, Option<Owner>)>,
    claimed_until: DateTime<Utc>,
    is_last: bool,
}

impl Sack {
    fn take(&mut self) -> Self {
        let notices = std::mem::take(&mut self.notices);
        Self { notices, claimed_until: self.claimed_until, is_last: true }
    }

    fn ids(&self) -> Vec<NoticeId> {
        self.notices.iter().map(|(notice, _)| notice.id).collect()
    }
}

/// A notice with its mail, on its way.
struct Outgoing {
    notice: StoredNotice,
    mail: Mail,
}

/// What came of a notice.
struct Outcome {
    delivery: Delivery,
    fate: Fate,
}

enum Fate {
    Settled(NoticeStatus),
    Deferred(DateTime<Utc>),
}

/// One round of sending.
struct Round {
    postman: Postman,
    begun: DateTime<Utc>,
    sack: Mutex<Sack>,
    weather: Weather,
    pacer: Pacer,
    trouble: std::sync::Mutex<Option<String>>,
}

impl Round {
    fn new(postman: Postman, begun: DateTime<Utc>) -> Self {
        let sack = Sack { notices: VecDeque::new(), claimed_until: begun, is_last: false };
        let pacer = Pacer::new(postman.mailer.rate_max_per_s);
        let weather = Weather::of("the mail server");
        Self {
            postman,
            begun,
            sack: Mutex::new(sack),
            weather,
            pacer,
            trouble: std::sync::Mutex::default(),
        }
    }

    async fn carry_out(self: &Arc<Self>) -> Result<Delivered, StoreError> {
        let (sender, receiver) = mpsc::channel(SETTLED_MAX);
        let mut carriers = JoinSet::new();
        for _ in 0..self.postman.mailer.transport.connections_max().max(1) {
            let (round, sender) = (Arc::clone(self), sender.clone());
            carriers.spawn(async move { round.carry(&sender).await }.in_current_span());
        }
        drop(sender);
        let recorded = self.record(receiver).await;
        let mut failed = None;
        while let Some(outcome) = carriers.join_next().await {
            let outcome = outcome.expect("a carrier does not panic, and is not aborted");
            failed = failed.or(outcome.err());
        }
        let mut delivered = recorded?;
        if let Some(failure) = failed {
            return Err(failure);
        }
        if self.weather.is_foul() {
            delivered.trouble = self.trouble.lock().expect("nobody panics while noting").clone();
        }
        Ok(delivered)
    }

    /// Carries one notice after the other over a connection of its own.
    async fn carry(&self, outcomes: &mpsc::Sender<Outcome>) -> Result<(), StoreError> {
        let mut line = Line::default();
        while let Some((notice, owner)) = self.next().await? {
            let outcome = match self.compose(&notice, owner.as_ref()) {
                Ok(mail) => {
                    self.pacer.wait().await;
                    self.send(Outgoing { notice, mail }, &mut line).await
                }
                Err(failure) => Some(self.not_composed(&notice, owner.as_ref(), &failure)),
            };
            let Some(outcome) = outcome else { continue };
            if outcomes.send(outcome).await.is_err() {
                // Nothing can be written down any more, so nothing more is sent.
                break;
            }
        }
        line.close().await;
        Ok(())
    }

    /// The next notice to send; none where nothing is left, or nothing can be sent now.
    async fn next(&self) -> Result<Option<(StoredNotice, Option<Owner>)>, StoreError> {
        let mut sack = self.sack.lock().await;
        if self.postman.stop.is_cancelled() || self.weather.is_foul() {
            return Ok(None);
        }
        if sack.notices.is_empty() && !sack.is_last {
            self.fill(&mut sack).await?;
        }
        // What may be somebody else's by the time it is sent is left to them.
        if system_now() > sack.claimed_until - CLAIM_MARGIN {
            sack.notices.clear();
        }
        Ok(sack.notices.pop_front())
    }

    async fn fill(&self, sack: &mut Sack) -> Result<(), StoreError> {
        let Postman { store, mailer, .. } = &self.postman;
        let limit = mailer.transport.connections_max().max(1).saturating_mul(BATCH_EACH);
        let mut attempts = 0;
        let notices = loop {
            let now = system_now();
            sack.claimed_until = now + CLAIM;
            match store.claim_notices(now, self.begun, sack.claimed_until, limit).await {
                Err(StoreError::Conflict) if attempts < STORE_ATTEMPTS_MAX => attempts += 1,
                taken => break taken?,
            }
        };
        sack.is_last = u32::try_from(notices.len()).is_ok_and(|taken| taken < limit);
        let accounts: Vec<_> = notices.iter().filter_map(|it| it.id.to.account()).collect();
        let owners =
            if accounts.is_empty() { HashMap::new() } else { store.owners(&accounts).await? };
        for notice in notices {
            let owner = notice.id.to.account().and_then(|account| owners.get(&account).cloned());
            sack.notices.push_back((notice, owner));
        }
        Ok(())
    }

    fn compose(&self, notice: &StoredNotice, owner: Option<&Owner>) -> Result<Mail, NotComposed> {
        self.postman.mailer.compose(&Draft {
            id: notice.id,
            token: notice.token,
            queued: notice.queued,
            content: &notice.content,
            owner: owner.map(|owner| (owner.name.as_str(), owner.email.as_str())),
        })
    }

    fn not_composed(
        &self,
        notice: &StoredNotice,
        owner: Option<&Owner>,
        failure: &NotComposed,
    ) -> Outcome {
        let answer = describe(failure);
        let recipient = owner.map(|owner| owner.email.clone()).unwrap_or_default();
        let subject = notice.subject.clone().unwrap_or_default();
        let delivery = Delivery { id: notice.id, recipient, subject, answer };
        if failure.is_permanent() {
            return give_up(delivery);
        }
        error!(notice.id = %notice.id, reason = delivery.answer, "a letter cannot be written, a person must look");
        self.defer(notice, delivery)
    }

    /// Sends a mail; nothing came of it where there is no connection.
    async fn send(&self, outgoing: Outgoing, line: &mut Line) -> Option<Outcome> {
        let Outgoing { notice, mail } = outgoing;
        loop {
            let is_fresh = match line.open(&self.postman.mailer).await {
                Ok(is_fresh) => is_fresh,
                Err(reason) => {
                    self.note_trouble(reason).await;
                    if self.weather.is_foul() || self.postman.stop.is_cancelled() {
                        self.put_back(notice).await;
                        return None;
                    }
                    continue;
                }
            };
            let delivery = |answer| Delivery {
                id: notice.id,
                recipient: mail.to.to_string(),
                subject: mail.subject.clone(),
                answer,
            };
            match line.send(&mail).await {
                Carried::Accepted(answer) => {
                    self.weather.fair();
                    debug!(notice.id = %notice.id, answer, "a notice was sent");
                    let fate = Fate::Settled(NoticeStatus::Sent);
                    return Some(Outcome { delivery: delivery(answer), fate });
                }
                Carried::Refused(answer) => {
                    self.weather.fair();
                    return Some(give_up(delivery(answer)));
                }
                Carried::Deferred(answer) => {
                    self.weather.fair();
                    return Some(self.defer(&notice, delivery(answer)));
                }
                // Servers close connections that were used for a while: the next one will do.
                Carried::Gone(reason) if !is_fresh => debug!(reason, "a connection was closed"),
                Carried::Gone(reason) => {
                    self.note_trouble(reason).await;
                    if self.weather.is_foul() || self.postman.stop.is_cancelled() {
                        self.put_back(notice).await;
                        return None;
                    }
                }
                Carried::Lost(reason) => {
                    self.note_trouble(reason.clone()).await;
                    return Some(self.defer(&notice, delivery(reason)));
                }
            }
        }
    }

    async fn note_trouble(&self, reason: String) {
        warn!(reason, "the mail server cannot be used at the moment");
        *self.trouble.lock().expect("nobody panics while noting") = Some(reason);
        self.weather.foul().await;
    }

    async fn put_back(&self, notice: StoredNotice) {
        self.sack.lock().await.notices.push_front((notice, None));
    }

    /// For another time; or given up, where it has been tried for too long.
    fn defer(&self, notice: &StoredNotice, delivery: Delivery) -> Outcome {
        let now = system_now();
        let until = notice.created_at.checked_add_signed(self.postman.mailer.give_up_after);
        if until.is_some_and(|until| until <= now) {
            return give_up(delivery);
        }
        let wait = backoff(notice.attempts.saturating_add(1), TRY_AGAIN_MIN, TRY_AGAIN_MAX);
        let due_at = now + TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX);
        info!(notice.id = %notice.id, answer = delivery.answer, "a notice is tried again later");
        Outcome { delivery, fate: Fate::Deferred(due_at) }
    }

    /// Writes down what came of notices, as many at once as there are.
    async fn record(&self, mut outcomes: mpsc::Receiver<Outcome>) -> Result<Delivered, StoreError> {
        let mut delivered = Delivered::default();
        let mut some = Vec::with_capacity(SETTLED_MAX);
        while outcomes.recv_many(&mut some, SETTLED_MAX).await > 0 {
            let mut settled = Vec::with_capacity(some.len());
            for Outcome { delivery, fate } in some.drain(..) {
                match fate {
                    Fate::Settled(status) => settled.push((delivery, status)),
                    Fate::Deferred(due_at) => {
                        delivered.deferred += 1;
                        let store = &self.postman.store;
                        persist(|| store.defer_notice(&delivery, due_at)).await?;
                    }
                }
            }
            persist(|| self.postman.store.settle_notices(&settled, system_now())).await?;
            let sent = settled.iter().filter(|(_, status)| *status == NoticeStatus::Sent).count();
            delivered.sent += sent as u64;
            delivered.failed += (settled.len() - sent) as u64;
        }
        Ok(delivered)
    }
}

fn give_up(delivery: Delivery) -> Outcome {
    let Delivery { id, answer, .. } = &delivery;
    warn!(notice.id = %id, answer, "a notice was given up");
    Outcome { delivery, fate: Fate::Settled(NoticeStatus::Failed) }
}

/// Tries a statement a few times: the mails of which it tells are out of the house.
async fn persist<F>(statement: impl Fn() -> F) -> Result<(), StoreError>
where
    F: Future<Output = Result<(), StoreError>>,
{
    let mut attempts = 1;
    loop {
        match statement().await {
            Err(failure) if attempts < STORE_ATTEMPTS_MAX => {
                let wait = backoff(attempts, Duration::from_millis(50), Duration::from_secs(2));
                debug!(%failure, "an outcome is written again");
                tokio::time::sleep(wait).await;
                attempts += 1;
            }
            outcome => return outcome,
        }
    }
}

/// A connection that is opened when it is needed, and again when it is gone.
#[derive(Default)]
struct Line {
    connection: Option<Box<dyn Connection>>,
}

impl Line {
    /// Makes sure that there is a connection; says whether nothing has gone over it yet.
    async fn open(&mut self, mailer: &Mailer) -> Result<bool, String> {
        if self.connection.is_some() {
            return Ok(false);
        }
        self.connection = Some(mailer.transport.connect().await?);
        Ok(true)
    }

    async fn send(&mut self, mail: &Mail) -> Carried {
        let Some(connection) = &mut self.connection else {
            return Carried::Gone("it is not open".to_owned());
        };
        let carried = connection.send(mail).await;
        if matches!(carried, Carried::Gone(_) | Carried::Lost(_)) {
            self.connection = None;
        }
        carried
    }

    async fn close(self) {
        if let Some(connection) = self.connection {
            connection.close().await;
        }
    }
}

/// Lets no more mails go than the other side wants to see in a second.
struct Pacer {
    pause: Option<Duration>,
    next: Mutex<Instant>,
}

impl Pacer {
    fn new(rate_max_per_s: Option<u32>) -> Self {
        let pause = rate_max_per_s.map(|rate| Duration::from_secs(1) / rate.max(1));
        Self { pause, next: Mutex::new(Instant::now()) }
    }

    async fn wait(&self) {
        let Some(pause) = self.pause else { return };
        let mut next = self.next.lock().await;
        let mine = (*next).max(Instant::now());
        *next = mine + pause;
        drop(next);
        sleep_until(mine).await;
    }
}
