//! Mail: how letters are written, and how they leave.
//!
//! [`Templates`] makes text of what a notice tells, [`Mailer::compose`] a mail of that, and a
//! [`Transport`] carries it. To add a transport: a file in `transport`, and its name in
//! [`TransportSettings`]. To add a letter: its two templates, and a sample for its kind.

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

/// What the operator's configuration says of mail.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// Who writes.
    pub from: Mailbox,
    /// Where answers go, if not there.
    pub reply_to: Option<Mailbox>,
    /// Who reads the reports of runs.
    pub operator: Option<Mailbox>,
    /// A folder with letters in place of the built-in ones.
    pub templates: Option<PathBuf>,
    /// How mails are signed.
    pub dkim: Option<DkimSettings>,
    /// How they leave.
    pub transport: TransportSettings,
    /// How long a notice is tried.
    pub give_up_after: TimeDelta,
    /// Mails in a second at most.
    pub rate_max_per_s: Option<u32>,
}

impl MailSettings {
    /// Whom a reader's answer reaches.
    pub fn answers_go_to(&self) -> &Mailbox {
        self.reply_to.as_ref().unwrap_or(&self.from)
    }
}

/// Why no mail can be written or sent at all.
#[derive(Debug, Error)]
pub enum UnusableMail {
    /// A letter cannot be written.
    #[error(transparent)]
    RenderedEmail(#[from] TemplateError),
    /// The key of the signature.
    #[error(transparent)]
    Dkim(#[from] UnusableKey),
    /// The transport.
    #[error(transparent)]
    Transport(#[from] TransportError),
}

/// Who writes mails, and hands them to a transport.
#[derive(Debug)]
pub struct Mailer {
    /// As it is configured.
    pub settings: MailSettings,
    /// What carries the mails.
    pub transport: Arc<dyn Transport>,
    letters: Templates,
    signer: Option<dkim::Signer>,
}

impl Mailer {
    /// A mailer as it is configured, all of whose letters can be written.
    ///
    /// # Errors
    /// [`UnusableMail`] names the file and line of a letter that cannot.
    pub fn new(settings: &MailSettings) -> Result<Self, UnusableMail> {
        let transport = settings.transport.open()?;
        Self::with_transport(settings, transport)
    }

    /// As [`Mailer::new`], with another transport than the configured one.
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

    /// The letters.
    pub const fn letters(&self) -> &Templates {
        &self.letters
    }
}
