//! Programs by others, which some tests need and a script starts.

use std::io::Write as _;

/// Whether `variable`, which `script` sets, is missing. A line on stderr then says that the test is skipped;
/// the script itself fails if no test ran.
pub fn peer_is_missing(variable: &str, script: &str) -> bool {
    let is_missing = std::env::var_os(variable).is_none();
    if is_missing {
        let test = std::thread::current().name().unwrap_or_default().to_owned();
        // Not by `eprintln!`: the output of a test that passes is not shown.
        writeln!(std::io::stderr(), "skipped: {test}: run `./{script}`").expect("stderr");
    }
    is_missing
}
