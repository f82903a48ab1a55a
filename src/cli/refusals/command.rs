//! What the command line refuses by itself, before an operation begins.

use std::error::Error;
use std::fmt;

use super::Explanation;

#[derive(Debug, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum CommandRefusal {
    /// An argument that cannot be read, in the words of its parser.
    InvalidInput { message: String, hints: Vec<String> },
    /// The answer to a question was not yes.
    NotConfirmed,
    /// A PDF for standard output, which is a terminal.
    PdfOnTerminal,
    /// `--json` and `--format` ask for different things.
    FormatContradictsJson { format: String },
}

impl CommandRefusal {
    /// An argument that `error` says is malformed.
    pub fn invalid(error: impl Error + 'static) -> Self {
        let Explanation { message, hints } = Explanation::of_error(&error);
        Self::InvalidInput { message, hints }
    }

    /// A malformed argument, with a message that may carry hints.
    pub fn malformed(message: &str) -> Self {
        let Explanation { message, hints } = Explanation::of_text(message);
        Self::InvalidInput { message, hints }
    }

    /// The stable name of the refusal, for programs.
    pub fn code(&self) -> &'static str {
        self.into()
    }

    pub(super) fn explain(&self) -> Explanation {
        match self {
            Self::InvalidInput { message, hints } => {
                Explanation { message: message.clone(), hints: hints.clone() }
            }
            Self::NotConfirmed => Explanation::plain("not confirmed, nothing was changed"),
            Self::PdfOnTerminal => Explanation::hinted(
                "a PDF is nothing for a terminal",
                "name a file: `--output statement.pdf`",
            ),
            Self::FormatContradictsJson { format } => Explanation::hinted(
                format!("`--json` and `--format {format}` contradict each other"),
                "leave one of them out",
            ),
        }
    }
}

impl fmt::Display for CommandRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused: {}", self.code())
    }
}

impl std::error::Error for CommandRefusal {}
