//! A sender's connection to the mail server.

use crate::mail::{Connection, Mail, Mailer, SendOutcome};

/// A connection that is opened when it is needed, and again when it is gone.
#[derive(Default)]
pub(super) struct SenderConnection {
    connection: Option<Box<dyn Connection>>,
}

impl SenderConnection {
    /// Makes sure that there is a connection; says whether nothing has gone over it yet.
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
        let carried = connection.send(mail).await;
        if matches!(carried, SendOutcome::NotSent(_) | SendOutcome::Unknown(_)) {
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
