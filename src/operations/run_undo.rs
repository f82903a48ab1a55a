//! `run undo`: takes back a run that should not have been.

use chrono::NaiveDate;

use super::error::Result;
use super::run::{Watch, context, find};
use super::texts::one_line;
use super::{App, Refusal};
use crate::billing::undo::{UndoMode, UndoReport, undo as undo_run};
use crate::decision::RunToUndo;
use crate::run::RunStatus;
use crate::schedule::LastRun;

/// Reverses what the run of `date` charged, and restores what it released, for `reason`. If it is repeated, it
/// continues where it stopped; once the run is undone, it does nothing.
///
/// # Errors
/// Refuses a run that is not the latest. Fails if `watch` stops it; what was committed stays valid.
pub async fn undo(
    app: &App,
    date: NaiveDate,
    reason: Option<&str>,
    watch: &Watch,
) -> Result<UndoReport> {
    in_mode(app, date, reason, watch, UndoMode::Write).await
}

/// What [`undo`] would do now. Nothing is written.
///
/// # Errors
/// As [`undo`].
pub async fn dry_run(app: &App, date: NaiveDate, watch: &Watch) -> Result<UndoReport> {
    in_mode(app, date, None, watch, UndoMode::Preview).await
}

async fn in_mode(
    app: &App,
    date: NaiveDate,
    reason: Option<&str>,
    watch: &Watch,
    mode: UndoMode,
) -> Result<UndoReport> {
    let reason = reason.map(|text| one_line(text, "reason")).transpose()?;
    let run = find(app, date).await?;
    if run.status == RunStatus::Undone {
        return Ok(UndoReport::default());
    }
    if let Some(LastRun { on: latest, .. }) = app.store.find_last_run().await?
        && latest > date
    {
        return Err(Refusal::RunNotLatest { date, latest }.into());
    }
    let previous = app.store.find_run_date_before(date).await?;
    let run = RunToUndo { date, previous, reason };
    Ok(undo_run(&context(app, app.moment(), watch), run, mode).await?)
}
