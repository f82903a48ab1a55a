//! Test mails.

use serde::Serialize;

use crate::operations::mail_test::MailTested;

/// What became of it.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct MailTestView {
    /// Where it went to.
    pub to: String,
    /// By which transport.
    pub transport: &'static str,
    /// What the other side said.
    pub answer: String,
}

impl From<MailTested> for MailTestView {
    fn from(it: MailTested) -> Self {
        let MailTested { to, transport, answer } = it;
        Self { to, transport, answer }
    }
}
