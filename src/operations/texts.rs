//! The texts that an operator writes: names, references and reasons.

use super::refusal::{InvalidValue, Refusal};
use crate::text::check_line;

/// The maximum length of a name, a reference or a reason, in characters.
pub(super) const LINE_CHARS_MAX: usize = 200;

/// The text without spaces around it, which must be one line that people can read.
pub(super) fn one_line<'a>(text: &'a str, what: &'static str) -> Result<&'a str, Refusal> {
    check_line(text, LINE_CHARS_MAX)
        .map_err(|error| Refusal::InvalidValue { what, reason: InvalidValue::Text(error) })
}
