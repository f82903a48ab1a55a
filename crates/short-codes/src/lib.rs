//! Programs of short codes: the messages that an account sends from a short code, and the rules of carriers for
//! them.
//!
//! A program is either [`TwoFactor`] (verification codes, one message per request) or [`Alert`] (messages that
//! people opt in to). A program is validated before it is stored, so that its messages can be sent: [`template`]
//! parses variables, [`sms`] counts the SMS that a text takes, and [`disclosure()`] writes the text that an opt-in
//! page must show. The rules are those of the CTIA Short Code Monitoring Handbook (version 1.9, 2023) and of the
//! CTIA Messaging Principles and Best Practices, as far as software can check a text.
//!
//! To add a kind of program, add a module with its rules and a variant of [`ShortCodeProgram`].

pub mod alert;
pub mod disclosure;
pub mod gsm7;
pub mod sms;
pub mod template;
pub mod two_factor;
pub mod validation;

use std::fmt;
use std::str::FromStr;

use linerent_core::text::quoted;
use thiserror::Error;

pub use alert::Alert;
pub use disclosure::disclosure;
pub use two_factor::TwoFactor;
pub use validation::{Advice, ValidationErrors};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShortCodeProgram {
    TwoFactor(TwoFactor),
    Alert(Alert),
}

impl ShortCodeProgram {
    pub const fn kind(&self) -> ProgramKind {
        match self {
            Self::TwoFactor(_) => ProgramKind::TwoFactor,
            Self::Alert(_) => ProgramKind::Alert,
        }
    }
}

/// An account has at most one program of each kind on a short code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgramKind {
    TwoFactor,
    Alert,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{} is not a kind of short-code program", quoted(.0))]
pub struct UnknownProgramKind(String);

impl ProgramKind {
    pub const ALL: [Self; 2] = [Self::TwoFactor, Self::Alert];

    /// The name in the database and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TwoFactor => "2fa",
            Self::Alert => "alert",
        }
    }
}

impl FromStr for ProgramKind {
    type Err = UnknownProgramKind;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == word)
            .ok_or_else(|| UnknownProgramKind(word.to_owned()))
    }
}

impl fmt::Display for ProgramKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
