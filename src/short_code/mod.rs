//! Short codes: what an account that rents one may have set up for it, and what carriers ask of
//! the texts.
//!
//! There are two set-ups: [`TwoFactor`] (a code for signing in, one message for each request) and
//! [`Alert`] (a program that people opt in to). Both are checked when they are made, so that what
//! is stored can be sent: [`template`] reads the variables, [`sms`] counts what a text costs, and
//! [`disclosure()`] writes what an opt-in page has to show. The rules are those of the CTIA's Short
//! Code Monitoring Handbook (version 1.9 of 2023) and of its Messaging Principles and Best
//! Practices, as far as a program can judge a text. To add a set-up: a file with its rules, and a
//! variant of [`SetUp`].

pub mod alert;
pub mod disclosure;
pub mod faults;
pub mod gsm7;
pub mod sms;
pub mod template;
pub mod two_factor;

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

pub use alert::Alert;
pub use disclosure::disclosure;
pub use faults::Faults;
pub use two_factor::TwoFactor;

/// What a short code is set up for, by one of its renters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetUp {
    /// Codes for signing in.
    TwoFactor(TwoFactor),
    /// A program that people opt in to.
    Alert(Alert),
}

impl SetUp {
    /// Which of the two it is.
    pub const fn kind(&self) -> SetUpKind {
        match self {
            Self::TwoFactor(_) => SetUpKind::TwoFactor,
            Self::Alert(_) => SetUpKind::Alert,
        }
    }
}

/// A sort of set-up; a renter has one of each at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetUpKind {
    /// See [`SetUp::TwoFactor`].
    TwoFactor,
    /// See [`SetUp::Alert`].
    Alert,
}

/// A word that is no kind of set-up.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not a set-up of a short code\nhint: use 2fa or alert")]
pub struct UnknownKind(String);

impl SetUpKind {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::TwoFactor, Self::Alert];

    /// As it is stored and written on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TwoFactor => "2fa",
            Self::Alert => "alert",
        }
    }
}

impl FromStr for SetUpKind {
    type Err = UnknownKind;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == word)
            .ok_or_else(|| UnknownKind(word.to_owned()))
    }
}

impl fmt::Display for SetUpKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
