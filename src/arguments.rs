//! Reads the command line of a program. A refused argument is shown so that it is harmless and short.

use std::ffi::OsString;
use std::io::Write as _;

use clap::Parser;

use crate::text::{harmless, harmless_lines, shortened};

/// The number of characters of an argument that an error shows.
const SHOWN_CHARS_MAX: usize = 200;

/// The command line of this process. Ends the process if there is an error, or a question that the parser answers.
pub fn parse<T: Parser>() -> T {
    let arguments: Vec<_> = std::env::args_os().collect();
    T::try_parse_from(&arguments).unwrap_or_else(|error| {
        // The parser shows arguments as they are, in colour on a terminal. The error is the same for arguments that
        // are harmless to show.
        if let Err(shown) = T::try_parse_from(arguments.iter().map(shown))
            && shown.kind() == error.kind()
        {
            shown.exit()
        }
        let text = error.render().to_string();
        // If stderr is closed, the message cannot be shown.
        let _ = write!(std::io::stderr(), "{}", harmless_lines(&text));
        std::process::exit(error.exit_code())
    })
}

fn shown(argument: &OsString) -> OsString {
    let text = argument.to_string_lossy();
    harmless(&shortened(&text, SHOWN_CHARS_MAX)).into_owned().into()
}
