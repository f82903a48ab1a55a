//! Sends notices: each task takes one after the other and sends it over a connection of its own.

use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::TimeDelta;
use tracing::{debug, error, info, warn};

use super::buffer::ClaimedNotice;
use super::connection::SenderConnection;
use super::{Attempted, DeliveryResult, DeliveryRun, NoticeSender, RECORD_EVERY, REFUSALS_MAX};
use crate::billing::backoff::backoff;
use crate::billing::error_chain::describe;
use crate::mail::{EmailSource, Mail, NotComposed, SendOutcome};
use crate::notice::{Delivery, NoticeStatus, StoredNotice};

/// No mail is started this close to the end of its claim, because the mail server may answer late.
const CLAIM_MARGIN: TimeDelta = TimeDelta::minutes(10);
/// The most results that may wait to be recorded.
const UNRECORDED_MAX: usize = 1_000;
/// Connections that are tried for one mail before it is put back, because its claim may end.
const CONNECTIONS_PER_MAIL_MAX: u32 = 5;
/// The wait before another attempt to send a notice: twice as long each time, within these bounds.
const TRY_AGAIN_MIN: Duration = Duration::from_secs(60);
const TRY_AGAIN_MAX: Duration = Duration::from_secs(3_600);

impl DeliveryRun {
    /// Sends one notice after the other over a connection of its own.
    pub(super) async fn send_all(&self) {
        let mut connection = SenderConnection::default();
        while !self.is_over() {
            let Some(claimed) = self.buffer.next(|| self.is_over()).await else { break };
            // Another process may have claimed it by the time it is sent.
            if self.notice_sender.clock.now() > claimed.until - CLAIM_MARGIN {
                continue;
            }
            let outcome = match self.compose(&claimed) {
                Ok(mail) => {
                    self.rate_limiter.wait().await;
                    self.send(claimed, &mail, &mut connection).await
                }
                Err(failure) => Some(self.not_composed(&claimed, &failure)),
            };
            let Some(outcome) = outcome else { continue };
            let unrecorded = self.note(outcome);
            // The database is slow. If the process died now, this many mails would be sent again.
            if unrecorded > UNRECORDED_MAX {
                self.notice_sender.clock.sleep(RECORD_EVERY).await;
            }
        }
        connection.close().await;
        // Wake waiting tasks so that they check whether the delivery run is over.
        self.buffer.wake_all();
    }

    /// Keeps a result until it is recorded. Returns how many are kept.
    fn note(&self, attempt: Attempted) -> usize {
        let mut attempted = self.attempted.lock().expect("the lock is not poisoned");
        attempted.push(attempt);
        attempted.len()
    }

    fn compose(
        &self,
        ClaimedNotice { notice, owner, .. }: &ClaimedNotice,
    ) -> Result<Mail, NotComposed> {
        self.notice_sender.mailer.compose(&EmailSource {
            id: notice.id,
            token: notice.token,
            queued: notice.queued,
            content: &notice.content,
            owner: owner.as_ref().map(|owner| (owner.name.as_str(), owner.email.as_str())),
        })
    }

    fn not_composed(
        &self,
        ClaimedNotice { notice, owner, .. }: &ClaimedNotice,
        failure: &NotComposed,
    ) -> Attempted {
        let answer = describe(failure);
        let recipient = owner.as_ref().map(|owner| owner.email.clone()).unwrap_or_default();
        let subject = notice.subject.clone().unwrap_or_default();
        let delivery = Delivery { id: notice.id, recipient, subject, answer };
        if failure.is_permanent() {
            return give_up(delivery);
        }
        error!(notice.id = %notice.id, reason = delivery.answer, "a notice could not be rendered; operator action required");
        self.defer(notice, delivery)
    }

    /// Sends a mail. `None` if there is no connection; then the notice is put back.
    async fn send(
        &self,
        claimed: ClaimedNotice,
        mail: &Mail,
        connection: &mut SenderConnection,
    ) -> Option<Attempted> {
        for _ in 0..CONNECTIONS_PER_MAIL_MAX {
            let is_fresh = match connection.open(&self.notice_sender.mailer).await {
                Ok(is_fresh) => is_fresh,
                Err(reason) => {
                    self.note_trouble(reason).await;
                    if self.is_over() {
                        break;
                    }
                    continue;
                }
            };
            let delivery = |answer| Delivery {
                id: claimed.notice.id,
                recipient: mail.to.to_string(),
                subject: mail.subject.clone(),
                answer,
            };
            match connection.send(mail).await {
                SendOutcome::Accepted(answer) => {
                    self.circuit_breaker.record_success();
                    self.refusals.store(0, Ordering::Relaxed);
                    debug!(notice.id = %claimed.notice.id, answer, "a notice was sent");
                    let result = DeliveryResult::Settled(NoticeStatus::Sent);
                    return Some(Attempted { delivery: delivery(answer), result });
                }
                SendOutcome::Refused(answer) => {
                    self.note_refusal(&answer);
                    return Some(give_up(delivery(answer)));
                }
                SendOutcome::Deferred(answer) => {
                    self.circuit_breaker.record_success();
                    return Some(self.defer(&claimed.notice, delivery(answer)));
                }
                // Servers close connections that were used for a while. Try a new one.
                SendOutcome::NotSent(reason) if !is_fresh => {
                    debug!(reason, "a connection was closed")
                }
                SendOutcome::NotSent(reason) => {
                    self.note_trouble(reason).await;
                    if self.is_over() {
                        break;
                    }
                }
                SendOutcome::Unknown(reason) => {
                    self.note_trouble(reason.clone()).await;
                    return Some(self.defer(&claimed.notice, delivery(reason)));
                }
            }
        }
        self.buffer.put_back(claimed);
        None
    }

    /// A server that refuses one notice after the other may refuse the sender, not the notices. The rest waits until an
    /// operator has looked.
    fn note_refusal(&self, answer: &str) {
        self.circuit_breaker.record_success();
        if self.refusals.fetch_add(1, Ordering::Relaxed) + 1 == REFUSALS_MAX {
            error!(
                answer,
                "the mail server refuses one notice after the other; operator action required"
            );
            let reason = format!("it refuses one notice after the other: {answer}");
            *self.trouble.lock().expect("the lock is not poisoned") = Some(reason);
        }
    }

    async fn note_trouble(&self, reason: String) {
        warn!(reason, "the mail server cannot be used at the moment");
        *self.trouble.lock().expect("the lock is not poisoned") = Some(reason);
        self.circuit_breaker.record_failure().await;
    }

    /// Defers the notice, or gives it up if it has been tried for too long.
    fn defer(&self, notice: &StoredNotice, delivery: Delivery) -> Attempted {
        let NoticeSender { clock, rng, mailer, .. } = &self.notice_sender;
        let now = clock.now();
        let give_up_after = mailer.settings.give_up_after;
        let until = notice.failing_since.and_then(|since| since.checked_add_signed(give_up_after));
        if until.is_some_and(|until| until <= now) {
            return give_up(delivery);
        }
        let wait = backoff(notice.attempts.saturating_add(1), TRY_AGAIN_MIN, TRY_AGAIN_MAX, &**rng);
        let due_at = now + TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX);
        info!(notice.id = %notice.id, answer = delivery.answer, "a notice is tried again later");
        Attempted { delivery, result: DeliveryResult::Deferred(due_at) }
    }
}

fn give_up(delivery: Delivery) -> Attempted {
    let Delivery { id, answer, .. } = &delivery;
    warn!(notice.id = %id, answer, "a notice was given up");
    Attempted { delivery, result: DeliveryResult::Settled(NoticeStatus::Failed) }
}
