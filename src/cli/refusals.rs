//! Refusals in words: a sentence and hints for each.
//!
//! To add a refusal: its variant in `operations::refusal`, an arm here.

use serde::Serialize;

use crate::operations::Error;
use crate::operations::refusal::Refusal;

/// A refused command as `--json` prints it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct RefusalView {
    /// Stable, for programs; `docs/refusals.md` lists all codes.
    pub code: &'static str,
    /// The reason.
    pub message: String,
    /// What can be done.
    pub hints: Vec<String>,
}

impl RefusalView {
    /// The refusal among the causes of `error`, if it is one.
    pub fn find(error: &anyhow::Error) -> Option<Self> {
        error.chain().find_map(|cause| match cause.downcast_ref::<Error>() {
            Some(Error::Refused(refusal)) => Some(Self::of(refusal)),
            _ => cause.downcast_ref::<Refusal>().map(Self::of),
        })
    }

    pub fn of(refusal: &Refusal) -> Self {
        let (message, hints) = explain(refusal);
        Self { code: refusal.code(), message, hints }
    }
}

fn explain(refusal: &Refusal) -> (String, Vec<String>) {
    let plain = |message: String| (message, Vec::new());
    let hinted = |message: String, hint: String| (message, vec![hint]);
    match refusal {
        Refusal::Text { message } => {
            let mut parts = message.split("\nhint: ").map(str::to_owned);
            (parts.next().unwrap_or_default(), parts.collect())
        }
        Refusal::ChangedConcurrently => hinted(
            "the account or number is being changed by another process".to_owned(),
            "retry the command".to_owned(),
        ),
        Refusal::AccountNotFound { account } => hinted(
            format!("there is no account {account}"),
            "`linerent account list` lists all accounts".to_owned(),
        ),
        Refusal::AccountClosed { account } => plain(format!("account {account} is closed")),
        other => plain(format!("refused: {}", other.code())),
    }
}
