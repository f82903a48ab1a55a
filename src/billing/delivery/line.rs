//! How mails leave, one after the other: a connection that is there when it is needed, and a pace that the
//! other side can bear.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

use crate::mail::{Carried, Connection, Mail, Mailer};

/// A connection that is opened when it is needed, and again when it is gone.
#[derive(Default)]
pub(super) struct Line {
    connection: Option<Box<dyn Connection>>,
}

impl Line {
    /// Makes sure that there is a connection; says whether nothing has gone over it yet.
    pub(super) async fn open(&mut self, mailer: &Mailer) -> Result<bool, String> {
        if self.connection.is_some() {
            return Ok(false);
        }
        self.connection = Some(mailer.transport.connect().await?);
        Ok(true)
    }

    pub(super) async fn send(&mut self, mail: &Mail) -> Carried {
        let Some(connection) = &mut self.connection else {
            return Carried::Gone("it is not open".to_owned());
        };
        let carried = connection.send(mail).await;
        if matches!(carried, Carried::Gone(_) | Carried::Lost(_)) {
            self.connection = None;
        }
        carried
    }

    pub(super) async fn close(self) {
        if let Some(connection) = self.connection {
            connection.close().await;
        }
    }
}

/// Lets no more mails go than the other side wants to see in a second.
pub(super) struct Pacer {
    pause: Option<Duration>,
    next: Mutex<Instant>,
}

impl Pacer {
    pub(super) fn new(rate_max_per_s: Option<u32>) -> Self {
        let pause = rate_max_per_s.map(|rate| Duration::from_secs(1) / rate.max(1));
        Self { pause, next: Mutex::new(Instant::now()) }
    }

    pub(super) async fn wait(&self) {
        let Some(pause) = self.pause else { return };
        let mut next = self.next.lock().await;
        let mine = (*next).max(Instant::now());
        *next = mine + pause;
        drop(next);
        sleep_until(mine).await;
    }
}
