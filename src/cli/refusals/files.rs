//! Refusals of files.

use super::Explanation;

pub fn lines_refused(nothing_done: &str, errors: &[(u64, String)]) -> Explanation {
    /// The other errors are counted.
    const SHOWN_MAX: usize = 50;
    let plural = if errors.len() == 1 { "" } else { "s" };
    let mut message = format!("{nothing_done}: {} error{plural}", errors.len());
    for (line, error) in errors.iter().take(SHOWN_MAX) {
        let error = error.split('\n').next().unwrap_or(error);
        message.push_str(&format!("\nline {line}: {error}"));
    }
    if errors.len() > SHOWN_MAX {
        message.push_str(&format!("\nand {} more", errors.len() - SHOWN_MAX));
    }
    Explanation::plain(message)
}

pub fn heading_refused(nothing_done: &str, error: &str, columns: &str) -> Explanation {
    Explanation::hinted(
        format!("{nothing_done}: the heading is wrong: {error}"),
        separated_by_commas(columns),
    )
}

pub fn empty(things: &str, columns: &str) -> Explanation {
    Explanation::hinted(format!("the file has no {things}"), separated_by_commas(columns))
}

pub fn too_large(nothing_done: &str, max: u64) -> Explanation {
    Explanation::hinted(
        format!("{nothing_done}: the file is larger than {} MiB", max >> 20),
        "divide it into several files, each with the heading",
    )
}

fn separated_by_commas(columns: &str) -> String {
    format!("the columns are {columns}, separated by commas")
}
