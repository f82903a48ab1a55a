//! A sender's connection to the mail server.

use crate::mail::{Connection, Mail, Mailer, SendOutcome};

/// A connection that is opened when it is needed, and again after it was lost.
#[derive(Default)]
pub(super) struct SenderConnection {
    connection: Option<Box<dyn Connection>>,
}

impl SenderConnection {
    /// Opens a connection unless one is open. Returns whether it is new.
    pub(super) async fn open(&mut self, mailer: &Mailer) -> Result<bool, String> {
        if self.connection.is_some() {
            return Ok(false);
        }
        self.connection = Some(mailer.transport.connect().await?);
        Ok(true)
    }

    pub(super) async fn send(&mut self, mail: &Mail) -> SendOutcome {
        let Some(connection) = &mut self.connection else {
            return SendOutcome::NotSent("it is not open".to_owned());
        };
        let outcome = connection.send(mail).await;
        if matches!(outcome, SendOutcome::NotSent(_) | SendOutcome::Unknown(_)) {
            self.connection = None;
        }
        outcome
    }

    pub(super) async fn close(self) {
        if let Some(connection) = self.connection {
            connection.close().await;
        }
    }
}
