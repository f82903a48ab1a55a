//! Claimed notices that wait to be sent.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};
use tokio::sync::Notify;

use crate::notice::{Owner, StoredNotice};

/// The claiming task is woken each time this many notices were taken out.
const NOTICES_PER_WAKE: usize = 50;

/// A notice that was claimed and is not sent yet.
pub(super) struct ClaimedNotice {
    pub(super) notice: StoredNotice,
    pub(super) owner: Option<Owner>,
    /// From then on other processes may claim it.
    pub(super) until: DateTime<Utc>,
}

/// Claimed notices that wait to be sent.
#[derive(Default)]
pub(super) struct NoticeBuffer {
    notices: std::sync::Mutex<VecDeque<ClaimedNotice>>,
    /// Nothing more is put into it.
    has_ended: AtomicBool,
    pub(super) wanted: Notify,
    filled: Notify,
}

impl NoticeBuffer {
    fn list(&self) -> std::sync::MutexGuard<'_, VecDeque<ClaimedNotice>> {
        self.notices.lock().expect("the lock is not poisoned")
    }

    pub(super) fn len(&self) -> usize {
        self.list().len()
    }

    pub(super) fn put(&self, claimed: Vec<ClaimedNotice>) {
        self.list().extend(claimed);
        self.filled.notify_waiters();
    }

    pub(super) fn end(&self) {
        self.has_ended.store(true, Ordering::SeqCst);
        self.filled.notify_waiters();
    }

    pub(super) fn put_back(&self, claimed: ClaimedNotice) {
        self.list().push_front(claimed);
    }

    /// Waits for the next notice. `None` if nothing more comes, or the delivery run is over.
    pub(super) async fn next(&self, is_over: impl Fn() -> bool) -> Option<ClaimedNotice> {
        loop {
            let filled = self.filled.notified();
            tokio::pin!(filled);
            // Enabled before the look at the list, so that no notification is missed.
            filled.as_mut().enable();
            let has_ended = self.has_ended.load(Ordering::SeqCst);
            let (next, left) = {
                let mut list = self.list();
                (list.pop_front(), list.len())
            };
            if left % NOTICES_PER_WAKE == 0 {
                self.wanted.notify_one();
            }
            if next.is_some() || has_ended || is_over() {
                return next;
            }
            filled.await;
        }
    }

    pub(super) fn wake_all(&self) {
        self.wanted.notify_one();
        self.filled.notify_waiters();
    }

    pub(super) fn take_all(&self) -> VecDeque<ClaimedNotice> {
        std::mem::take(&mut *self.list())
    }
}
