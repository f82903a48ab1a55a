//! An error as one line of text.

use crate::text::storable;

/// The longest description.
const CHARS_MAX: usize = 1_000;

/// The error and its causes, separated by colons. It is fit to be stored.
pub(super) fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    storable(&text.trim_end().replace('\n', "; "), CHARS_MAX)
}
