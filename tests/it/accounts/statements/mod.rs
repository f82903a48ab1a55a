//! `account statement` in its formats.

mod files;
mod pdf;

use std::io::Write as _;
use std::process::Command;

/// The text of each page as `pdftotext` reads it, with single spaces.
pub fn text_of(pdf: &[u8]) -> Vec<String> {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(pdf).expect("room for the document");
    let mut program = Command::new("pdftotext");
    let output = program.args(["-raw", "-enc", "UTF-8"]).arg(file.path()).arg("-").output();
    let output = output.expect("`pdftotext`, which `./scripts/test` installs");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    // A form feed ends each page.
    let pages = text.split_terminator('\u{c}');
    pages.map(|page| page.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// Whether the page contains `words`, however they are spaced.
pub fn contains(page: &str, words: &str) -> bool {
    let without_spaces = |text: &str| text.split_whitespace().collect::<String>();
    without_spaces(page).contains(&without_spaces(words))
}
