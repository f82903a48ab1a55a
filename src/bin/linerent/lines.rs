//! Files given on the command line, and what came of each of their lines.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use indicatif::{ProgressBar, ProgressStyle};
use linerent::lifecycle::stop_on_signal;
use linerent::operations::file_work::{FAILED, FileWatch, LineView, Lines, REFUSED};

use crate::output::{self, Screen, or_blank, table};

/// Opens `path` for reading; `-` is standard input.
pub fn open(path: &Path) -> Result<Box<dyn Read>> {
    if path == Path::new("-") {
        return Ok(Box::new(std::io::stdin()));
    }
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    Ok(Box::new(file))
}

/// A bar on stderr, on a terminal only, which is not drawn before it [`begin`]s.
pub fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{msg} {wide_bar} {human_pos} of {human_len}, {eta}");
    bar.set_style(style.expect("the template is well formed"));
    bar
}

/// From here on the bar goes up to `count`.
pub fn begin(bar: &ProgressBar, what: &'static str, count: u64) {
    bar.reset();
    bar.set_message(what);
    bar.set_length(count);
    bar.enable_steady_tick(output::TICK);
}

/// A bar for work on a file. A signal ends the work after the line in hand.
pub fn watch(what: &'static str) -> (FileWatch, ProgressBar) {
    let bar = bar();
    let told = bar.clone();
    let lines = Box::new(move |lines| match lines {
        Lines::All(count) => begin(&told, what, count),
        Lines::One => told.inc(1),
    });
    (FileWatch { stop: stop_on_signal(), lines }, bar)
}

/// Shows what came of the lines; the exit code is that of the worst of them.
pub fn show(screen: Screen, lines: &[LineView]) -> Result<ExitCode> {
    screen.show(&lines, |lines| {
        let heading = ["line", "number", "account", "result", "reason"];
        let rows = lines.iter().map(|it| {
            vec![
                it.line.to_string(),
                it.number.clone(),
                or_blank(it.account.as_ref()),
                it.status.replace('_', " "),
                or_blank(it.reason.as_ref()),
            ]
        });
        format!("{}\n\n{}", table(&heading, &[0], rows), summary(lines))
    })?;
    let has = |status| lines.iter().any(|it| it.status == status);
    Ok(match (has(FAILED), has(REFUSED)) {
        (true, _) => ExitCode::from(2),
        (false, true) => ExitCode::from(1),
        (false, false) => ExitCode::SUCCESS,
    })
}

/// `3 lines: 2 rented, 1 refused`, in the order in which they first come.
fn summary(lines: &[LineView]) -> String {
    let mut counts: Vec<(&str, u64)> = Vec::new();
    for line in lines {
        match counts.iter_mut().find(|(status, _)| *status == line.status) {
            Some((_, count)) => *count += 1,
            None => counts.push((line.status, 1)),
        }
    }
    let counts: Vec<_> = counts
        .into_iter()
        .map(|(status, count)| format!("{count} {}", status.replace('_', " ")))
        .collect();
    format!("{}: {}", output::counted(lines.len() as u64, "line"), counts.join(", "))
}
