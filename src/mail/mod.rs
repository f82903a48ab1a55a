//! Mail: composing and sending.
//!
//! [`Templates`] render the content of a notice, [`Mailer::compose`] makes a mail of it, and a [`Transport`] sends
//! it. To add a transport: a file in `transport`, and its name in [`TransportSettings`]. To add a mail: its two
//! templates, and a sample for its kind.

mod address;
mod compose;
mod dkim;
mod templates;
pub mod transport;

pub use address::{Mailbox, NotAnAddress, mailbox_of};
pub use compose::{EmailSource, Mail, NotComposed};
pub use dkim::{DkimSettings, UnusableKey};
pub use templates::{Reader, RenderedEmail, Sender, TemplateError, Templates};
pub use transport::{
    Connection, FileTransport, MemoryTransport, SendOutcome, SmtpSecurity, SmtpSettings,
    SmtpTransport, Transport, TransportError, TransportSettings,
};

use std::path::PathBuf;
use std::sync::Arc;

use chrono::TimeDelta;
use thiserror::Error;

#[derive(Debug, Clone)]
pub struct MailSettings {
    pub from: Mailbox,
    /// The address for answers, if it is not `from`.
    pub reply_to: Option<Mailbox>,
    /// The recipient of the reports of runs.
    pub operator: Option<Mailbox>,
    /// A folder with templates that replace built-in ones.
    pub templates: Option<PathBuf>,
    pub dkim: Option<DkimSettings>,
    pub transport: TransportSettings,
    /// How long sending a notice is retried.
    pub give_up_after: TimeDelta,
    /// The maximum number of mails in a second.
    pub rate_max_per_s: Option<u32>,
}

impl MailSettings {
    /// The address that receives answers.
    pub fn answers_go_to(&self) -> &Mailbox {
        self.reply_to.as_ref().unwrap_or(&self.from)
    }
}

/// Why no mail can be sent with these settings.
#[derive(Debug, Error)]
pub enum UnusableMail {
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error(transparent)]
    Dkim(#[from] UnusableKey),
    #[error(transparent)]
    Transport(#[from] TransportError),
}

/// Composes mails, and sends them by a transport.
#[derive(Debug)]
pub struct Mailer {
    pub settings: MailSettings,
    pub transport: Arc<dyn Transport>,
    letters: Templates,
    signer: Option<dkim::Signer>,
}

impl Mailer {
    /// Loads and checks all templates.
    ///
    /// # Errors
    /// [`UnusableMail`] names the file and line of a faulty template.
    pub fn new(settings: &MailSettings) -> Result<Self, UnusableMail> {
        let transport = settings.transport.open()?;
        Self::with_transport(settings, transport)
    }

    /// As [`Mailer::new`], but with this transport.
    ///
    /// # Errors
    /// [`UnusableMail`].
    pub fn with_transport(
        settings: &MailSettings,
        transport: Arc<dyn Transport>,
    ) -> Result<Self, UnusableMail> {
        let sender = Sender::new(&settings.from, settings.answers_go_to());
        Ok(Self {
            letters: Templates::load(settings.templates.as_deref(), sender)?,
            signer: settings.dkim.as_ref().map(dkim::Signer::new).transpose()?,
            settings: settings.clone(),
            transport,
        })
    }

    pub const fn letters(&self) -> &Templates {
        &self.letters
    }
}
