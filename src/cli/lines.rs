//! Files given on the command line, and what came of each of their lines.

use std::fs::File;
use std::io::{IsTerminal as _, Read};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use crate::clock::SystemClock;
use crate::lifecycle::stop_on_signal;
use crate::operations::rentals::file_work::{FileWatch, LineOutcome, Lines};
use anyhow::{Context as _, Result};
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::output::{self, Screen, or_blank, table};
use crate::cli::views::lines::{FAILED, LineView, NOT_TRIED, REFUSED};

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
    // The length first: of none, all is done.
    bar.set_length(count);
    bar.reset();
    bar.set_message(what);
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
    (FileWatch { stop: stop_on_signal(Arc::new(SystemClock::default())), lines }, bar)
}

/// Shows what came of the lines; the exit code is that of the worst of them.
pub fn show(screen: Screen, outcomes: &[LineOutcome]) -> Result<ExitCode> {
    let lines: Vec<_> = outcomes.iter().map(LineView::from).collect();
    screen.show(&lines, |lines| {
        let heading = ["line", "number", "account", "result", "reason"];
        let rows = lines.iter().filter(|it| it.status != NOT_TRIED).map(|it| {
            vec![
                it.line.to_string(),
                it.number.clone(),
                or_blank(it.account.as_ref()),
                it.status.replace('_', " "),
                or_blank(it.reason.as_ref()),
            ]
        });
        format!("{}\n\n{}", table("lines", &heading, &[0], rows), summary(lines))
    })?;
    repeat_what_went_wrong(&lines);
    note_not_tried(&lines);
    let has = |status| lines.iter().any(|it| it.status == status);
    Ok(match (has(FAILED) || has(NOT_TRIED), has(REFUSED)) {
        (true, _) => ExitCode::from(2),
        (false, true) => ExitCode::from(1),
        (false, false) => ExitCode::SUCCESS,
    })
}

/// On a terminal, tells once more what was refused or failed, where it is lost among what went well.
fn repeat_what_went_wrong(lines: &[LineView]) {
    const REPEATED_MAX: usize = 20;
    let is_wrong = |it: &&LineView| matches!(it.status, REFUSED | FAILED);
    let went_wrong: Vec<_> = lines.iter().filter(is_wrong).collect();
    let tried = lines.iter().filter(|it| it.status != NOT_TRIED).count();
    if !std::io::stderr().is_terminal() || went_wrong.len() == tried {
        return;
    }
    for it in went_wrong.iter().take(REPEATED_MAX) {
        let account = it.account.iter().map(|key| format!(" for {key}")).collect::<String>();
        let reason = or_blank(it.reason.as_ref());
        output::note(&format!("line {}: {}{account} {}: {reason}", it.line, it.number, it.status));
    }
    if went_wrong.len() > REPEATED_MAX {
        output::note(&format!("and {} more", went_wrong.len() - REPEATED_MAX));
    }
}

/// Tells why the work ended early, if it did: the same for all lines that were not tried.
fn note_not_tried(lines: &[LineView]) {
    let not_tried: Vec<_> = lines.iter().filter(|it| it.status == NOT_TRIED).collect();
    if let Some(reason) = not_tried.first().and_then(|it| it.reason.as_ref()) {
        let count = not_tried.len();
        output::note(&format!("{reason}, {count} not tried; give the file again to go on"));
    }
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
        .map(|(status, count)| match (status, count) {
            ("ends_at_period_end", 2..) => format!("{count} end at period end"),
            _ => format!("{count} {}", status.replace('_', " ")),
        })
        .collect();
    format!("{}: {}", output::counted(lines.len() as u64, "line"), counts.join(", "))
}
