//! `sandbox advance`: moves the sandbox's clock on, day by day, with each day's run and its mail.

use chrono::NaiveDate;

use crate::billing::delivery::Delivered;
use crate::billing::{Day, RunReport};
use crate::installation::InstallationKind;
use crate::operations::databases::init::require_sandbox_date;
use crate::operations::error::Result;
use crate::operations::notice;
use crate::operations::run::{self, Watch};
use crate::operations::{App, Refusal};
use crate::run::RunStatus;

/// Where the sandbox stands now and what was done on the way.
#[derive(Debug, Clone)]
pub struct Advanced {
    /// Its date.
    pub on: NaiveDate,
    /// The runs, oldest first.
    pub runs: Vec<RunReport>,
    /// What became of their notices.
    pub mail: Delivered,
}

/// Moves the clock on to `to`; on each day after the present one, `to` included, that day's run is done
/// and its notices are delivered, unless it is `without_runs`. A run that was cut off on the present day
/// is finished first.
///
/// # Errors
/// Refuses a production database and a date in the sandbox's past.
pub async fn advance(
    app: &mut App,
    to: NaiveDate,
    without_runs: bool,
    watch: &Watch,
) -> Result<Advanced> {
    let InstallationKind::Sandbox { on } = app.kind else {
        return Err(Refusal::NotASandbox.into());
    };
    require_sandbox_date(to)?;
    if to < on {
        return Err(Refusal::SandboxClockInFuture { on, to }.into());
    }
    if without_runs {
        move_to(app, on, to).await?;
        return Ok(Advanced { on: to, runs: Vec::new(), mail: Delivered::default() });
    }
    let (mut runs, mut mail) = (Vec::new(), Delivered::default());
    let was_cut_off =
        app.store.find_run(on).await?.is_some_and(|run| run.status == RunStatus::Running);
    if was_cut_off {
        let (run, delivered) = run_and_deliver(app, on, watch).await?;
        runs.push(run);
        mail.add(delivered);
    }
    let mut present = on;
    let of = to.signed_duration_since(on).num_days().unsigned_abs();
    for number in 1..=of {
        let next = present.succ_opt().ok_or(Refusal::EndOfCalendar)?;
        let day = Day { on: next, number, of };
        let (run, delivered) = live_through(app, present, day, watch).await?;
        runs.push(run);
        mail.add(delivered);
        present = next;
    }
    Ok(Advanced { on: to, runs, mail })
}

/// Moves on from the day before to `day`, and does its run and the delivery of its notices.
pub(crate) async fn live_through(
    app: &mut App,
    before: NaiveDate,
    day: Day,
    watch: &Watch,
) -> Result<(RunReport, Delivered)> {
    watch.observer.day_began(day);
    move_to(app, before, day.on).await?;
    run_and_deliver(app, day.on, watch).await
}

async fn run_and_deliver(
    app: &App,
    on: NaiveDate,
    watch: &Watch,
) -> Result<(RunReport, Delivered)> {
    let run = run::run(app, watch).await;
    let run = run.map_err(|error| error.context(|| format!("the run of {on}")))?;
    Ok((run, notice::deliver(app, watch, false).await?))
}

async fn move_to(app: &mut App, from: NaiveDate, to: NaiveDate) -> Result<()> {
    if from != to {
        app.store.move_sandbox(from, to).await?;
        app.kind = InstallationKind::Sandbox { on: to };
    }
    Ok(())
}
