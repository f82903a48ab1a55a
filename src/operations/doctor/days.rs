//! Checks the clock and the runs.

use anyhow::Result;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::{Check, Findings, Opened, Remedy};
use crate::calendar::{days_after, instant_of};
use crate::clock::{Clock, Moment};
use crate::ids::AccountId;
use crate::installation::InstallationKind;
use crate::operations::Settings;
use crate::operations::app::moment_of;
use crate::run::{HeldBy, Run, RunStatus};

const CLOCK: Check = Check::Clock;
const RUNS: Check = Check::Runs;

/// How late a run may be, and how long it may take, before it is reported. The daemon checks every minute whether a
/// run is due.
const PATIENCE: TimeDelta = TimeDelta::hours(1);

pub(super) async fn look(
    findings: &mut Findings,
    settings: &Settings,
    opened: &Opened,
    clock: &dyn Clock,
) {
    if let Err(error) = look_at_all(findings, settings, opened, clock).await {
        findings.failed(RUNS, error, Remedy::CheckDatabase);
    }
}

async fn look_at_all(
    findings: &mut Findings,
    settings: &Settings,
    opened: &Opened,
    clock: &dyn Clock,
) -> Result<()> {
    let moment = moment_of(opened.kind, settings, clock);
    // A run of a later date, unless it was held, shows that the clock went back.
    let dates = (
        opened.store.find_run_date_until(moment.on).await?,
        opened.store.find_last_run().await?.map(|run| run.on),
    );
    let latest = match dates.0.max(dates.1) {
        Some(date) => opened.store.find_run(date).await?,
        None => None,
    };
    let latest = latest.as_ref();
    let (run_at, zone) = (settings.run_at, settings.zone);
    let day = Day { moment, now: clock.now(), run_at, zone, latest };
    let is_sandbox = matches!(opened.kind, InstallationKind::Sandbox { .. });
    day.look_at_clock(findings, is_sandbox);
    if is_sandbox {
        day.look_at_sandbox_run(findings);
    } else {
        day.look_at_run(findings);
    }
    if let Some(run) = latest.filter(|run| !run.failures.is_empty()) {
        let (date, count) = (run.billing_date, run.failures.len());
        findings.warn(
            RUNS,
            format!("the run of {date} could not bill {count} of the accounts"),
            Remedy::ShowRun(date),
        );
    }
    let oldest = opened.store.oldest_due(AccountId::MIN, AccountId::MAX, moment.on).await?;
    day.look_at_unbilled(findings, oldest);
    Ok(())
}

/// The present day and its latest run.
struct Day<'a> {
    moment: Moment,
    /// By the machine's clock, in a sandbox too.
    now: DateTime<Utc>,
    run_at: NaiveTime,
    zone: Tz,
    latest: Option<&'a Run>,
}

impl Day<'_> {
    fn look_at_clock(&self, findings: &mut Findings, is_sandbox: bool) {
        let Moment { at, on: today } = self.moment;
        if let Some(run) = self.latest.filter(|run| run.billing_date > today) {
            findings.wrong(
                CLOCK,
                format!("the clock went back: it is {today}, and {} was run", run.billing_date),
                Remedy::SetClock,
            );
        } else if is_sandbox {
            findings.ok(CLOCK, format!("the sandbox's date is {today}"));
        } else {
            let zone = self.zone;
            let local = at.with_timezone(&zone).format("%Y-%m-%d %H:%M");
            findings.ok(CLOCK, format!("it is {local} in {zone}"));
        }
    }

    /// An operator advances a sandbox's clock, so no run is late there.
    fn look_at_sandbox_run(&self, findings: &mut Findings) {
        let today = self.moment.on;
        match self.latest.filter(|run| run.billing_date == today) {
            Some(run) => self.look_at_state(findings, run),
            None => findings.ok(RUNS, format!("no run for {today} yet")),
        }
    }

    fn look_at_run(&self, findings: &mut Findings) {
        let Moment { at, on: today } = self.moment;
        match self.latest {
            // The clock is wrong, which is another finding.
            Some(run) if run.billing_date > today => return,
            Some(run) if run.billing_date == today => return self.look_at_state(findings, run),
            _ => {}
        }
        let run_at = self.run_at.format("%H:%M");
        let due_at = instant_of(today, self.run_at, self.zone);
        let late = at - due_at;
        let yesterday = today.checked_sub_days(Days::new(1));
        let (before, missed) = match self.latest.map(|run| run.billing_date) {
            None => ("no run has been done".to_owned(), false),
            Some(date) => (format!("the latest run is of {date}"), Some(date) != yesterday),
        };
        let remedy = Remedy::StartRun;
        if late < TimeDelta::zero() {
            let wait = words(-late);
            let finding = format!("{before}; today's is due at {run_at}, in {wait}");
            if missed {
                findings.wrong(RUNS, finding, remedy);
            } else {
                findings.ok(RUNS, finding);
            }
            return;
        }
        let finding = format!("{before}; today's has been due since {run_at}, for {}", words(late));
        // Billing has not begun before the first run.
        let is_new = self.latest.is_none();
        if missed || !is_new && late > PATIENCE {
            findings.wrong(RUNS, finding, remedy);
        } else {
            findings.warn(RUNS, finding, remedy);
        }
    }

    /// The status of the run of the present day.
    fn look_at_state(&self, findings: &mut Findings, run: &Run) {
        let date = run.billing_date;
        match run.status {
            RunStatus::Complete => {
                let next = days_after(date, 1);
                let run_at = self.run_at.format("%H:%M");
                findings.ok(
                    RUNS,
                    format!("the run of {date} is complete; the next is due on {next} at {run_at}"),
                );
            }
            RunStatus::Held if run.held_by == Some(HeldBy::Clock) => findings.wrong(
                RUNS,
                format!("the clock guard holds the run of {date}: its date may be wrong"),
                Remedy::ReviewClock(date),
            ),
            RunStatus::Undoing => findings.wrong(
                RUNS,
                format!("the undoing of the run of {date} has not ended"),
                Remedy::ContinueUndo(date),
            ),
            // The date can be run again.
            RunStatus::Undone => findings.warn(
                RUNS,
                format!("the run of {date} was undone, and no run has followed"),
                Remedy::StartRun,
            ),
            RunStatus::Held => findings.warn(
                RUNS,
                format!("the run of {date} holds {} releases back", run.counts.held_back),
                Remedy::ReviewRun(date),
            ),
            RunStatus::Running => {
                // A run that is repeated has a time of its first end, and began at that time or later.
                let begun_at = run.finished_at.map_or(run.started_at, |it| it.max(run.started_at));
                if self.now - begun_at <= PATIENCE {
                    return findings.ok(RUNS, format!("the run of {date} is under way"));
                }
                findings.warn(
                    RUNS,
                    format!(
                        "the run of {date} was begun {} ago and has not ended",
                        words(self.now - begun_at)
                    ),
                    Remedy::ContinueRun,
                );
            }
        }
    }

    fn look_at_unbilled(&self, findings: &mut Findings, oldest: Option<NaiveDate>) {
        let today = self.moment.on;
        let is_run = self.latest.is_some_and(|run| run.billing_date >= today);
        match oldest {
            None => findings.ok(RUNS, "everything that is due is charged"),
            Some(date) if date >= today && !is_run => {
                findings
                    .ok(RUNS, format!("the oldest due date that is not charged is {date}, today"));
            }
            Some(date) => findings.warn(
                RUNS,
                format!("the oldest due date that is not charged is {date}"),
                Remedy::ListDue(date),
            ),
        }
    }
}

/// For example `3 h 20 min`, `5 min`, `40 s`, `12 days`.
pub(super) fn words(time: TimeDelta) -> String {
    let (days, hours) = (time.num_days(), time.num_hours());
    let minutes = time.num_minutes();
    match (days, hours, minutes) {
        (2.., ..) => format!("{days} days"),
        (_, 1.., _) => format!("{hours} h {} min", minutes - hours * 60),
        (_, _, 1..) => format!("{minutes} min"),
        _ => format!("{} s", time.num_seconds()),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

    use super::super::{Level, Message};
    use super::{Day, Findings, Moment, words};
    use crate::calendar::date_at;
    use crate::run::{HeldBy, Run, RunCounts, RunStatus};

    fn at(text: &str) -> DateTime<Utc> {
        format!("{text}:00Z").parse().expect("a time")
    }

    fn run(date: &str, status: RunStatus) -> Run {
        Run {
            billing_date: date.parse().expect("a date"),
            status,
            started_at: at(&format!("{date}T02:30")),
            finished_at: None,
            held_by: (status == RunStatus::Held).then_some(HeldBy::Releases),
            is_approved: false,
            oldest_unbilled_on: None,
            counts: RunCounts { held_back: 21, ..RunCounts::default() },
            failures: Vec::new(),
        }
    }

    /// The findings about the clock, the run and the oldest due date, for this latest run.
    fn said(now: &str, latest: Option<Run>, oldest: Option<&str>) -> String {
        let (now, zone) = (at(now), chrono_tz::Europe::London);
        let moment = Moment { at: now, on: date_at(now, zone) };
        let run_at = "02:30:00".parse().expect("a time of day");
        let day = Day { moment, now, run_at, zone, latest: latest.as_ref() };
        let mut findings = Findings::default();
        day.look_at_clock(&mut findings, false);
        day.look_at_run(&mut findings);
        day.look_at_unbilled(
            &mut findings,
            oldest.map(|it| it.parse::<NaiveDate>().expect("a date")),
        );
        assert!(findings.0.iter().all(|it| it.remedy.is_some() == (it.level != Level::Ok)));
        let lines = findings.0.iter().map(|it| {
            let Message::Text(text) = &it.message else { panic!("{it:?}") };
            format!("{}: {text}", format!("{:?}", it.level).to_lowercase())
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_day_that_was_run_is_well() {
        let latest = run("2026-07-02", RunStatus::Complete);
        insta::assert_snapshot!(said("2026-07-02T12:00", Some(latest), None), @r"
        ok: it is 2026-07-02 13:00 in Europe/London
        ok: the run of 2026-07-02 is complete; the next is due on 2026-07-03 at 02:30
        ok: everything that is due is charged
        ");
    }

    #[test]
    fn before_the_hour_yesterdays_run_is_enough() {
        let latest = run("2026-07-01", RunStatus::Complete);
        // 02:10 in London.
        insta::assert_snapshot!(said("2026-07-02T01:10", Some(latest), Some("2026-07-02")), @r"
        ok: it is 2026-07-02 02:10 in Europe/London
        ok: the latest run is of 2026-07-01; today's is due at 02:30, in 20 min
        ok: the oldest due date that is not charged is 2026-07-02, today
        ");
    }

    #[test]
    fn a_run_that_is_a_little_late_is_a_warning_and_later_it_is_wrong() {
        let latest = || Some(run("2026-07-01", RunStatus::Complete));
        insta::assert_snapshot!(said("2026-07-02T02:00", latest(), Some("2026-07-02")), @r"
        ok: it is 2026-07-02 03:00 in Europe/London
        warning: the latest run is of 2026-07-01; today's has been due since 02:30, for 30 min
        ok: the oldest due date that is not charged is 2026-07-02, today
        ");
        insta::assert_snapshot!(said("2026-07-02T12:00", latest(), Some("2026-07-02")), @r"
        ok: it is 2026-07-02 13:00 in Europe/London
        wrong: the latest run is of 2026-07-01; today's has been due since 02:30, for 10 h 30 min
        ok: the oldest due date that is not charged is 2026-07-02, today
        ");
    }

    #[test]
    fn days_that_were_missed_are_wrong_at_any_hour() {
        let latest = run("2026-06-10", RunStatus::Complete);
        insta::assert_snapshot!(said("2026-07-02T01:10", Some(latest), Some("2026-06-11")), @r"
        ok: it is 2026-07-02 02:10 in Europe/London
        wrong: the latest run is of 2026-06-10; today's is due at 02:30, in 20 min
        warning: the oldest due date that is not charged is 2026-06-11
        ");
    }

    #[test]
    fn a_database_that_is_new_may_wait_for_its_first_run() {
        insta::assert_snapshot!(said("2026-07-02T01:10", None, None), @r"
        ok: it is 2026-07-02 02:10 in Europe/London
        ok: no run has been done; today's is due at 02:30, in 20 min
        ok: everything that is due is charged
        ");
        insta::assert_snapshot!(said("2026-07-02T12:00", None, None), @r"
        ok: it is 2026-07-02 13:00 in Europe/London
        warning: no run has been done; today's has been due since 02:30, for 10 h 30 min
        ok: everything that is due is charged
        ");
    }

    #[test]
    fn a_run_that_is_held_or_was_cut_off_is_a_warning() {
        let held = run("2026-07-02", RunStatus::Held);
        insta::assert_snapshot!(said("2026-07-02T12:00", Some(held), Some("2026-07-02")), @r"
        ok: it is 2026-07-02 13:00 in Europe/London
        warning: the run of 2026-07-02 holds 21 releases back
        warning: the oldest due date that is not charged is 2026-07-02
        ");
        let begun = || Some(run("2026-07-02", RunStatus::Running));
        insta::assert_snapshot!(said("2026-07-02T03:00", begun(), Some("2026-07-02")), @r"
        ok: it is 2026-07-02 04:00 in Europe/London
        ok: the run of 2026-07-02 is under way
        warning: the oldest due date that is not charged is 2026-07-02
        ");
        insta::assert_snapshot!(said("2026-07-02T12:00", begun(), Some("2026-07-02")), @r"
        ok: it is 2026-07-02 13:00 in Europe/London
        warning: the run of 2026-07-02 was begun 9 h 30 min ago and has not ended
        warning: the oldest due date that is not charged is 2026-07-02
        ");
    }

    #[test]
    fn a_clock_that_went_back_is_wrong() {
        let latest = run("2026-07-05", RunStatus::Complete);
        insta::assert_snapshot!(said("2026-07-02T12:00", Some(latest), None), @r"
        wrong: the clock went back: it is 2026-07-02, and 2026-07-05 was run
        ok: everything that is due is charged
        ");
    }

    #[test]
    fn times_are_told_as_people_do() {
        let told = [5, 65, 3_600, 90_000, 200_000].map(|it| words(TimeDelta::seconds(it)));
        assert_eq!(told, ["5 s", "1 min", "1 h 0 min", "25 h 0 min", "2 days"]);
    }
}
