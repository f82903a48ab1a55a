//! The admin program, see [`linerent::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    linerent::cli::main()
}
